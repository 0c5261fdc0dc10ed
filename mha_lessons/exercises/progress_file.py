"""How far a reader is, in a file on their own computer. Nothing here can make a check fail."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args

from mha_lessons.exercises.report import Report, Status
from mha_lessons.files import write_whole
from mha_lessons.problem import LessonError

VARIABLE = "MHA_LESSONS_PROGRESS"
VERSION = 1


@dataclass(frozen=True)
class Kept:
    """What is kept of one exercise.

    Attributes:
        status, points, out_of: of the best report so far.
        checks: how often it was checked.
        hints: how many hints were shown.
        solution: whether the solution was.
    """

    status: str = "not attempted"
    points: int = 0
    out_of: int = 0
    checks: int = 0
    hints: int = 0
    solution: bool = False


def place() -> Path:
    """The file: $MHA_LESSONS_PROGRESS, or progress.json in the user's folder for data."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    from platformdirs import user_data_path  # comes with JupyterLab

    return user_data_path("mha-lessons", appauthor=False) / "progress.json"


def load() -> dict[str, Kept]:
    """What is kept, by exercise. A file that cannot be read is set aside, in one sentence."""
    path = place()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        return _set_aside(path, error)
    try:
        said = json.loads(text)
        return {str(name): _kept(own) for name, own in said["exercises"].items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return _set_aside(path, error)


def keep(report: Report) -> None:
    """Count a check, and keep its report if it is the best so far."""
    own = load().get(report.name, Kept())
    if own.checks == 0 or (_RANK[report.status], report.points) >= (_RANK.get(own.status, -1), own.points):
        own = replace(own, status=report.status, points=report.points, out_of=report.out_of)
    _save(report.name, replace(own, checks=own.checks + 1))


def next_hint(name: str, most: int) -> int:
    """The number of the hint after those that were shown; the last one comes again."""
    return min(load().get(name, Kept()).hints + 1, most)


def saw_hint(name: str, number: int) -> None:
    """Note that the hints up to a number were shown."""
    own = load().get(name, Kept())
    _save(name, replace(own, hints=max(own.hints, number)))


def saw_solution(name: str) -> None:
    """Note that the solution was shown."""
    _save(name, replace(load().get(name, Kept()), solution=True))


_RANK = {status: rank for rank, status in enumerate(get_args(Status))}


def _kept(own: dict[str, Any]) -> Kept:
    made = Kept(**own)
    for each in fields(Kept):
        if type(getattr(made, each.name)) is not type(each.default):
            raise ValueError(f"{each.name} is {getattr(made, each.name)!r}")
    if min(made.points, made.out_of, made.checks, made.hints) < 0:
        raise ValueError("a count is below 0")
    return made


def _save(name: str, own: Kept) -> None:
    kept = {**load(), name: own}
    said = {"version": VERSION, "exercises": {each: asdict(value) for each, value in sorted(kept.items())}}
    try:
        write_whole(place(), json.dumps(said, indent=1) + "\n")
    except LessonError as error:
        print(f"Your progress is not kept: {error}")


def _set_aside(path: Path, error: Exception) -> dict[str, Kept]:
    aside = path.with_name(path.name + ".broken")
    try:
        path.replace(aside)
        print(
            f"{path} cannot be read ({type(error).__name__}): it is now {aside.name}, and progress starts "
            "anew."
        )
    except OSError:
        print(f"{path} cannot be read ({type(error).__name__}), so no progress is shown.")
    return {}
