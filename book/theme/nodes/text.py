"""Words inside a line: emphasis, code, math, abbreviations, results of inline expressions."""

from __future__ import annotations

from html import escape

from book.theme.registry import Node, draws, tag, void
from book.theme.render import PageRenderer

PLAIN = {
    "strong": "strong",
    "emphasis": "em",
    "subscript": "sub",
    "superscript": "sup",
    "delete": "del",
    "keyboard": "kbd",
    "underline": "u",
}


@draws("text")
def text(page: PageRenderer, node: Node) -> str:
    return escape(node["value"], quote=False)


@draws(*PLAIN)
def plain(page: PageRenderer, node: Node) -> str:
    return tag(PLAIN[node["type"]], page.children(node))


@draws("smallcaps")
def smallcaps(page: PageRenderer, node: Node) -> str:
    return tag("span", page.children(node), class_="smallcaps")


@draws("inlineCode")
def inline_code(page: PageRenderer, node: Node) -> str:
    return tag("code", escape(node["value"], quote=False))


@draws("break")
def line_break(page: PageRenderer, node: Node) -> str:
    return void("br")


@draws("abbreviation")
def abbreviation(page: PageRenderer, node: Node) -> str:
    return tag("abbr", page.children(node), title=node.get("title"))


@draws("comment", "mystTarget")
def nothing(page: PageRenderer, node: Node) -> str:
    """What the author wrote for authors only."""
    return ""


@draws("inlineMath", "math")
def math(page: PageRenderer, node: Node) -> str:
    """KaTeX's HTML as Jupyter Book made it; a block carries its number."""
    page.has_math = True
    if "html" not in node:
        page.problem(
            node,
            f"KaTeX could not set the formula {node['value']!r}: {node.get('message', 'no reason given')}",
        )
        return tag("code", escape(node["value"]))
    if node["type"] == "inlineMath":
        return tag("span", node["html"], class_="math")
    number = node.get("enumerator")
    label = (
        tag("a", f"({number})", href=f"#{node['html_id']}", class_="equation-number")
        if number and node.get("html_id")
        else ""
    )
    return tag(
        "div",
        tag("div", node["html"], class_="equation-body", tabindex="0", role="group", aria_label="Formula")
        + label,
        class_="equation",
        id=node.get("html_id"),
    )


@draws("inlineExpression")
def inline_expression(page: PageRenderer, node: Node) -> str:
    """A number the page computed when it was built."""
    result = node.get("result", {})
    if result.get("status") != "ok":
        page.problem(
            node,
            f"the expression {node['value']!r} has no result: {result.get('evalue', 'it was not executed')}",
        )
    return tag("span", page.children(node), class_="computed", title=f"computed: {node['value']}")
