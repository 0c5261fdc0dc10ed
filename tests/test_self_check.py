"""The question widget as a Python object: what it refuses, what it shows without scripts, the book's own."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import pytest

from mha_lessons.widgets import SelfCheck
from mha_lessons.widgets.self_check import check, questions

GOOD: list[dict[str, Any]] = [
    {"text": "one", "right": True, "why": "It is."},
    {"text": "two", "why": "It is not."},
    {"text": "three", "why": "Nor this."},
]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"question": " "}, "question is empty: write what the reader is asked"),
        ({"options": GOOD[:1]}, "options should have 2 answers or more to choose from, got 1: add one"),
        ({"options": GOOD[1:]}, "options should have one answer with right=True, got none: mark it"),
        (
            {"options": [{**each, "right": True} for each in GOOD]},
            "options should have one answer with right=True, got 3: mark it",
        ),
        (
            {"options": GOOD[1:], "typed": True},
            "options should have an answer with right=True, got none: mark it",
        ),
        (
            {"options": [*GOOD, {"text": " ONE", "why": "Again."}]},
            "the answer 'one' is among the options twice: change one of them",
        ),
        ({"options": [*GOOD, {"text": "four"}]}, "options[3] has no 'why': say why it is right or wrong"),
        ({"options": [*GOOD, {"text": "", "why": "x"}]}, "options[3] has no 'text': say the answer"),
        (
            {"options": [{**GOOD[0], "correct": True}, *GOOD[1:]]},
            "options[0] has 'correct', which means nothing here: use text, why and right",
        ),
        (
            {"options": [{**GOOD[0], "right": "yes"}, *GOOD[1:]]},
            "options[0]: 'right' should be True or False, got 'yes'",
        ),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_with_a_sentence(
    change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        SelfCheck(**{"question": "How many?", "options": GOOD, **change})


def test_a_typed_answer_may_be_right_in_several_ways_and_one_option_is_enough() -> None:
    both = [{**GOOD[0]}, {"text": "1", "right": True, "why": "In digits."}]
    assert check("How many?", both, typed=True) is None
    assert check("How many?", GOOD[:1], typed=True) is None


def test_a_question_without_numbers_never_makes_the_kernel_compute() -> None:
    asked = (
        "import sys; from mha_lessons.widgets import SelfCheck; made = SelfCheck(); made._request = 1; "
        "sys.exit(bool(made._answer) or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


class Read(HTMLParser):
    """The texts of a piece of HTML: those in sight, and those in a fold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.seen: list[str] = []
        self.folded: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        (self.folded if "details" in self.tags else self.seen).append(data)


def test_the_still_shows_the_question_and_folds_the_answers_away() -> None:
    read = Read(SelfCheck(question="How *many*?", options=GOOD).still())
    assert [text for text in read.seen if text != ": "][1:] == [" How ", "many", "?", "one", "two", "three"]
    folded = " ".join(read.folded)
    for option in GOOD:
        assert (
            f"{option['text']}  {'✓ right' if option.get('right') else '✗ wrong'}: {option['why']}" in folded
        )


def test_the_still_of_a_typed_question_does_not_list_its_answers() -> None:
    seen = Read(SelfCheck(question="How many?", options=GOOD, typed=True).still()).seen
    assert "one" not in seen


def test_markup_in_a_question_stays_text_but_for_code_and_emphasis() -> None:
    options = [{"text": "<i>a</i> & `b<c>`", "right": True, "why": "<script>x</script>"}, *GOOD[1:]]
    html = SelfCheck(question="<b>*Which*</b>?", options=options).still()
    assert "&lt;b&gt;<em>Which</em>&lt;/b&gt;?" in html
    assert "<code>b&lt;c&gt;</code>" in html
    assert not {"script", "i"} & {*Read(html).tags}


@pytest.mark.parametrize("name", [f"{page}.{each}" for page, own in questions().items() for each in own])
def test_every_question_of_the_book_can_be_asked(name: str) -> None:
    asked = SelfCheck.ask(name)
    assert asked.chosen == ""
    for text in [asked.question, *(option[key] for option in asked.options for key in ("text", "why"))]:
        assert text.count("`") % 2 == text.count("*") % 2 == text.count("$") == 0, text


def test_an_unknown_question_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        KeyError, match=r"no question is called 'experts\.he'; there are experts\.she, experts\.him"
    ):
        SelfCheck.ask("experts.he")
    with pytest.raises(
        KeyError, match=r"no question is called 'expert\.she'; there are experts, how-it-works"
    ):
        SelfCheck.ask("expert.she")
