"""SelfCheck: a question that the reader answers before the text does, with a word for each answer."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import traitlets

from mha_lessons.widgets.bundle import bundle
from mha_lessons.widgets.lesson_widget import LessonWidget

QUESTIONS = Path(__file__).parent.parent / "data" / "questions.toml"
KEYS = {"text", "right", "why"}
EXAMPLE: list[dict[str, Any]] = [
    {"text": "1", "right": True, "why": "The softmax shares out a whole."},
    {"text": "the number of words", "why": "That is what all rows together sum to."},
]


class SelfCheck(LessonWidget):
    """Ask, let the reader predict, and say why each answer is right or wrong.

    The reader's answer stays in the browser, or here in `chosen`; nothing is sent anywhere.
    Questions, answers and reasons are plain text, with `code` between backticks and *emphasis* between stars.

    Example:
        >>> from mha_lessons.widgets import SelfCheck
        >>> check = SelfCheck(
        ...     question="One row of `attn` sums to ...",
        ...     options=[
        ...         {"text": "1", "right": True, "why": "The softmax shares out a whole."},
        ...         {"text": "the number of words", "why": "That is what all rows together sum to."},
        ...     ],
        ... )
        >>> check.chosen  # the answer that the reader checked, as its text
        ''

    Raises:
        ValueError: there is no question, or its options give no choice; the sentence says what to add.
    """

    _esm = bundle("self_check.js")
    _css = bundle("self_check.css")
    page_name = "self_check"
    asks = ()

    title = traitlets.Unicode("Check yourself", help="The few words above the question.").tag(
        sync=True, fixed=True
    )
    question = traitlets.Unicode("One row of `attn` sums to what?", help="What the reader is asked.").tag(
        sync=True, fixed=True
    )
    options = traitlets.List(
        default_value=EXAMPLE,
        help="The answers foreseen: each a dict with `text`, `why`, and `right=True` where it is right.",
    ).tag(sync=True, fixed=True)
    typed = traitlets.Bool(
        False, help="Whether the reader types the answer, a number or a word, and does not see the options."
    ).tag(sync=True, fixed=True)
    otherwise = traitlets.Unicode(
        "Not this. Try again, or have the answer shown.",
        help="What is said to a typed answer that nobody foresaw.",
    ).tag(sync=True, fixed=True)
    chosen = traitlets.Unicode("", help="The answer that the reader checked; empty before.").tag(
        sync=True, fixed=True
    )
    revealed = traitlets.Bool(False, help="Whether all answers are explained.").tag(sync=True, fixed=True)

    @classmethod
    def ask(cls, name: str) -> SelfCheck:
        """A question of the book, so that a notebook does not print the answer above it.

        Args:
            name: chapter and question as in `mha_lessons/data/questions.toml`, such as "experts.she".

        Raises:
            KeyError: there is no such question; the sentence lists those of the chapter.
        """
        chapter, _, question = name.partition(".")
        found = questions().get(chapter, {})
        if question not in found:
            known = ", ".join(f"{chapter}.{each}" for each in found) or ", ".join(questions())
            raise KeyError(f"no question is called {name!r}; there are {known}")
        return cls(**found[question])

    def fault(self) -> str | None:
        """What the question lacks, or None."""
        return check(self.question, self.options, typed=self.typed)

    def still(self) -> str:
        """The question, its options, and the answers where they are not read by accident."""
        shown = "" if self.typed else _list("ol", [_prose(option["text"]) for option in self.options])
        answers = [
            f"<b>{_prose(option['text'])}</b> {'✓ right' if option.get('right') else '✗ wrong'}: "
            f"{_prose(option['why'])}"
            for option in self.options
        ]
        asked = f"<figcaption><b>{_prose(self.title)}:</b> {_prose(self.question)}</figcaption>"
        told = f"<summary>Answers</summary>{_list('ul', answers)}"
        return f'<figure>{asked}{shown}<details class="self-check-answers">{told}</details></figure>'


@cache
def questions() -> dict[str, dict[str, dict[str, Any]]]:
    """The book's questions: chapter -> name -> traits of `SelfCheck`."""
    return tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))


def check(question: str, options: Sequence[Mapping[str, Any]], *, typed: bool) -> str | None:
    """Why this cannot be asked, in one sentence, or None.

    >>> check("Why?", [{"text": "because", "why": "It is so."}], typed=False)
    'options should have 2 answers or more to choose from, got 1: add one'
    """
    if not question.strip():
        return "question is empty: write what the reader is asked"
    for place, option in enumerate(options):
        if fault := _check_option(f"options[{place}]", option):
            return fault
    texts = [option["text"].strip().casefold() for option in options]
    for text in texts:
        if texts.count(text) > 1:
            return f"the answer {text!r} is among the options twice: change one of them"
    right = sum(bool(option.get("right")) for option in options)
    if not typed and len(options) < 2:
        return f"options should have 2 answers or more to choose from, got {len(options)}: add one"
    if right == 0 or (right > 1 and not typed):
        wanted = "an answer" if typed else "one answer"
        return f"options should have {wanted} with right=True, got {right or 'none'}: mark it"
    return None


def _check_option(place: str, option: Mapping[str, Any]) -> str | None:
    if unknown := sorted(set(option) - KEYS):
        return f"{place} has {unknown[0]!r}, which means nothing here: use text, why and right"
    for key in ("text", "why"):
        if not isinstance(option.get(key), str) or not option[key].strip():
            return f"{place} has no {key!r}: say " + (
                "the answer" if key == "text" else "why it is right or wrong"
            )
    if not isinstance(option.get("right", False), bool):
        return f"{place}: 'right' should be True or False, got {option['right']!r}"
    return None


def _prose(text: str) -> str:
    """HTML of a text with `code` and *emphasis*; whatever else it holds stays text. Twin: prose.ts.

    >>> _prose("a `b < c` and *d*")
    'a <code>b &lt; c</code> and <em>d</em>'
    """
    return re.sub(r"`([^`]+)`|\*([^*]+)\*", _mark, escape(text))


def _mark(found: re.Match[str]) -> str:
    return f"<code>{found[1]}</code>" if found[1] else f"<em>{found[2]}</em>"


def _list(tag: str, items: Sequence[str]) -> str:
    return f"<{tag}>" + "".join(f"<li>{item}</li>" for item in items) + f"</{tag}>"
