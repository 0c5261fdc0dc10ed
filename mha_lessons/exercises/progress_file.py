"""How far a reader is, in a file on their own computer. Nothing here can make a check fail."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Protocol, get_args
from weakref import WeakSet

from mha_lessons.exercises.report import Report, Status
from mha_lessons.files import write_whole
from mha_lessons.problem import LessonError

VARIABLE = "MHA_LESSONS_PROGRESS"
VERSION = 1
MOST_TOLD = 40  # characters of what came


class Follower(Protocol):
    """What shows progress, and shows it anew."""

    def refresh(self) -> None:
        """The file has changed."""


_FOLLOWERS: WeakSet[Follower] = WeakSet()


def follow(follower: Follower) -> None:
    """From now on call `refresh()` whenever this kernel has written the file."""
    _FOLLOWERS.add(follower)


def unfollow(follower: Follower) -> None:
    """No longer."""
    _FOLLOWERS.discard(follower)


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
        return read(path)
    except (OSError, ValueError, RecursionError) as error:
        return _set_aside(path, error)


def own_file() -> tuple[Path, dict[str, Kept]]:
    """Where a reader's progress lies, and what it is. Nothing is set aside.

    Raises:
        ValueError: it cannot be read; the sentence says why.
    """
    path = place()
    try:
        return path, read(path)
    except (OSError, ValueError, RecursionError) as error:
        why = f"{error}".rstrip(".") or type(error).__name__
        raise ValueError(f"{path} cannot be read ({why}): the next check sets it aside.") from error


def read(path: Path) -> dict[str, Kept]:
    """What a file keeps, by exercise; nothing where there is no file.

    Raises:
        OSError, ValueError, RecursionError: it cannot be read, or is no file of progress.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return entries(json.loads(text))


def entries(said: object) -> dict[str, Kept]:
    """What a file of progress says, checked. Twin: `entries` in widgets/core/exercise_progress.ts.

    Raises:
        ValueError: it is none; the sentence says what came and what was wanted.

    >>> entries({"exercises": {"softmax": {"points": "many"}}})
    Traceback (most recent call last):
    ValueError: softmax: points should be a whole number from 0, got "many".
    """
    found = said.get("exercises") if isinstance(said, dict) else None
    if not isinstance(found, dict):
        raise ValueError('it should be what check() writes, an object with "exercises" in it.')
    return {str(name): _kept(name, own) for name, own in found.items()}


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


def _kept(name: str, own: object) -> Kept:
    if not isinstance(own, dict):
        raise ValueError(f"{name} should be an object, got {_got(own)}.")
    wanted = {each.name: each.default for each in fields(Kept)}
    for key, value in own.items():
        if key not in wanted:
            raise ValueError(f"{name} has {_got(key)}, which is none of {', '.join(wanted)}.")
        if key == "status":
            fits, what = value in _RANK if isinstance(value, str) else False, f"one of {', '.join(_RANK)}"
        elif key == "solution":
            fits, what = isinstance(value, bool), "true or false"
        else:
            fits, what = type(value) is int and value >= 0, "a whole number from 0"
        if not fits:
            raise ValueError(f"{name}: {key} should be {what}, got {_got(value)}.")
    return Kept(**own)


def _got(value: object) -> str:
    """What came, as short as a sentence allows."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return json.dumps(value, ensure_ascii=False)[:MOST_TOLD]


def _save(name: str, own: Kept) -> None:
    kept = {**load(), name: own}
    said = {"version": VERSION, "exercises": {each: asdict(value) for each, value in sorted(kept.items())}}
    try:
        write_whole(place(), json.dumps(said, indent=1) + "\n")
    except LessonError as error:
        print(f"Your progress is not kept: {error}")
        return
    for follower in list(_FOLLOWERS):
        follower.refresh()


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
