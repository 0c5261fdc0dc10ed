"""Paragraph-sized things: headings, lists, tables, quotations, definitions, blocks of cells."""

from __future__ import annotations

from book.theme.registry import Node, classes, draws, plain_text, tag, void
from book.theme.render import PageRenderer


@draws("root", "include")
def transparent(page: PageRenderer, node: Node) -> str:
    return page.children(node)


@draws("block")
def block(page: PageRenderer, node: Node) -> str:
    """A part of the page between two `+++`, or a notebook cell."""
    if node.get("visibility") == "remove":
        return ""
    content = page.children(node)
    if node.get("kind") == "notebook-code":
        return tag("div", content, class_=classes("cell", node.get("class")), id=node.get("html_id"))
    if node.get("visibility") == "hide":
        return tag("details", tag("summary", "Show") + content, id=node.get("html_id"))
    if node.get("class") or node.get("html_id"):
        return tag("div", content, class_=node.get("class"), id=node.get("html_id"))
    return content


@draws("paragraph")
def paragraph(page: PageRenderer, node: Node) -> str:
    return tag("p", page.children(node), class_=node.get("class"), id=node.get("html_id")) + "\n"


@draws("heading")
def heading(page: PageRenderer, node: Node) -> str:
    """A heading with its number and a link to itself."""
    level = min(node["depth"], 6)
    html_id = node.get("html_id") or f"section-{page.number()}"
    number = tag("span", node["enumerator"], class_="number") + " " if node.get("enumerator") else ""
    if level <= 3:
        page.sections.append(
            {"id": html_id, "title": plain_text(node), "level": level, "number": node.get("enumerator")}
        )
    link = tag(
        "a", "", href=f"#{html_id}", class_="anchor", aria_label=f"Link to the section “{plain_text(node)}”"
    )
    return tag(f"h{level}", f"{number}{page.children(node)} {link}", id=html_id) + "\n"


@draws("thematicBreak")
def thematic_break(page: PageRenderer, node: Node) -> str:
    return void("hr")


@draws("list")
def items(page: PageRenderer, node: Node) -> str:
    start = node.get("start")
    tasks = any("checked" in item for item in node["children"])
    return tag(
        "ol" if node.get("ordered") else "ul",
        page.children(node),
        start=start if start not in (None, 1) else None,
        class_=classes("tasks" if tasks else None, node.get("class")),
    )


@draws("listItem")
def item(page: PageRenderer, node: Node) -> str:
    """An item; a single paragraph stands without `p`, a task has its box."""
    inside = node.get("children", [])
    tight = len(inside) == 1 and inside[0]["type"] == "paragraph"
    content = page.children(inside[0]) if tight else page.children(node)
    if node.get("checked") is not None:
        word = "done" if node["checked"] else "to do"
        content = (
            void("input", type="checkbox", disabled=True, checked=node["checked"], aria_label=word)
            + " "
            + content
        )
    return tag("li", content)


@draws("blockquote")
def blockquote(page: PageRenderer, node: Node) -> str:
    return tag("blockquote", page.children(node), class_=node.get("class"), id=node.get("html_id"))


@draws("table")
def table(page: PageRenderer, node: Node) -> str:
    """A table; the leading rows of header cells are its head. It scrolls by itself on a narrow screen."""
    rows = node["children"]
    head = 0
    while head < len(rows) and all(cell.get("header") for cell in rows[head]["children"]):
        head += 1
    content = tag("thead", page.all(rows[:head])) if head else ""
    content += tag("tbody", page.all(rows[head:]))
    return tag(
        "div",
        tag("table", content, id=node.get("html_id")),
        class_="table",
        tabindex="0",
        role="group",
        aria_label="Table",
    )


@draws("tableRow")
def table_row(page: PageRenderer, node: Node) -> str:
    return tag("tr", page.children(node))


@draws("tableCell")
def table_cell(page: PageRenderer, node: Node) -> str:
    return tag(
        "th" if node.get("header") else "td",
        page.children(node),
        class_=f"align-{node['align']}" if node.get("align") else None,
        colspan=node.get("colspan"),
        rowspan=node.get("rowspan"),
    )


@draws("glossary")
def glossary(page: PageRenderer, node: Node) -> str:
    return tag("div", page.children(node), class_="glossary", id=node.get("html_id"))


@draws("definitionList")
def definition_list(page: PageRenderer, node: Node) -> str:
    return tag("dl", page.children(node))


@draws("definitionTerm")
def definition_term(page: PageRenderer, node: Node) -> str:
    return tag("dt", page.children(node), id=node.get("html_id"))


@draws("definitionDescription")
def definition_description(page: PageRenderer, node: Node) -> str:
    return tag("dd", page.children(node))


@draws("div")
def div(page: PageRenderer, node: Node) -> str:
    return tag("div", page.children(node), class_=node.get("class"), id=node.get("html_id"))
