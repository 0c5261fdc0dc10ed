"""The search index: the prose of every section, as a script, since file:// blocks fetch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from book.theme.registry import Node, plain_text

if TYPE_CHECKING:
    from book.theme.site import Page

SILENT = {
    "code",
    "outputs",
    "math",
    "inlineMath",
    "comment",
    "footnoteReference",
}  # nobody searches these by words
APART = {"paragraph", "listItem", "tableCell", "admonitionTitle", "definitionTerm", "caption", "tabItem"}


def sections(page: Page) -> list[dict[str, Any]]:
    """The sections of a page: {"url", "page", "title", "text"}; the first is what stands before a heading."""
    found = [{"url": page.file, "page": page.title, "title": page.title, "text": ""}]
    for part in _parts(page.content["mdast"]):
        if part["type"] == "heading":
            name = f"{page.file}#{part['html_id']}" if part.get("html_id") else page.file
            if name != page.file:
                found.append({"url": name, "page": page.title, "title": plain_text(part), "text": ""})
        else:
            found[-1]["text"] += " " + _words(part)
    for section in found:
        section["text"] = re.sub(r"\s+", " ", section["text"]).strip()
    return found


def index_script(pages: list[Page]) -> str:
    """The script that hands all sections to search.ts."""
    listed = [section for page in pages for section in sections(page)]
    return f"globalThis.bookSections = {json.dumps(listed, ensure_ascii=False)};\n"


def _parts(root: Node) -> Iterator[Node]:
    """The blocks of a page in order; a block of cells or prose counts as what is in it."""
    for node in root.get("children", ()):
        if node["type"] == "block":
            if node.get("visibility") != "remove":
                yield from _parts(node)
        else:
            yield node


def _words(node: Node) -> str:
    if node["type"] in SILENT:
        return ""
    inside = "".join(_words(child) for child in node.get("children", ()))
    words = inside or (str(node.get("value", "")) if "children" not in node else "")
    return f"{words} " if node["type"] in APART else words
