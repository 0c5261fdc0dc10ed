"""Reads the finished site as a browser would: links and anchors lead somewhere, no text of the AST is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from book.theme.page import POLICY
from book.theme.registry import Node, footnotes

SPACE = re.compile(r"\s+")
UNSEEN = {"script", "style", "title"}
UNSHOWN = {"comment", "mystTarget", "footnoteDefinition"}  # for authors; or at the end of the page
ADDRESSES = {"href", "src"}
ELSEWHERE = ("http:", "https:", "mailto:", "data:")


@dataclass
class Document(HTMLParser):
    """What a page holds: ids, addresses, text, and what the content policy forbids."""

    file: Path
    ids: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    cards: list[str] = field(default_factory=list)
    widgets: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    policy: str | None = None

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.unseen = 0
        self.feed(self.file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        self.unseen += tag in UNSEEN
        if name := own.get("id"):
            self.ids.append(name)
        if widget := own.get("data-widget"):
            self.widgets.append(widget)
        if card := own.get("data-card"):
            self.cards.append(card)
        self.addresses += [value for key, value in attrs if key in ADDRESSES and value]
        self.forbidden += [f"the handler {key} on <{tag}>" for key in own if key.startswith("on")]
        if tag == "script" and not own.get("src"):
            self.forbidden.append("a script inside the page")
        if own.get("http-equiv") == "Content-Security-Policy":
            self.policy = own.get("content")

    def handle_endtag(self, tag: str) -> None:
        self.unseen -= tag in UNSEEN

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.text.append(data)


def check_site(out: Path) -> list[str]:
    """What is wrong with the finished pages in `out`, a line each; empty if all is well."""
    documents = {file.name: Document(file) for file in sorted(out.glob("*.html"))}
    problems = []
    for name, document in documents.items():
        problems += [f"{name}: {problem}" for problem in _own_problems(document)]
        problems += [f"{name}: {problem}" for problem in _broken(document, documents, out)]
    return problems


def lost_text(root: Node, html: Path) -> list[str]:
    """The texts of the AST that the page does not show, each where the reader would expect it.

    Args:
        root: a page's AST. Removed cells and comments are not expected.
        html: the finished page.
    """
    shown = SPACE.sub("", "".join(Document(html).text))
    lost, place = [], 0
    for text in (SPACE.sub("", text) for text in expected_text(root)):
        found = shown.find(text, place)
        if found < 0:
            lost.append(text)
        else:
            place = found + len(text)
    return lost


def expected_text(root: Node) -> list[str]:
    """All texts of a page in reading order; footnotes stand at the end."""
    return [*_texts(root), *(text for note in footnotes(root) for text in _inside(note))]


def _texts(node: Node) -> Iterator[str]:
    if node.get("visibility") == "remove" or node["type"] in UNSHOWN:
        return
    if node["type"] == "tabItem":
        yield node["title"]
        yield from _inside(node)
    elif node["type"] == "output":
        data = node["jupyter_data"]
        if data["output_type"] == "stream" and isinstance(data["text"], str):
            yield (
                data["text"].removesuffix("...") if "path" in data else data["text"]
            )  # a long one is cut in the AST
    elif "children" in node:
        yield from _inside(node)
    elif node["type"] not in ("math", "inlineMath") and isinstance(node.get("value"), str):
        yield node["value"]


def _inside(node: Node) -> Iterator[str]:
    for child in node["children"]:
        yield from _texts(child)


def _own_problems(document: Document) -> Iterator[str]:
    for name in sorted({name for name in document.ids if document.ids.count(name) > 1}):
        yield f"the id {name!r} is there twice: name one of them otherwise"
    for card in sorted(set(document.cards) - set(document.ids)):
        yield f"the card {card!r} is missing"
    for problem in document.forbidden:
        yield f"{problem}, which the content policy forbids"
    if document.policy != POLICY:
        yield "the content policy is missing or changed"


def _broken(document: Document, documents: dict[str, Document], out: Path) -> Iterator[str]:
    """Links that lead nowhere."""
    for address in dict.fromkeys(document.addresses):
        if address.startswith(ELSEWHERE):
            continue
        path, _, anchor = unquote(address).partition("#")
        anchor = anchor.partition("?")[0]  # the state of a widget follows its place
        target = documents.get(path or document.file.name)
        if path and not (out / path).is_file():
            yield f"the link {address!r} leads nowhere: there is no {path}"
        elif anchor and (target is None or anchor not in [*target.ids, *_places(target.widgets)]):
            yield f"the link {address!r} leads nowhere: {path or 'the page'} has nothing called {anchor!r}"


def _places(widgets: list[str]) -> list[str]:
    """Where the links to a page's widgets point: the name and the number among its kind, from 1.

    >>> _places(["head_sum", "self_check", "head_sum"])
    ['head_sum-1', 'self_check-1', 'head_sum-2']
    """
    return [f"{name}-{widgets[: i + 1].count(name)}" for i, name in enumerate(widgets)]
