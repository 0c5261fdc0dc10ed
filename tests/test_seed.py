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
    "Why It Helps: Key Benefits": ("index.md", "[Benefit 1: diverse relationships](./relationships.md)"),
    "1. Captures Diverse Relationships": ("relationships.md", 'title: "Benefit 1: diverse relationships"'),
    "2. Increases Model Capacity Without Much Cost": (
        "capacity.md",
        'title: "Benefit 2: capacity at no extra',
    ),
    "3. Learn Different Attention Patterns": ("near-far.md", 'title: "Benefit 3: near and far"'),
    "4. Improves Representational Power": ("power.md", 'title: "Benefit 4: representational power"'),
    "Analogy Table": ("analogy-table.md", "| Head 1 | pronoun resolution (*he* → *John*) |"),
    "One-Liner Summary": ("index.md", "Multiple attention heads let the model **look at the same input"),
}


# what the outline says under its headings: the page, and words of the same claim there
SAID = {
    "different aspects of the input simultaneously": (
        "index.md",
        "different sides of a sentence at the same time",
    ),
    "one expert focuses on syntax": ("experts.md", "The grammar expert\n: reads"),
    "another on semantic roles": ("experts.md", "The who-did-what expert\n: reads"),
    "another might focus on named entities": ("experts.md", "The names expert\n: reads"),
    "multiple sets of Q, K, and V": ("index.md", "Each head has its own small set of three matrices."),
    "each head attends independently": ("index.md", "Every head attends on its own."),
    "the formula of all heads": ("index.md", r"\text{Concat}(\text{head}_1, \dots, \text{head}_h)\, W^O"),
    "the formula of a head": ("index.md", r"\text{head}_i = \text{Attention}(Q W_i^Q,\; K W_i^K,\; V W_i^V)"),
    "one head may link he to John": (
        "relationships.md",
        "> One head may link *he* to *John*, another may track",
    ),
    "several smaller ones": ("capacity.md", "one massive attention layer there are several smaller ones."),
    "nearby words and far-away tokens": (
        "near-far.md",
        "> Some heads look at nearby words, others at far-away",
    ),
    "generalise across structures": ("near-far.md", "> This helps the model to generalise across sentence"),
    "richer and more informative": ("power.md", "the final representation is richer and more informative."),
}


@pytest.mark.parametrize(("page", "words"), [*CARRIED.values(), *SAID.values()], ids=[*CARRIED, *SAID])
def test_every_heading_and_claim_of_the_outline_has_its_place(page: str, words: str) -> None:
    assert (BOOK / page).read_text(encoding="utf-8").count(words) == 1
    assert f"- file: {page}\n" in (BOOK / "myst.yml").read_text(encoding="utf-8")


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
