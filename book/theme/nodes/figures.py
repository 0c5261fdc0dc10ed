"""Pictures, and the numbered frames that hold a picture, a table, a listing or a quotation."""

from __future__ import annotations

from book.theme.registry import Node, classes, draws, tag, void
from book.theme.render import PageRenderer


@draws("image")
def image(page: PageRenderer, node: Node) -> str:
    """A picture; one without words for those who cannot see it fails the build."""
    if not (node.get("alt") or node.get("title")):
        page.problem(node, f"the picture {node.get('urlSource', node['url'])!r} has no text: give it `:alt:`")
    return void(
        "img",
        src=page.href(node["url"]),
        alt=node.get("alt") or node.get("title") or "",
        width=node.get("width"),
        class_=classes(f"align-{node['align']}" if node.get("align") else None, node.get("class")),
        loading="lazy",
    )


@draws("container")
def container(page: PageRenderer, node: Node) -> str:
    kind = node.get("kind", "figure")
    return tag("figure", page.children(node), class_=classes(kind, node.get("class")), id=node.get("html_id"))


@draws("caption", "legend")
def caption(page: PageRenderer, node: Node) -> str:
    return tag(
        "figcaption" if node["type"] == "caption" else "div",
        page.children(node),
        class_=None if node["type"] == "caption" else "legend",
    )


@draws("captionNumber")
def caption_number(page: PageRenderer, node: Node) -> str:
    return tag("a", page.children(node), href=f"#{node['html_id']}", class_="number") + " "
