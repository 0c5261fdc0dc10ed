"""A page in a frame: what cannot live under the book's content policy, such as BertViz, becomes a file of its own."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from book.theme.registry import tag
from book.theme.render import PageRenderer

LIBRARY = re.compile(r'<script data-library="(\w+)">.*?</script>', re.DOTALL)


class _Frame(HTMLParser):
    """Finds an `iframe` whose page is written inside its `srcdoc`."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: dict[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "iframe" and self.attributes is None:
            self.attributes = dict(attrs)


def page_in_frame(page: PageRenderer, html: str) -> str | None:
    """The frame with its page as a file that shares the site's libraries; None if the output is no such frame.

    A page inside `srcdoc` would inherit the policy of the page around it, and its scripts would not run.
    """
    if not html.lstrip().startswith("<iframe"):
        return None
    parser = _Frame()
    parser.feed(html)
    if parser.attributes is None or not parser.attributes.get("srcdoc"):
        return None
    inner = parser.attributes["srcdoc"] or ""
    page.libraries.update(f"bertviz/{name}.js" for name in LIBRARY.findall(inner))
    name = f"{page.slug}-{len(page.frames)}.html"
    page.frames[name] = LIBRARY.sub(r'<script src="../_static/bertviz/\1.js"></script>', inner)
    title = parser.attributes.get("title")
    frame = tag(
        "iframe", src=f"_frames/{name}", title=title, height=parser.attributes.get("height"), loading="lazy"
    )
    link = tag("a", "Open it alone", href=f"_frames/{name}", target="_blank")
    return tag("figure", frame + tag("figcaption", f"{title}. {link}"), class_="page-frame")
