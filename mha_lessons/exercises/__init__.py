"""Exercises along the chapters: checks that say what came, what was wanted, and the likely cause.

check("attention", attend)    runs staged checks on fresh numbers
hint("attention")             the next hint, from a nudge to nearly there
solution("attention")         the solution, explained
exercises(), progress()       what there is, and how far you are; `ExerciseProgress()` of
                              mha_lessons.widgets shows it and follows each check
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mha_lessons.exercises.checking import check as check
    from mha_lessons.exercises.checking import exercises as exercises
    from mha_lessons.exercises.checking import hint as hint
    from mha_lessons.exercises.checking import progress as progress
    from mha_lessons.exercises.checking import solution as solution
    from mha_lessons.exercises.checks import NAMES as NAMES
    from mha_lessons.exercises.checks import find_exercise as find_exercise
    from mha_lessons.exercises.report import Report as Report

_HOME = {
    **dict.fromkeys(("check", "hint", "solution", "exercises", "progress"), "checking"),
    **dict.fromkeys(("NAMES", "find_exercise"), "checks"),
    "Report": "report",
}

__all__ = [*_HOME]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(_HOME)}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
