"""One page of the AST as HTML: looks up who draws a node, and remembers what the page needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from book.theme.registry import DRAW, Node

Citation = dict[str, str]
BEFORE_MARK = re.compile(r'\s(?=<a href="sources\.html#test-)')


class PageRenderer:
    """Draws the nodes of one page and collects its widgets, frames, headings, footnotes, facts and problems.

    Args:
        slug: the page's name without ending; `index` is the first page.
        location: the page's source file, for messages.
        public: the folder with images and files that Jupyter Book copied beside the AST.
        citations: what the page cites: key -> {"label", "html", ...}.
    """

    def __init__(self, slug: str, location: str, public: Path, citations: dict[str, Any] | None = None):
        self.slug = slug
        self.location = location.lstrip("/")
        self.public = public
        self.citations: dict[str, Any] = citations or {}
        self.widgets: list[str] = []
        self.sections: list[dict[str, Any]] = []
        self.cited: list[str] = []
        self.facts: list[str] = []
        self.tests: list[str] = []
        self.problems: list[str] = []
        self.files: list[str] = []
        self.frames: dict[str, str] = {}
        self.has_math = False
        self.unique = 0

    def draw(self, node: Node) -> str:
        """HTML of one node; a node nobody draws is a problem of the page."""
        function = DRAW.get(node["type"])
        if function is None:
            self.problem(node, f"the theme does not know the node {node['type']!r}{_detail(node)}")
            return ""
        return function(self, node)

    def children(self, node: Node) -> str:
        """HTML of the nodes inside a node."""
        return self.all(node.get("children", ()))

    def all(self, nodes: Iterable[Node]) -> str:
        """HTML of several nodes, one after the other; the mark of a test stays on the line of its claim."""
        return BEFORE_MARK.sub("\N{NO-BREAK SPACE}", "".join(self.draw(node) for node in nodes))

    def problem(self, node: Node, message: str) -> None:
        """Remember what is wrong and where; the build fails after the last page and lists all of it."""
        line = node.get("position", {}).get("start", {}).get("line")
        self.problems.append(f"{self.location}{f':{line}' if line else ''}: {message}")

    def number(self) -> int:
        """The next number that no other id of the page uses."""
        self.unique += 1
        return self.unique

    def href(self, url: str, html_id: str | None = None) -> str:
        """A link as the flat site has it: `/two` is `two.html`, `/` is `index.html`, a file is in `_files/`.

        >>> page = PageRenderer("index", "index.md", Path())
        >>> page.href("/two#my-part"), page.href("/"), page.href("/pic-76ef.svg"), page.href("", "eq")
        ('two.html#my-part', 'index.html', '_files/pic-76ef.svg', '#eq')
        """
        path, _, anchor = url.partition("#")
        anchor = html_id or anchor
        if path.startswith("/"):
            name = path.strip("/").replace("/", "-") or "index"
            path = self.file(path) if "." in path.rsplit("/", 1)[-1] else f"{name}.html"
        return path + (f"#{anchor}" if anchor else "")

    def file(self, path: str) -> str:
        """The address of a picture or file that the page shows; the site takes it along."""
        name = path.lstrip("/")
        self.files.append(name)
        return f"_files/{name}"


def _detail(node: Node) -> str:
    """What the message adds: the kind, or the name of a directive nobody knows."""
    known = node.get("kind") or node.get("name")
    return f" ({known})" if known else ""
