"""Reading times: counted from what stands on the page, shown on each chapter, added up on the first page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from book.build import BOOK
from book.theme.nodes.widgets import PAGE_MIME
from book.theme.reading import HOW, Time, reading_time
from book.theme.registry import Node, plain_text
from tests.book_claims import page

CHAPTERS = re.findall(r"^\[.+\]\(\./([\w-]+)\.md\)\n:", page("index"), re.MULTILINE)


def text(words: int) -> Node:
    return {"type": "paragraph", "children": [{"type": "text", "value": "word " * words}]}


def output(**data: object) -> Node:
    return {"type": "output", "jupyter_data": {"data": data}}


def widget(name: str) -> Node:
    return output(**{PAGE_MIME: {"content": json.dumps({"widget": name, "state": {}})}})


def root(*nodes: Node, **more: object) -> Node:
    return {"type": "root", "children": [*nodes], **more}


def test_words_figures_questions_formulas_and_code_each_take_their_time() -> None:
    assert reading_time(text(600)).read == pytest.approx(3)
    assert reading_time(widget("head_sum")) == Time(0, 2)
    assert reading_time(widget("self_check")) == Time(0, 0.5)
    assert reading_time({"type": "math", "value": "x"}).read == pytest.approx(1 / 3)
    assert reading_time(output(**{"text/html": {"content": "<table></table>"}})).read == pytest.approx(1 / 3)
    assert reading_time({"type": "code", "value": "a\nb\nc\n"}).read == pytest.approx(12 / 60)
    whole = reading_time(root(text(300), widget("head_sum"), widget("rank_meter")))
    assert (whole.minutes, str(whole), whole.parts) == (6, "6 minutes", "2 to read and 4 to play")
    assert str(reading_time(text(200))) == str(reading_time(text(3))) == "1 minute"
    assert "200 words a minute, 2 minutes for each figure" in HOW


@pytest.mark.parametrize("left_out", ["exercise", "solution", "hide", "remove"])
def test_exercises_solutions_and_what_is_folded_away_are_not_counted(left_out: str) -> None:
    hidden: dict[str, Any] = (
        {"visibility": left_out} if left_out in ("hide", "remove") else {"type": left_out}
    )
    inside = {**root(text(900), widget("head_sum")), **hidden}
    assert reading_time(root(text(400), inside)) == reading_time(text(400))


@pytest.fixture(scope="module")
def trees(built_site: Path) -> dict[str, Node]:
    """The AST of every page, by its name."""
    folder = BOOK / "_build" / "site" / "content"
    return {file.stem: json.loads(file.read_text())["mdast"] for file in folder.glob("*.json")}


def sections(tree: Node) -> dict[str, Node]:
    """The parts of a page by their heading of the second level; the first has none."""
    found, title = {"": root()}, ""
    for block in tree["children"]:
        inside = block.get("children", []) if block.get("kind") != "notebook-code" else [block]
        for node in inside:
            if node["type"] == "heading" and node["depth"] == 2:
                title = plain_text(node)
                found[title] = root()
            found[title]["children"].append(node)
    return found


def minutes(tree: Node, until: str = "", since: str = "") -> float:
    """The time from the section `since`, or the start of a page, to the end of the section `until`."""
    names = [*sections(tree)]
    chosen = names[names.index(since) : names.index(until) + 1 if until else None]
    times = [reading_time(sections(tree)[name]) for name in chosen]
    return sum(time.read + time.play for time in times)


def test_the_parts_of_a_page_take_together_what_the_page_takes(trees: dict[str, Node]) -> None:
    for chapter in CHAPTERS:
        whole = reading_time(trees[chapter])
        assert minutes(trees[chapter]) == pytest.approx(whole.read + whole.play)


def test_the_three_ways_through_take_the_time_that_they_promise(trees: dict[str, Node]) -> None:
    ten = minutes(trees["index"], "See it first") + minutes(trees["experts"], "One expert is not enough")
    assert ten == pytest.approx(10, rel=0.15)
    hour = minutes(trees["experts"]) + minutes(trees["how-it-works"])
    hour += minutes(trees["power"], "The juggler", since="The juggler")
    assert hour == pytest.approx(60, rel=0.15)
    assert len(CHAPTERS) == 8
    assert sum(minutes(trees[chapter]) for chapter in CHAPTERS) == pytest.approx(3 * 60, rel=0.1)


def test_each_chapter_shows_its_time_and_the_page_of_sources_says_how_it_was_counted(
    built_site: Path, trees: dict[str, Node]
) -> None:
    listed = (built_site / "sources.html").read_text(encoding="utf-8").partition('id="times"')[2]
    assert HOW in listed
    for name in ["index", *CHAPTERS]:
        time, html = reading_time(trees[name]), (built_site / f"{name}.html").read_text(encoding="utf-8")
        assert f'<p class="time"><a href="sources.html#times">{time}</a>, {time.parts}</p>' in html
        assert re.search(rf'<a href="{name}\.html">[^<]+</a>: {time}</li>', listed)


def test_a_page_that_is_looked_up_has_no_time(built_site: Path) -> None:
    for name in ("glossary", "licences", "sources", "404", "mha-lessons-heads"):
        assert 'class="time"' not in (built_site / f"{name}.html").read_text(encoding="utf-8")
