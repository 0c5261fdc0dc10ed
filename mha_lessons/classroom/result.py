"""What grading starts from and what it gives: plain data, that goes to any executor and into any file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mha_lessons.classroom.limits import Limits
from mha_lessons.classroom.submission import Cell

Status = Literal["graded", "partial", "timeout", "out of memory", "crashed", "invalid", "tampered", "missing"]


@dataclass(frozen=True)
class Job:
    """A notebook to grade.

    Attributes:
        student, assignment, notebook: whose it is.
        cells: those that run, in order.
        checks: the exercise that a cell checks, by the id of the cell.
        points: what such a cell is worth, by its id.
        seed: of the numbers it is checked on; drawn after it was handed in.
        limits: what it may use.
        hidden: folders that it must not see.
        unsafe: without a sandbox.
        look: "tampered" or "", and what was found before anything ran.
        notes: that in sentences.
        digest: what the result is filed under.
    """

    student: str
    assignment: str
    notebook: str
    cells: tuple[Cell, ...]
    checks: Mapping[str, str]
    points: Mapping[str, float]
    seed: int
    limits: Limits = field(default_factory=Limits)
    hidden: tuple[str, ...] = ()
    unsafe: bool = False
    look: Literal["", "tampered"] = ""
    notes: tuple[str, ...] = ()
    digest: str = ""


@dataclass(frozen=True)
class Result:
    """What came of a notebook.

    Attributes:
        status: see `Status`; "graded" ran from end to end; in "partial", a cell raised an error on the way.
        points, out_of: of its checks.
        notes: sentences for the teacher and the student.
        seed: of the numbers it was checked on.
        texts: output, error and value of each cell that ran, by its id.
        reports: text and points of each check, by the id of its cell.
        seconds, peak: on the clock, and bytes of memory at the most.
        limits: that it ran under.
        digest: what it is filed under; see `ledger`.
    """

    student: str
    assignment: str
    notebook: str
    status: Status
    points: float
    out_of: float
    notes: tuple[str, ...] = ()
    seed: int | None = None
    texts: Mapping[str, tuple[str, str | None, str | None]] = field(default_factory=dict)
    reports: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    seconds: float = 0.0
    peak: int = 0
    limits: Limits = field(default_factory=Limits)
    digest: str = ""


def own_points(value: str, most: float) -> float | None:
    """The points that a check of a teacher's own gave, or None if no such check gives them.

    >>> own_points("1.5", 3), own_points("1000", 3), own_points("nan", 3)
    (1.5, None, None)
    """
    try:
        points = float(value)
    except ValueError:
        return None
    return points if math.isfinite(points) and 0 <= points <= most else None
