"""Which function draws which node: one table, filled by the modules in `nodes/`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from book.theme.render import PageRenderer

Node = dict[str, Any]
Draw = Callable[["PageRenderer", Node], str]

DRAW: dict[str, Draw] = {}


def draws(*types: str) -> Callable[[Draw], Draw]:
    """Register a function as the one that draws nodes of these types."""

    def register(function: Draw) -> Draw:
        for name in types:
            if name in DRAW:
                raise ValueError(f"two functions draw the node type {name!r}: keep one")
            DRAW[name] = function
        return function

    return register


def tag(name: str, content: str = "", /, **attributes: object) -> str:
    """An HTML element; a trailing or inner `_` in a name gives `-`, None and False leave the attribute out.

    >>> tag("a", "x &amp; y", href="two.html", class_="cite", hidden=True)
    '<a href="two.html" class="cite" hidden>x &amp; y</a>'
    """
    return f"<{name}{_attributes(attributes)}>{content}</{name}>"


def void(name: str, /, **attributes: object) -> str:
    """An HTML element without content, such as `img`.

    >>> void("img", src="a.png", alt="")
    '<img src="a.png" alt="">'
    """
    return f"<{name}{_attributes(attributes)}>"


def classes(*names: str | None) -> str | None:
    """Class names in one string, or None where there are none.

    >>> classes("note", None, "dropdown")
    'note dropdown'
    """
    return " ".join(name for name in names if name) or None


def walk(node: Node) -> Iterable[Node]:
    """The node and all nodes below it, in reading order."""
    yield node
    for child in node.get("children", ()):
        yield from walk(child)


def footnotes(root: Node) -> list[Node]:
    """The notes of a page; Jupyter Book keeps them in its last block, even where that block is removed."""
    return [node for node in walk(root) if node["type"] == "footnoteDefinition"]


def plain_text(node: Node) -> str:
    """The words of a node, without markup.

    >>> plain_text({"children": [{"value": "a "}, {"children": [{"value": "b"}]}]})
    'a b'
    """
    if "children" in node:
        return "".join(plain_text(child) for child in node["children"])
    return str(node.get("value", ""))


def _attributes(attributes: dict[str, object]) -> str:
    parts = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = key.rstrip("_").replace("_", "-")
        parts.append(f" {name}" if value is True else f' {name}="{escape(str(value))}"')
    return "".join(parts)
