"""What the tests of several chapters read of the book: its pages, their code, its facts and right answers."""

from __future__ import annotations

import re
from pathlib import Path

from book.facts import facts
from mha_lessons.widgets import SelfCheck

BOOK = Path(__file__).parents[1] / "book"
CELL = re.compile(r"^```\{code-cell\}.*?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SOLUTION = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page(chapter: str) -> str:
    """The source of a chapter."""
    return (BOOK / f"{chapter}.md").read_text(encoding="utf-8")


def cells(chapter: str) -> list[str]:
    """The code cells of a chapter, without their options."""
    return [re.sub(r"^:.*\n", "", cell, flags=re.MULTILINE) for cell in CELL.findall(page(chapter))]


def cell(chapter: str, holds: str) -> str:
    """The one cell or solution of a chapter that holds these words."""
    (found,) = [code for code in [*cells(chapter), *SOLUTION.findall(page(chapter))] if holds in code]
    return found


def right(name: str) -> str:
    """The answer that the book holds to be right."""
    text: str = next(option["text"] for option in SelfCheck.ask(name).options if option.get("right"))
    return text


def number(fact: str) -> float:
    """A fact of this book as a number."""
    return float(facts()[fact].value.replace("−", "-").replace(",", ""))
