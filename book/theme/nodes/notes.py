"""Footnotes: a number in the text, the note at the end of the page and in a card."""

from __future__ import annotations

from book.theme.registry import Node, draws, footnotes, tag
from book.theme.render import PageRenderer


@draws("footnoteReference")
def footnote_reference(page: PageRenderer, node: Node) -> str:
    name, number = node["identifier"], node.get("enumerator") or node["label"]
    link = tag(
        "a",
        str(number),
        href=f"#note-{name}",
        id=f"note-{name}-from",
        data_card=f"note-{name}",
        aria_label=f"Note {number}",
    )
    return tag("sup", link, class_="footnote")


@draws("footnoteDefinition")
def footnote_definition(page: PageRenderer, node: Node) -> str:
    """Nothing here: `footnote_list` draws it at the end of the page."""
    return ""


def footnote_list(page: PageRenderer, root: Node) -> str:
    """All notes of the page, each with the way back."""
    notes = ""
    for node in sorted(footnotes(root), key=lambda note: int(note.get("enumerator") or 0)):
        name = node["identifier"]
        back = tag("a", "↩", href=f"#note-{name}-from", class_="back", aria_label="Back to the text")
        notes += tag("li", page.children(node) + back, id=f"note-{name}")
    return (
        tag("section", tag("h2", "Notes") + tag("ol", notes), class_="footnotes", aria_label="Notes")
        if notes
        else ""
    )
