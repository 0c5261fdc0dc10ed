"""A widget of the book: the place where the page mounts it, and its still picture."""

from __future__ import annotations

import json

from book.theme.registry import Node, tag
from book.theme.render import PageRenderer

PAGE_MIME = "application/vnd.mha-lessons.widget+json"


def frame(page: PageRenderer, node: Node, content: str, still: str | None) -> str:
    """The frame of one widget.

    Args:
        page: the page it stands on; learns which scripts it needs.
        node: the output, for messages.
        content: JSON `{"widget": name, "state": {trait: value}}`.
        still: HTML picture of the same state, for print and for readers without a script.
    """
    bundle = json.loads(content)
    name, state = bundle["widget"], bundle["state"]
    if still is None:
        page.problem(node, f"the widget {name} has no still picture: its output needs text/html")
    if name not in page.widgets:
        page.widgets.append(name)
    mount = tag(
        "div", data_widget=name, data_state="loading", data_traits=json.dumps(state, ensure_ascii=False)
    )
    return tag("figure", mount + tag("div", still or "", class_="still"), class_="widget-frame")
