"""Grades one notebook: draws the numbers, runs it in a sandbox, judges what comes out.

A pure function of plain data, so that any executor can do it, here or on another machine.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mha_lessons.classroom.handed_over import MOST_OUTCOME, READY, HandedOver, read
from mha_lessons.classroom.limits import MIB, Ended
from mha_lessons.classroom.problem import SandboxError
from mha_lessons.classroom.result import Job, Result, Status, own_points
from mha_lessons.classroom.sandbox import ENVIRONMENT, INSIDE, check_sandbox, libraries, python, sandboxed
from mha_lessons.classroom.submission import Cell
from mha_lessons.classroom.watcher import watch
from mha_lessons.executors import stopped
from mha_lessons.exercises.case import Case, Outcome, pack, plain, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).parent
OUT_OF_MEMORY = ("MemoryError", "can't allocate memory", "not enough memory")


def grade(job: Job) -> Result:
    """Run and judge a notebook.

    Raises:
        SandboxError: the sandbox does not work; that is nobody's grade.
    """
    if not job.unsafe:
        check_sandbox()
    from mha_lessons.exercises import find_exercise

    drawn: dict[str, list[Case]] = {
        cell: find_exercise(name).cases(np.random.default_rng([job.seed, number]))
        for number, (cell, name) in enumerate(job.checks.items())
    }
    ended = _run(job, drawn)
    if not ended.ready:
        lines = ended.noise.strip().splitlines()
        raise SandboxError(
            f"The sandbox ended before the notebook began ({ended.reason or (lines or ['no word'])[-1]}): "
            "no student is to blame, and nobody was graded by it."
        )
    found = read(ended.results)
    outcomes = {
        cell: [_outcome(found, cell, number, ended) for number in range(len(cases))]
        for cell, cases in drawn.items()
    }
    status, *notes = _status(job, ended, found, [each.error for row in outcomes.values() for each in row])
    notes += job.notes
    reports: dict[str, tuple[str, float]] = {}
    untouched: list[bool] = []
    for cell, cases in drawn.items():
        try:
            report = find_exercise(job.checks[cell]).judge(cases, outcomes[cell])
            text = str(report)
        except Exception as error:  # arrays that no judge has thought of: a person decides
            status = "crashed"
            notes.append(f"What {job.checks[cell]} handed over cannot be judged: {type(error).__name__}.")
            reports[cell] = (notes[-1], 0.0)
        else:
            share = report.points / report.out_of if report.out_of else 0.0
            reports[cell] = (text, round(share * job.points[cell], 3))
            untouched.append(report.status == "not attempted")
    if drawn and sum(untouched) == len(drawn):
        notes.append("Not attempted: the answer is as it was given out.")
    return Result(
        job.student,
        job.assignment,
        job.notebook,
        status,
        points=sum(points for _, points in reports.values()),
        out_of=sum(job.points[cell] for cell in job.checks),
        notes=tuple(notes),
        seed=job.seed,
        texts={name: (ran.text, ran.error, ran.value) for name, ran in found.cells.items()},
        reports=reports,
        seconds=round(ended.seconds, 2),
        peak=ended.peak,
        limits=job.limits,
        digest=job.digest,
    )


def _run(job: Job, drawn: Mapping[str, Sequence[Case]]) -> Ended:
    packed = [pack(cases) for cases in drawn.values()]
    place = {cell: number for number, cell in enumerate(drawn)}
    order = {
        "libraries": libraries(),
        "limits": asdict(job.limits),
        "cells": [{"id": cell.id, "source": cell.source, "check": place.get(cell.id)} for cell in job.cells],
        "sizes": [len(each) for each in packed],
    }
    given = json.dumps(order).encode() + b"\n" + b"".join(packed)
    with _inside() as folder:
        if job.unsafe:
            command, home = [*python(), str(folder / "inside.py")], folder / "home"
            home.mkdir()
            env = ENVIRONMENT | dict.fromkeys(("HOME", "IPYTHONDIR", "MPLCONFIGDIR", "TMPDIR"), str(home))
        else:
            hidden = [HERE.parent, *map(Path, job.hidden)]
            words = [*python(), str(INSIDE / "inside.py")]
            command, home, env = sandboxed(words, job.limits, inside=folder, hidden=hidden), folder, {}
        return watch(command, given, job.limits, ready=READY, cwd=home, env=env, stopped=stopped)


@contextmanager
def _inside() -> Iterator[Path]:
    """A folder with the program that runs the notebook, and what it needs of this package."""
    with tempfile.TemporaryDirectory(prefix="mha-lessons-") as name:
        folder = Path(name)
        for package in ("answers_inside", "mha_lessons"):
            (folder / package).mkdir()
        (folder / "answers_inside" / "__init__.py").touch()
        for module in ("case", "look", "run"):
            shutil.copy(HERE.parent / "exercises" / f"{module}.py", folder / "answers_inside")
        for module in ("__init__", "exercises"):
            shutil.copy(HERE / "stand_in.py", folder / "mha_lessons" / f"{module}.py")
        for program in ("inside", "kernel"):
            shutil.copy(HERE / f"{program}.py", folder)
        os.chmod(folder, 0o755)
        yield folder


def _outcome(found: HandedOver, cell: str, number: int, ended: Ended) -> Outcome:
    """What came of a case; what never came is an outcome, too, with its reason."""
    if (cell, number) not in found.outcomes:
        return Outcome("raised", error=WHY.get(ended.reason, "Ended: the notebook ended itself"))
    data, error = found.outcomes[cell, number]
    if error is not None:
        return Outcome("raised", error=plain(error))
    try:
        (outcome,) = unpack(data, MOST_OUTCOME)
    except ValueError as problem:
        return Outcome("unusable", error=plain(str(problem)))
    return outcome if isinstance(outcome, Outcome) else Outcome("unusable", error="no outcome")


WHY = {
    "time": "TimeLimit: the time was up",
    "memory": "MemoryLimit: the memory was used up",
    "processes": "ProcessLimit: too many processes were started",
    "threads": "ThreadLimit: too many threads were started",
    "output": "OutputLimit: too much was written",
}


def _is_too_much(cell: Cell, found: HandedOver) -> bool:
    """Whether a check of a teacher's own, which runs with the notebook, gave points that it cannot give."""
    marks, ran = cell.marks or {}, found.cells.get(cell.id)
    if not marks.get("grade") or marks.get("solution") or ran is None or ran.value is None or ran.error:
        return False
    return own_points(ran.value, marks.get("points", 0.0)) is None


def _status(
    job: Job, ended: Ended, found: HandedOver, errors: Sequence[str]
) -> tuple[Status, *tuple[str, ...]]:
    """The status, and a sentence that says why unless all went well."""
    most = job.limits
    errors = [*errors, *(ran.error for ran in found.cells.values() if ran.error)]
    if ended.reason == "stopped":
        raise SandboxError("The grading was stopped; what is finished is kept.")
    if ended.reason == "time":
        return "timeout", f"It ran longer than {most.seconds:g} seconds, and was ended."
    if ended.reason == "memory":
        return "out of memory", f"It used more than {most.memory // MIB} MiB of memory, and was ended."
    if ended.reason == "processes":
        return "crashed", f"It ran more than {most.processes} processes at a time, and was ended."
    if ended.reason == "threads":
        return "crashed", f"It ran more than {most.threads} threads at a time, and was ended."
    if ended.reason == "output":
        return "crashed", f"It wrote more than {most.output // MIB} MiB, and was ended."
    if found.broken:
        return "tampered", "It wrote into the results of the sandbox; what came after that was not read."
    if not found.whole:
        return "crashed", f"It ended itself before its last cell, with exit code {ended.code}."
    if any(word in error for error in errors for word in OUT_OF_MEMORY):
        return "out of memory", f"It asked for more than {most.memory // MIB} MiB of memory, and was refused."
    if any(_is_too_much(cell, found) for cell in job.cells if cell.id not in job.checks):
        return "tampered", "A check gave points that it does not have: it counts 0."
    if job.look:
        return (job.look,)
    failed = sum(ran.error is not None for ran in found.cells.values())
    if failed:
        return "partial", f"{failed} of its cells raised an error."
    return ("graded",)
