"""What it costs to grade a class: 20 honest submissions, against `nbgrader autograde`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from mha_lessons.classroom.course import make_course, notebook
from mha_lessons.exercises import find_exercise
from tests.benchmarks.paired import Report, table

ASSIGNMENT, EXERCISE = "heads", "attention"
STUDENTS, WORKERS = 20, 2
EVERY_S = 0.2
ENVIRONMENT = {
    **os.environ,
    "PATH": os.pathsep.join(
        [str(Path(sys.executable).parent), os.environ["PATH"]]
    ),  # nbgrader starts alembic
}
OURS = f"`mha-lessons classroom grade`, {WORKERS} workers"
PLAIN = "`nbgrader autograde`"


@dataclass(frozen=True)
class Used:
    """What one command used, with all that it started."""

    wall_s: float
    peak_bytes: int


def run() -> Report:
    """Both commands on copies of one course, one after the other, ours first and last."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        course = class_of(Path(name) / "course")
        ours = ("mha_lessons.cli", "classroom", "grade", ".", "--workers", str(WORKERS))
        plain = ("nbgrader", "autograde", ASSIGNMENT)
        rounds = [
            measured(shutil.copytree(course, Path(name) / f"round{number}"), *words)
            for number, words in enumerate((ours, plain, ours))
        ]
    first, autograde, second = rounds
    best = min(first, second, key=lambda used: used.wall_s)
    numbers: dict[str, Any] = {
        "load": load,
        "students": STUDENTS,
        "workers": WORKERS,
        "ours": [vars(first), vars(second)],
        "autograde": vars(autograde),
        "nbgrader": version("nbgrader"),
        "ratio": [each.wall_s / autograde.wall_s for each in (first, second)],
    }
    rows = [[OURS, *cells(first)], [f"{OURS}, again", *cells(second)], [PLAIN, *cells(autograde)]]
    faster = "yes" if max(first.wall_s, second.wall_s) < autograde.wall_s else "**no**"
    text = f"""
{STUDENTS} students who hand in a right answer to the exercise `{EXERCISE}`; nbgrader
{numbers["nbgrader"]} as it comes. Wall time of the whole command; memory of all its processes
together, as proportional set size, looked at every {EVERY_S:g} s. Each command on a
copy of the same course, in the order ours, nbgrader, ours. Load of the machine at the start: {load:.1f}.

{table(["", "wall, s", "peak memory, MiB"], rows)}

A notebook takes {best.wall_s / STUDENTS:.1f} s of wall time in its sandbox, and
{autograde.wall_s / STUDENTS:.1f} s without one. Less wall time than nbgrader in both rounds: {faster}.
"""
    return Report("Grading a class", text, numbers)


def cells(used: Used) -> list[str]:
    return [f"{used.wall_s:.1f}", f"{used.peak_bytes / 2**20:.0f}"]


def class_of(root: Path) -> Path:
    """A course with one exercise that everybody has solved."""
    make_course(root)
    shutil.rmtree(root / "source")
    source = root / "source" / ASSIGNMENT / f"{EXERCISE}.ipynb"
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps(notebook(EXERCISE)), encoding="utf-8")
    words = [sys.executable, "-m", "nbgrader", "generate_assignment", ASSIGNMENT]
    subprocess.run(words, cwd=root, env=ENVIRONMENT, check=True, capture_output=True)
    text = (root / "release" / ASSIGNMENT / f"{EXERCISE}.ipynb").read_text(encoding="utf-8")
    content = json.loads(text)
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            cell["source"] = find_exercise(EXERCISE).source.solution
    for number in range(STUDENTS):
        folder = root / "submitted" / f"student{number:02}" / ASSIGNMENT
        folder.mkdir(parents=True)
        (folder / f"{EXERCISE}.ipynb").write_text(json.dumps(content), encoding="utf-8")
    return root


def measured(folder: Path, *words: str) -> Used:
    """Run a command of a module in a course; everybody must have full marks."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    peak = 0
    output = folder / "output.txt"
    with output.open("wb") as file:
        assert process.stdout
        os.set_blocking(process.stdout.fileno(), False)
        while process.poll() is None:
            file.write(process.stdout.read() or b"")
            peak = max(peak, memory(process.pid))
            time.sleep(EVERY_S)
    wall = time.monotonic() - started
    if process.returncode:
        raise RuntimeError(f"{words} ended with {process.returncode}: {output.read_text()[-2000:]}")
    check(folder)
    return Used(wall, peak)


def memory(pid: int) -> int:
    """Bytes of a tree of processes; what they share is counted once."""
    total = 0
    try:
        tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return 0
    for each in tree:
        try:
            total += each.memory_full_info().pss
        except psutil.Error:  # it has just ended
            continue
    return total


def check(folder: Path) -> None:
    """Everybody has full marks, or the comparison is of nothing."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        scores = [each.score for each in book.assignment_submissions(ASSIGNMENT)]
    if scores != [find_exercise(EXERCISE).out_of] * STUDENTS:
        raise RuntimeError(f"everybody should have full marks, got {scores}")
