"""The book's figures: every number has a source, every fact is used, every claimed test exists."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from book.build import BOOK
from book.facts import FILE, READ, Fact, FactError, facts, load
from book.prose import claimed_tests, loose_numbers, missing_tests, unused_facts, used_facts
from mha_lessons.stack import models

ROOT = Path(__file__).parents[1]
GROUP = """
group:
  source: vaswani2017
  where: Table 1
  read: paper
  chapter: one
  facts:
    name: {{ value: "25.80", unit: BLEU, says: quality{extra} }}
"""


@pytest.fixture(scope="module")
def chapters(built_site: Path) -> dict[str, dict[str, Any]]:
    """The AST of every page of the book, by its name."""
    folder = BOOK / "_build" / "site" / "content"
    pages = {page.stem for page in built_site.glob("*.html")}
    read = {file.stem: json.loads(file.read_text()) for file in folder.glob("*.json") if file.stem in pages}
    assert "index" in read
    return {name: page for name, page in read.items() if not page["location"].startswith("/api/")}


def test_every_number_in_prose_is_a_fact_or_computed_or_plain(chapters: dict[str, dict[str, Any]]) -> None:
    loose = {name: loose_numbers(page["mdast"]) for name, page in chapters.items()}
    heads = {
        name: loose_numbers({"type": "text", "value": str(page["frontmatter"].get(key, ""))})
        for name, page in chapters.items()
        for key in ("title", "subtitle", "description")
    }
    assert {name: found for name, found in (loose | heads).items() if found} == {}


def test_a_fact_is_used_once_the_chapter_that_needs_it_exists(chapters: dict[str, dict[str, Any]]) -> None:
    used = [name for page in chapters.values() for name in used_facts(page["mdast"])]
    assert unused_facts(facts().values(), used, chapters) == []


def test_every_test_the_prose_names_exists(chapters: dict[str, dict[str, Any]]) -> None:
    named = [name for page in chapters.values() for name in claimed_tests(page["mdast"])]
    assert named != []
    assert missing_tests(named, ROOT) == []


def test_every_fact_is_from_a_paper_in_the_references_or_from_a_command_of_ours() -> None:
    keys = re.findall(r"^@\w+\{(\w+),", (BOOK / "references.bib").read_text(), re.MULTILINE)
    assert len(keys) == len(set(keys))
    for fact in facts().values():
        assert fact.source in keys or (fact.read == "measured" and fact.source.startswith("make ")), fact.id


# how the table of models names a source, and its key in the references
MODEL_SOURCES = {
    "Vaswani et al. 2017": "vaswani2017",
    "Devlin et al. 2019": "devlin2019",
    "Radford et al. 2019": "radford2019",
    "Jiang et al. 2023": "jiang2023",
    "Gemma Team 2024": "gemma2024",
    "Gemma Team 2024, the second report": "gemmatwo2024",
    "Qwen Team 2025 (heads)": "qwen2025",
    "DeepSeek-AI 2024": "deepseek2024",
    "DeepSeek-AI 2024, the report on V3": "deepseekv3",
    "litgpt 0.5.13": "litgpt",
    "litgpt 0.5.13 (the rest)": "litgpt",
}


def test_every_source_in_the_table_of_models_is_in_the_references_and_cited_below_the_table() -> None:
    keys = set(re.findall(r"^@\w+\{(\w+),", (BOOK / "references.bib").read_text(), re.MULTILINE))
    text = (BOOK / "capacity.md").read_text(encoding="utf-8")
    below = text[text.index("A size with *paper* behind it") :].partition("\n")[0]
    cited = {key for group in re.findall(r"\{cite:p\}`([^`]+)`", below) for key in group.split(",")}
    named = {source for model in models().values() for source in model["source"].split(", litgpt")}
    named = {f"litgpt{name}" if name.startswith(" 0") else name for name in named}
    assert named == set(MODEL_SOURCES)
    assert set(MODEL_SOURCES.values()) == cited <= keys


def test_the_mark_of_a_test_never_begins_a_line(built_site: Path) -> None:
    pages = [file.read_text(encoding="utf-8") for file in built_site.glob("*.html")]
    before = [
        char for page in pages for char in re.findall(r'(.)<a href="sources\.html#test-', page, re.DOTALL)
    ]
    assert len(before) > 100
    assert not set(before) & {" ", "\n"}


def test_no_fact_of_the_book_is_second_hand_and_one_that_were_would_say_so() -> None:
    assert [fact.id for fact in facts().values() if fact.second_hand] == []
    one = next(iter(facts().values()))
    assert replace(one, read="second-hand").second_hand
    assert "second-hand" in READ["second-hand"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("BLEU rose to 25.8.", ["25.8"]),
        ("a loss of −0.15 or -0.15", ["−0.15", "-0.15"]),
        ("16,640 parameters", ["16,640"]),
        ("in 2017, twelve heads", ["2017", "twelve"]),
        ("thirty-two heads, hundreds of layers", ["thirty-two", "hundreds"]),
        ("from 4 heads to 1", []),
        ("GPT-2, float32, W2, v1.2 and one head", []),
        ("90% of it", ["90"]),
    ],
)
def test_a_number_is_found_in_prose_and_a_digit_in_a_name_is_not(text: str, found: list[str]) -> None:
    numbers = [entry.partition(" in ")[0] for entry in loose_numbers({"type": "text", "value": text})]
    assert numbers == found


@pytest.mark.parametrize(
    "node",
    [
        {"type": "span", "data": {"fact": "a.b"}},
        {"type": "inlineExpression"},
        {"type": "citeGroup"},
        {"type": "crossReference"},
        {"type": "outputs"},
        {"type": "block", "visibility": "remove"},
    ],
)
def test_a_number_with_a_source_is_not_loose(node: dict[str, Any]) -> None:
    number = {"type": "text", "value": "1234"}
    assert loose_numbers({**node, "children": [number]}) == []
    assert loose_numbers({"type": "strong", "children": [number]}) == ["1234 in '1234'"]


def test_a_fact_counts_as_unused_only_where_its_chapter_is_written() -> None:
    waiting = Fact("g.a", "7", "", "says", "vaswani2017", "here", "paper", "later")
    missing = Fact("g.b", "8", "", "says", "vaswani2017", "here", "paper", "written")
    assert unused_facts([waiting, missing], [], ["written"]) == ["g.b"]
    assert unused_facts([waiting, missing], ["g.b"], ["written"]) == []


def test_a_test_that_does_not_exist_is_named() -> None:
    own = "tests/test_facts.py::test_a_test_that_does_not_exist_is_named"
    wrong = [f"{own}_at_all", "tests/test_nothing.py::test_x", "tests/test_facts.py"]
    assert missing_tests([own, *wrong], ROOT) == wrong


def test_a_value_keeps_the_digits_of_its_source(tmp_path: Path) -> None:
    file = tmp_path / "facts.yml"
    file.write_text(GROUP.format(extra=""))
    fact = load(file)["group.name"]
    assert (fact.value, fact.shown) == ("25.80", "25.80\N{NO-BREAK SPACE}BLEU")


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        ('"25.80"', "25.80", "fact group.name in facts.yml: put the value in quotes"),
        ("says: quality", "note: x", "fact group.name in facts.yml has no says: add it"),
        (
            "says: quality",
            "says: quality, page: 3",
            "fact group.name in facts.yml has page, which means nothing",
        ),
        (
            "read: paper",
            "read: rumour",
            "group 'group' in facts.yml: `read` should be one of paper, abstract",
        ),
        ("  where: Table 1\n", "", "group 'group' in facts.yml has no where: add it"),
    ],
)
def test_a_wrong_entry_is_named_with_what_to_do(was: str, now: str, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "facts.yml"
    text = GROUP.format(extra="")
    assert was in text
    file.write_text(text.replace(was, now))
    with pytest.raises(FactError, match=re.escape(sentence)):
        load(file)


def test_the_facts_file_says_what_its_fields_mean() -> None:
    head = FILE.read_text().partition("\n\n")[0]
    for word in ("where:", "read:", "chapter:", *READ):
        assert word in head
