"""Boxes beside or inside the text: admonitions, dropdowns, tabs, cards, exercises, proofs, margin notes."""

from __future__ import annotations

import re
from html import escape

from book.theme.registry import Node, classes, draws, tag, void
from book.theme.render import PageRenderer

NAMES = {
    "assumption": "Assumption",
    "axiom": "Axiom",
    "corollary": "Corollary",
    "definition": "Definition",
    "example": "Example",
    "lemma": "Lemma",
    "proof": "Proof",
    "proposition": "Proposition",
    "remark": "Remark",
    "theorem": "Theorem",
}
LINK = re.compile(r"</?a\b[^>]*>")


@draws("admonition")
def admonition(page: PageRenderer, node: Node) -> str:
    return _box(page, node, classes("admonition", node.get("kind")))


@draws("exercise")
def exercise(page: PageRenderer, node: Node) -> str:
    return _box(page, node, "admonition exercise", _numbered("Exercise", node))


@draws("solution")
def solution(page: PageRenderer, node: Node) -> str:
    return _box(page, node, "admonition solution")


@draws("proof")
def proof(page: PageRenderer, node: Node) -> str:
    kind = node.get("kind") or "proof"
    return _box(page, node, f"admonition proof {kind}", _numbered(NAMES.get(kind, kind.capitalize()), node))


@draws("admonitionTitle", "summary", "cardTitle")
def title(page: PageRenderer, node: Node) -> str:
    return tag("p", page.children(node), class_="title")


@draws("details")
def details(page: PageRenderer, node: Node) -> str:
    head, rest = _split(node)
    return tag(
        "details",
        _summary(page.children(head) if head else "") + page.all(rest),
        class_=node.get("class"),
        id=node.get("html_id"),
        open=bool(node.get("open")),
    )


@draws("aside")
def aside(page: PageRenderer, node: Node) -> str:
    """A note in the margin, which on a narrow screen stands in the text; a topic is a box in the text."""
    if node.get("kind") in ("topic", "sidebar"):
        return _box(page, node, "admonition topic")
    return tag(
        "aside",
        page.children(node),
        role="note",  # else each is a landmark, and a page has many
        class_=classes("margin", node.get("class")),
        id=node.get("html_id"),
    )


@draws("tabSet")
def tab_set(page: PageRenderer, node: Node) -> str:
    """Tabs as radio buttons, so that they work by keyboard and without a script."""
    number = page.number()
    chosen = next((i for i, item in enumerate(node["children"]) if item.get("selected")), 0)
    content = ""
    for i, item in enumerate(node["children"]):
        name = f"tab-{number}-{i}"
        content += void(
            "input",
            type="radio",
            name=f"tabs-{number}",
            id=name,
            checked=i == chosen,
            data_sync=item.get("sync"),
        )
        content += tag("label", escape(item["title"]), for_=name)
        content += tag("div", page.children(item), class_="tab")
    return tag("div", content, class_="tabs", role="group", aria_label="Tabs")


@draws("grid")
def grid(page: PageRenderer, node: Node) -> str:
    return tag("div", page.children(node), class_="grid", id=node.get("html_id"))


@draws("card")
def card(page: PageRenderer, node: Node) -> str:
    content = page.children(node)
    if node.get("url"):
        content += tag("a", escape(str(node["url"])), href=page.href(node["url"]))
    return tag("div", content, class_="card", id=node.get("html_id"))


@draws("header")
def card_header(page: PageRenderer, node: Node) -> str:
    return tag("div", page.children(node), class_="card-header")


@draws("footer")
def card_footer(page: PageRenderer, node: Node) -> str:
    return tag("div", page.children(node), class_="card-footer")


def _box(page: PageRenderer, node: Node, class_: str | None, prefix: str = "") -> str:
    """A box with a title; the class `dropdown` makes it one that opens."""
    head, rest = _split(node)
    words = page.children(head) if head else ""
    heading = f"{prefix}: {words}" if prefix and words else prefix or words
    own = node.get("class") or ""
    wrap = {"class_": classes(class_, own), "id": node.get("html_id")}
    if "dropdown" in own.split():
        return tag("details", _summary(heading) + page.all(rest), open=bool(node.get("open")), **wrap)
    return tag("div", (tag("p", heading, class_="title") if heading else "") + page.all(rest), **wrap)


def _summary(heading: str) -> str:
    """What opens a fold. It is a button, inside which a link is out of reach: its words stay."""
    return tag("summary", LINK.sub("", heading) or "More")


def _split(node: Node) -> tuple[Node | None, list[Node]]:
    inside = node.get("children", [])
    if inside and inside[0]["type"] in ("admonitionTitle", "summary"):
        return inside[0], inside[1:]
    return None, inside


def _numbered(word: str, node: Node) -> str:
    return f"{word} {node['enumerator']}" if node.get("enumerator") else word
