"""Every heading of the outline that the book answers has a page that carries it, and a place in it."""

from __future__ import annotations

from pathlib import Path

import pytest

BOOK = Path(__file__).parents[1] / "book"

# heading of the outline: the page, and words that stand where it is answered
CARRIED = {
    "Why Use Multiple Attention Heads?": ("index.md", "why many heads, and not a single big one?"),
    "Quick Summary": ("index.md", "## The short answer"),
    "Intuition: Think Like a Team of Experts": ("experts.md", "title: A team of experts"),
    "How It Works": ("how-it-works.md", "title: How it works"),
    "1. Captures Diverse Relationships": ("relationships.md", "diverse relationships"),
    "2. Increases Model Capacity Without Much Cost": ("capacity.md", "capacity at no extra cost"),
    "3. Learn Different Attention Patterns": ("near-far.md", "near and far"),
    "4. Improves Representational Power": ("power.md", "representational power"),
    "Analogy Table": ("analogy-table.md", "| Head 1 | pronoun resolution (*he* → *John*) |"),
    "One-Liner Summary": ("index.md", "Multiple attention heads let the model **look at the same input"),
}


@pytest.mark.parametrize("heading", CARRIED)
def test_every_heading_of_the_outline_has_its_page(heading: str) -> None:
    page, words = CARRIED[heading]
    assert words in (BOOK / page).read_text(encoding="utf-8")
    assert f"file: {page}" in (BOOK / "myst.yml").read_text(encoding="utf-8")


def test_the_four_rows_of_the_table_of_heads_stand_in_its_page() -> None:
    text = (BOOK / "analogy-table.md").read_text(encoding="utf-8")
    rows = [
        "pronoun resolution",
        "verb-object relations",
        "sentence structure (grammar)",
        "long-range dependencies",
    ]
    for number, row in enumerate(rows, 1):
        assert f"| Head {number} | {row}" in text
