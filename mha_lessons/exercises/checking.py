"""What a reader calls: check, hint, solution, exercises, progress."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

import numpy as np

from mha_lessons.exercises import progress_file
from mha_lessons.exercises.checks import NAMES, find_exercise
from mha_lessons.exercises.exercise import Exercise
from mha_lessons.exercises.printed import only_the_start
from mha_lessons.exercises.report import Report
from mha_lessons.exercises.run import run
from mha_lessons.exercises.sources import read, solved
from mha_lessons.problem import LessonError
from mha_lessons.tables import Table, table

CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
"""Code in markdown, where two stars are a power and no bold print."""


def check(name: str, *answers: object, seed: int | None = None, keep: bool = True) -> Report:
    """Run an answer through the stages of its exercise.

    Every check draws fresh numbers. Arguments are given by position: yours may have other names, and there
    may be more of them if those have defaults.

    Args:
        name: of the exercise; `exercises()` lists them.
        answers: what you wrote; "split_merge" wants two functions, the others one.
        seed: for the same numbers again.
        keep: whether it counts in `progress()`.

    Raises:
        LessonError: there is no such exercise, or there are too many answers.

    >>> import torch
    >>> report = check("softmax", lambda scores: torch.softmax(scores, 0), keep=False)
    >>> report.status, report["shape"].passed, report["rows sum to one"].key
    ('wrong', True, 'first axis')
    """
    exercise = _exercise(name)
    if len(answers) > len(exercise.answers):
        wanted = ", ".join(exercise.answers)
        raise LessonError(f"{name} has {len(exercise.answers)} to check ({wanted}), got {len(answers)}.")
    cases = exercise.cases(np.random.default_rng(seed))
    with only_the_start():
        outcomes = run(dict(zip(exercise.answers, answers, strict=False)), cases)
    report = exercise.judge(cases, outcomes)
    if keep:
        progress_file.keep(report)
    return report


def hint(name: str, number: int | None = None, *, keep: bool = True) -> Text:
    """The next hint of an exercise, or that of a number, counted from 1.

    Args:
        name: of the exercise.
        number: of the hint; default the one after those that you have seen.
        keep: whether it counts in `progress()`.

    Raises:
        LessonError: there is no such exercise or hint.

    >>> print(str(hint("attention", 1, keep=False)).partition(" and")[0])
    Hint 1 of 4. Go through the chapter's pencil example again
    """
    _exercise(name)
    hints = read(name).hints
    if number is not None and (type(number) is not int or not 1 <= number <= len(hints)):
        raise LessonError(f"{name} has the hints 1 to {len(hints)}, got {number!r}.")
    number = number or progress_file.next_hint(name, len(hints))
    if keep:
        progress_file.saw_hint(name, number)
    last = f'\n\nThis is the last one. After it comes `solution("{name}")`.' if number == len(hints) else ""
    return Text(f"**Hint {number} of {len(hints)}.** {hints[number - 1]}{last}")


def solution(name: str) -> Text:
    """The solution of an exercise, with its explanation.

    Raises:
        LessonError: there is no such exercise, or its solution is not in this installation.
    """
    _exercise(name)
    source = solved(name)
    progress_file.saw_solution(name)
    return Text(f"```python\n{source.solution}\n```\n\n{source.explanation}")


def exercises() -> Table:
    """All exercises, in the order of the book.

    >>> print(str(exercises()).splitlines()[0].split())
    ['name', 'goal', 'difficulty', 'minutes', 'chapter']
    """
    rows = []
    for name in NAMES:
        source = read(name)
        rank = f"{source.difficulty} of 3"
        rows.append((name, source.title, rank, str(source.minutes), source.chapter))
    return table(("name", "goal", "difficulty", "minutes", "chapter"), rows, "Exercises")


def progress() -> Table:
    """How far you are: the best report of each exercise, kept on this computer only.

    `mha_lessons.widgets.ExerciseProgress` shows the same, with what comes next.
    """
    kept = progress_file.load()
    rows = []
    for name in NAMES:
        own = kept.get(name)
        points = f"{own.points} of {own.out_of}" if own and own.checks else ""
        helped = [f"{own.hints} hint{'s' if own.hints > 1 else ''}"] if own and own.hints else []
        helped += ["solution"] if own and own.solution else []
        status = own.status if own and own.checks else "not checked yet"
        rows.append((name, status, points, str(own.checks) if own else "0", ", ".join(helped)))
    return table(("name", "best so far", "points", "checks", "help"), rows, "Progress")


def _exercise(name: object) -> Exercise:
    if isinstance(name, str) and name in NAMES:
        return find_exercise(name)
    if not isinstance(name, str):
        raise LessonError(
            f'The first argument should be the name of an exercise, such as "attention", '
            f"got a {type(name).__name__}."
        )
    near = difflib.get_close_matches(name.lower().replace("-", "_").replace(" ", "_"), NAMES, n=3, cutoff=0.5)
    which = f"the nearest are {', '.join(near)}" if near else f"there are {', '.join(NAMES)}"
    raise LessonError(f"There is no exercise {name!r}: {which}.")


@dataclass(frozen=True)
class Text:
    """Markdown that a notebook renders."""

    markdown: str

    def __str__(self) -> str:
        parts = CODE.split(self.markdown)
        parts[::2] = [part.replace("**", "") for part in parts[::2]]
        return "".join(parts)

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return self.markdown
