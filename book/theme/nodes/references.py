"""Links, cross-references, citations and facts: everything that points somewhere."""

from __future__ import annotations

from book.theme.registry import Node, classes, draws, tag
from book.theme.render import PageRenderer


@draws("link")
def link(page: PageRenderer, node: Node) -> str:
    """A link; a page or a file of the book gets a relative address."""
    url = node["url"]
    outside = "://" in url
    return tag(
        "a",
        page.children(node),
        href=url if outside else page.href(url),
        rel="noreferrer" if outside else None,
        download=True if node.get("static") else None,
        class_=node.get("class"),
    )


@draws("linkBlock")
def link_block(page: PageRenderer, node: Node) -> str:
    return tag("a", page.children(node), href=page.href(node["url"]), class_="card")


@draws("crossReference")
def cross_reference(page: PageRenderer, node: Node) -> str:
    """A link to a numbered or named thing, on this page or another."""
    name = node.get("html_id")
    if not (node.get("resolved") and name):
        page.problem(
            node,
            f"nothing is called {node.get('label') or node.get('identifier')!r}: name the target or correct the reference",
        )
        return tag("span", page.children(node))
    class_ = classes("term" if node.get("kind") == "definitionTerm" else "reference")
    return tag(
        "a",
        page.children(node),
        href=page.href(node.get("url", "") if node.get("remote") else "", name),
        class_=class_,
    )


@draws("citeGroup")
def cite_group(page: PageRenderer, node: Node) -> str:
    joined = "; ".join(page.draw(child) for child in node["children"])
    return f"({joined})" if node.get("kind") == "parenthetical" else joined


@draws("cite")
def cite(page: PageRenderer, node: Node) -> str:
    """A citation: the name leads to the reference page, the card shows the entry."""
    key = node["label"]
    if key not in page.citations or node.get("error"):
        page.problem(node, f"no entry {key!r} in references.bib")
        return page.children(node)
    if key not in page.cited:
        page.cited.append(key)
    words = page.children(node)
    before, after = node.get("prefix"), node.get("suffix")
    shown = tag("a", words, href=f"sources.html#cite-{key}", class_="cite", data_card=f"card-cite-{key}")
    return (f"{before} " if before else "") + shown + (f", {after}" if after else "")
