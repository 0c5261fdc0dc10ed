"""Code: coloured at build time by Pygments, with a button to copy it."""

from __future__ import annotations

from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from book.theme.registry import Node, classes, draws, tag
from book.theme.render import PageRenderer

PLAIN = {"", "text", "txt", "none", "plain"}


@draws("code")
def code(page: PageRenderer, node: Node) -> str:
    """A listing, or the input of a cell; a removed input is not shown, a hidden one opens."""
    if node.get("visibility") == "remove":
        return ""
    language = node.get("lang") or ("python" if node.get("executable") else "")
    body = coloured(page, node, node["value"], language)
    if node.get("showLineNumbers"):
        first = node.get("startingLineNumber") or 1
        body = "\n".join(
            tag("span", line, class_="line", data_n=n) for n, line in enumerate(body.split("\n"), first)
        )
    name = tag("div", escape(node["filename"]), class_="filename") if node.get("filename") else ""
    block = name + tag(
        "pre", tag("code", body), tabindex="0", class_=classes(f"language-{language}" if language else None)
    )
    inside = bool(node.get("executable"))
    block = tag("div", block, class_=classes("code", "input" if inside else None), id=node.get("html_id"))
    if node.get("visibility") == "hide":
        return tag("details", tag("summary", "Show the code") + block, class_="fold")
    return block


@draws("mermaid")
def mermaid(page: PageRenderer, node: Node) -> str:
    page.problem(node, "a mermaid diagram needs a script from outside: draw it as an SVG picture")
    return ""


def coloured(page: PageRenderer, node: Node, value: str, language: str) -> str:
    """The code as HTML, tokens in spans; lines named by `emphasizeLines` are marked."""
    lines = node.get("emphasizeLines") or []
    if language in PLAIN:
        return escape(value, quote=False)
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        page.problem(node, f"no colours are known for the language {language!r}: correct it, or write `text`")
        return escape(value, quote=False)
    return str(highlight(value, lexer, HtmlFormatter(nowrap=True, hl_lines=lines))).rstrip("\n")
