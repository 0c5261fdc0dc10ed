"""What a cell gave back: text, errors, tables, pictures; a widget is drawn by `widgets`."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from book.theme.nodes.frames import page_in_frame
from book.theme.nodes.widgets import PAGE_MIME, frame
from book.theme.registry import Node, draws, tag, void
from book.theme.render import PageRenderer

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
JUPYTER_WIDGET = "application/vnd.jupyter.widget-view+json"
BOXES = {"Box", "VBox", "HBox", "GridBox", "Tab", "Accordion", "Stack"}
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@draws("outputs")
def outputs(page: PageRenderer, node: Node) -> str:
    """All outputs of a cell; hidden ones open."""
    if node.get("visibility") == "remove":
        return ""
    content = page.children(node)
    if not content:
        return ""
    if node.get("visibility") == "hide":
        content = tag("details", tag("summary", "Show the output") + content, class_="fold")
    return tag("div", content, class_="outputs", id=node.get("html_id"))


@draws("output")
def output(page: PageRenderer, node: Node) -> str:
    data = node.get("jupyter_data") or {}
    kind = data.get("output_type")
    if kind == "stream":
        return _text(_content(page, _whole(data, "text")), f"output {data['name']}")
    if kind == "error":
        return _text(_content(page, _whole(data, "traceback")), "output error")
    if kind in ("display_data", "execute_result"):
        return _rich(page, node, data.get("data", {}), data.get("metadata", {}))
    page.problem(node, f"a cell output of kind {kind!r} is unknown to the theme")
    return ""


def _rich(page: PageRenderer, node: Node, data: dict[str, Any], metadata: dict[str, Any]) -> str:
    """The best form of an output that a page can show."""
    if PAGE_MIME in data:
        still = _content(page, data["text/html"]) if "text/html" in data else None
        return frame(page, node, _content(page, data[PAGE_MIME]), still)
    if JUPYTER_WIDGET in data:
        page.problem(node, _instead(_content(page, data.get("text/plain", ""))))
        return ""
    if "text/html" in data:
        html = _content(page, data["text/html"])
        return page_in_frame(page, html) or tag(
            "div",
            html,
            class_="output html",
            tabindex="0",
            role="group",
            aria_label="Output",
        )
    for kind in ("image/svg+xml", "image/png", "image/jpeg", "image/webp", "image/gif"):
        if kind in data:
            return _picture(page, kind, data, metadata)
    if "text/markdown" in data:
        return tag("div", MARKDOWN.render(_content(page, data["text/markdown"])), class_="output markdown")
    if "text/plain" in data:
        return _text(_content(page, data["text/plain"]), "output result")
    page.problem(
        node,
        f"the theme can show none of the forms of this output: {', '.join(sorted(data)) or 'it is empty'}",
    )
    return ""


def _instead(text: str) -> str:
    """What to write in place of a widget of another library, whose `repr` this is."""
    name = text.partition("(")[0].strip() or "widget of another library"
    article = "an" if name[0] in "AEIOU" else "a"
    if name in BOXES:
        return (
            f"{article} {name} needs a kernel, and a page has none: write a cell for each widget in it, "
            'in a tab-set if only one is to be seen; group="..." keeps their traits equal'
        )
    return f"{article} {name} needs a kernel, and a page has none: show one of mha_lessons.widgets"


def _picture(page: PageRenderer, kind: str, data: dict[str, Any], metadata: dict[str, Any]) -> str:
    described = metadata.get(kind)
    words = described.get("alt") if isinstance(described, dict) else metadata.get("alt")
    alt = words or _content(page, data.get("text/plain", "A picture the cell drew"))
    if kind == "image/svg+xml":
        return tag("div", _content(page, data[kind]), class_="output picture", role="img", aria_label=alt)
    return tag("div", void("img", src=page.file(data[kind]["path"]), alt=alt), class_="output picture")


def _whole(data: dict[str, Any], name: str) -> Any:
    """A long text is cut in the AST and lies whole in a file."""
    return data if "path" in data else data[name]


def _content(page: PageRenderer, entry: Any) -> str:
    """The text of an output: in place, or in a file beside the AST where it is long."""
    if isinstance(entry, str):
        return entry
    if "content" in entry:
        return str(entry["content"])
    file: Path = page.public / entry["path"].lstrip("/")
    return file.read_text(encoding="utf-8")


def _text(value: str, class_: str) -> str:
    clean = escape(ANSI.sub("", value), quote=False)
    return tag("pre", clean, class_=class_, tabindex="0") if clean.strip() else ""
