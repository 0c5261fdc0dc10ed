"""What the page for teachers promises: plans that fill their time, links to the states that they name."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import pytest

from mha_lessons.widgets.lesson_widget import LessonWidget
from mha_lessons.widgets.links import _write, fragment
from tests.book_claims import cells, page

PAGE = page("teachers")


def plan(minutes: int) -> list[tuple[int, int]]:
    """The steps of the plan of this length, each from a minute to a minute."""
    text = PAGE.partition(f"`{minutes}` minutes\n")[2].partition("\n#")[0]
    return [(int(start), int(end)) for start, end in re.findall(r"^\| `(\d+)–(\d+)` \|", text, re.MULTILINE)]


def links() -> list[tuple[str, LessonWidget]]:
    """What the links to prepared figures are called, and the widget in the state that each stands for."""
    found: list[tuple[str, LessonWidget]] = []
    names: dict[str, Any] = {}
    imports, _, *tables = cells("teachers")
    exec(imports, names)
    names["states"] = lambda rows: found.extend((show, widget) for show, widget, _ in rows)
    for table in tables:
        exec(table, names)
    return found


@pytest.mark.parametrize(("minutes", "start"), [(20, 0), (50, 0), (90, 50)])
def test_the_steps_of_a_plan_follow_one_another_and_fill_its_time(minutes: int, start: int) -> None:
    steps = plan(minutes)
    assert len(steps) > 2
    assert [begin for begin, _ in steps] == [start, *(end for _, end in steps[:-1])]
    assert steps[-1][1] == minutes


def test_each_link_gives_the_first_figure_of_its_kind_in_the_gallery_the_state_that_it_names() -> None:
    imports, *figures = cells("gallery")
    names: dict[str, Any] = {}
    exec(imports, names)
    shown = {figure.page_name: figure for figure in (eval(cell, names) for cell in figures)}
    assert len(links()) > 12
    for show, wanted in links():
        start, fixed = shown[wanted.page_name].page_state(), wanted.traits(fixed=True)
        given = dict(parse_qsl(fragment(wanted).partition("?")[2], keep_blank_values=True))
        for trait, value in wanted.page_state().items():
            if trait not in fixed:
                assert given.get(trait, _write(start[trait])) == _write(value), (show, trait)


def test_every_stumble_says_why_and_each_question_has_an_answer() -> None:
    _, _, stumbles = PAGE.partition("## Where students stumble\n")
    stumbles, _, asked = stumbles.partition("## Questions, with answers to expect\n")
    assert len(re.findall(r'^\*\*".+"\*\*$', stumbles, re.MULTILINE)) == stumbles.count("*Why:*") > 5
    assert len(re.findall(r"^\d\. \*.+\*\n   \w", asked, re.MULTILINE)) == len(
        re.findall(r"^\d\. ", asked, re.MULTILINE)
    )
