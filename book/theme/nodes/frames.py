"""A page in a frame: what cannot live under the book's content policy, such as BertViz, becomes a file of its own."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

from book.theme.registry import tag
from book.theme.render import PageRenderer


class _Frame(HTMLParser):
    """Finds an `iframe` whose page is written inside its `srcdoc`."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: dict[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "iframe" and self.attributes is None:
            self.attributes = dict(attrs)


def page_in_frame(page: PageRenderer, html: str) -> str | None:
    """The frame with its page as a file of its own; None if the output is no such frame.

    A page inside `srcdoc` would inherit the policy of the page around it, and its scripts would not run. It
    stays whole: in a sandbox it may not load scripts from beside it where the book is opened as a file.
    """
    if not html.lstrip().startswith("<iframe"):
        return None
    parser = _Frame()
    parser.feed(html)
    found = parser.attributes or {}
    if not (inner := found.get("srcdoc")):
        return None
    name = f"{page.slug}-{len(page.frames)}.html"
    page.frames[name] = inner
    title, source = found.get("title"), f"_frames/{name}"
    kept = {each: found.get(each) for each in ("title", "height", "sandbox")}
    frame = tag("iframe", src=source, loading="lazy", **kept)
    link = tag("a", "Open it alone", href=source, target="_blank")
    # It is loaded when it is opened: such a page brings its libraries along and can outweigh the one around it.
    opened = tag("details", tag("summary", f"Show here: {escape(title or 'the page')}") + frame)
    return tag("figure", opened + tag("figcaption", link), class_="page-frame")
