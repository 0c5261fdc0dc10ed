"""A class of honest students and hostile ones: first what plain nbgrader makes of it, then what we do.

The grader is killed in the middle, and started again.
"""

from __future__ import annotations

import json
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.classroom.commands import course_of_one, grade, need_sandbox, scores, start, statuses, to_look_at
from tests.classroom.pupils import (
    ASSIGNMENT,
    FULL,
    GAIN,
    HONEST,
    LOSS,
    NOTEBOOK,
    ODD,
    USE,
    Pupil,
    code,
    released,
    write,
)

LIMITS = ("--seconds", "12", "--memory", "1024")
KEPT = ("timestamp.txt", "submission_secret.txt")
CLASS = [*HONEST, *GAIN, *USE, *LOSS]


def names(pupils: list[Pupil]) -> list[str]:
    return [pupil.id for pupil in pupils]


class Listener:
    """A server on this machine's loopback that keeps what it is sent."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            with line:
                self.heard.append(line.recv(1000))

    def close(self) -> None:
        self._socket.close()


@dataclass
class Plain:
    """What plain nbgrader made of the class."""

    scores: dict[str, float] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    heard: list[bytes] = field(default_factory=list)
    planted: bool = False
    largest: int = 0
    stopped: str = ""
    after_odd: bool = True


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_sandbox()
    return course_of_one(tmp_path_factory.mktemp("class") / "course")


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.close()


@pytest.fixture(scope="module")
def plain(course: Path, listener: Listener) -> Plain:
    """Three courses at once: who gains or loses, in two halves; and the one with a name that stops it."""
    found = Plain()
    bad = [*GAIN, *LOSS]
    halves = [course.with_name(f"plain{number}") for number in range(2)]
    odd = course.with_name("odd")
    for folder in (*halves, odd):
        shutil.copytree(course, folder)
        HONEST[0].hand_in(folder)
    marks = course.with_name("marks")
    marks.mkdir()
    places = {"MARKS": marks, "PORT": listener.port}
    for half, pupils in zip(halves, (bad[::2], bad[1::2]), strict=True):
        for pupil in pupils:
            pupil.hand_in(half, **places)
    everything = "\n".join(pupil.before for pupil in USE)
    Pupil("use", "", 0, before=everything).hand_in(halves[0], **places)
    ODD.hand_in(odd)
    shutil.copytree(odd / "submitted" / "ada", odd / "submitted" / "zoe")
    without = "--CourseDirectory.student_id_exclude=ada"
    autograde = ("nbgrader", "autograde", ASSIGNMENT, without, "--Execute.timeout=10")
    running = [start(folder, *autograde) for folder in (*halves, odd)]
    outputs = [process.communicate(timeout=400)[0] for process in running]
    for half in halves:
        found.scores |= scores(half)
    found.marks = {path.name: path.read_text() for path in marks.iterdir()}
    found.heard = list(listener.heard)
    found.planted = (halves[0] / "submitted" / "ada" / ASSIGNMENT / "planted.txt").exists()
    found.largest = max(path.stat().st_size for path in halves[0].glob("autograded/use/*/*.ipynb"))
    found.stopped = outputs[2]
    found.after_odd = (odd / "autograded" / "zoe").exists()
    return found


@dataclass
class Graded:
    """What we made of it, in two goes."""

    folder: Path
    rows: dict[str, dict[str, str]]
    scores: dict[str, float]
    before: dict[str, int]
    """seeds of the results that were on disk when the grader was killed"""
    left: list[psutil.Process]
    heard: list[bytes]
    second: str


def results(folder: Path) -> dict[str, dict[str, object]]:
    """What is on disk, by student; each notebook once."""
    found: dict[str, dict[str, object]] = {}
    for path in (folder / "grading" / ASSIGNMENT).glob("*.json"):
        result = json.loads(path.read_text())["result"]
        assert result["student"] not in found
        found[result["student"]] = result
    return found


@pytest.fixture(scope="module")
def graded(course: Path, listener: Listener, plain: Plain) -> Graded:
    folder = shutil.copytree(course, course.with_name("ours"))
    for pupil in [*CLASS, ODD]:
        pupil.hand_in(folder, MARKS=folder, PORT=listener.port)
    words = ("mha_lessons.cli", "classroom", "grade", ".", "--workers", "2", *LIMITS)
    process = start(folder, *words)
    while sum(bool(each["seconds"]) for each in results(folder).values()) < 5:
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)
    tree = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = {student: each["seed"] for student, each in results(folder).items()}
    _, left = psutil.wait_procs(tree, timeout=20)
    second = grade(folder, "--workers", "2", *LIMITS)
    heard = listener.heard[len(plain.heard) :]
    return Graded(folder, statuses(folder), scores(folder), before, left, heard, second)


def gets_what_it_deserves(graded: Graded, pupil: Pupil) -> None:
    """In our table, in the gradebook, and in words."""
    row = graded.rows[pupil.id]
    assert (row["status"], float(row["points"]), float(row["out_of"])) == (pupil.status, pupil.points, FULL)
    assert graded.scores[pupil.id] == pupil.points
    assert pupil.says in row["notes"]


@pytest.mark.parametrize("pupil", HONEST, ids=names(HONEST))
def test_an_honest_answer_gets_what_it_deserves(graded: Graded, pupil: Pupil) -> None:
    gets_what_it_deserves(graded, pupil)


@pytest.mark.parametrize("pupil", GAIN, ids=names(GAIN))
def test_what_earns_full_marks_with_plain_nbgrader_earns_what_it_is_worth(
    plain: Plain, graded: Graded, pupil: Pupil
) -> None:
    assert plain.scores[pupil.id] == FULL
    gets_what_it_deserves(graded, pupil)


@pytest.mark.parametrize("pupil", LOSS, ids=names(LOSS))
def test_what_plain_nbgrader_scores_a_silent_zero_is_labelled_and_keeps_what_it_earned(
    plain: Plain, graded: Graded, pupil: Pupil
) -> None:
    assert plain.scores[pupil.id] == 0
    gets_what_it_deserves(graded, pupil)


@pytest.mark.parametrize("pupil", USE, ids=names(USE))
def test_what_uses_the_machine_under_plain_nbgrader_is_held_by_the_sandbox(
    plain: Plain, graded: Graded, pupil: Pupil
) -> None:
    succeeded = {
        "forks": plain.marks.get("forks") == "30",
        "memory": plain.marks.get("memory") == "1500000000",
        "outside": plain.planted,
        "network": plain.heard == [b"the questions are ..."],
        "flood": plain.largest > 50_000_000,
    }
    assert succeeded[pupil.id]
    gets_what_it_deserves(graded, pupil)
    folder = graded.folder
    assert not [path.name for path in folder.iterdir() if path.name in ("forks", "memory")]
    assert not (folder / "submitted" / "ada" / ASSIGNMENT / "planted.txt").exists()
    assert graded.heard == []
    assert (folder / "autograded" / pupil.id / ASSIGNMENT / f"{NOTEBOOK}.ipynb").stat().st_size < 100_000


def test_a_name_that_stops_plain_nbgrader_for_all_who_follow_stops_nobody(
    plain: Plain, graded: Graded
) -> None:
    assert "Could not match" in plain.stopped
    assert not plain.after_odd
    row = graded.rows[r"mal\nlory"]
    assert row["status"] == ODD.status
    assert ODD.says in row["notes"]
    assert {path.name for path in (graded.folder / "autograded").iterdir()} == {each.id for each in CLASS}


def test_a_grader_that_was_killed_loses_nothing_and_grades_nothing_twice(graded: Graded) -> None:
    assert graded.left == []
    after = results(graded.folder)
    assert len(after) == len(CLASS) + 1
    run_before = {student: seed for student, seed in graded.before.items() if seed is not None}
    assert 5 <= len(run_before) < len(CLASS) - 5
    assert {student: after[student]["seed"] for student in run_before} == run_before
    assert f"{len(graded.before)} of {len(CLASS) + 1} need not be run" in graded.second
    assert set(graded.scores) == {each.id for each in CLASS}


def test_every_notebook_has_numbers_of_its_own(graded: Graded) -> None:
    seeds = [each["seed"] for each in results(graded.folder).values() if each["seed"] is not None]
    assert len(set(seeds)) == len(seeds) > 20


def test_what_a_person_should_look_at_is_marked_in_the_gradebook(graded: Graded) -> None:
    assert to_look_at(graded.folder) == {
        each.id for each in CLASS if each.status not in ("graded", "partial")
    }


def test_nothing_a_student_wrote_reaches_the_autograded_notebooks_but_cells_and_text(graded: Graded) -> None:
    for pupil in CLASS:
        folder = graded.folder / "autograded" / pupil.id / ASSIGNMENT
        assert {path.name for path in folder.iterdir()} == {f"{NOTEBOOK}.ipynb", *KEPT}
        assert not any(path.is_symlink() for path in folder.iterdir())
        for cell in json.loads((folder / f"{NOTEBOOK}.ipynb").read_text())["cells"]:
            for output in cell.get("outputs", []):
                assert set(output.get("data", {})) <= {"text/plain"}


def test_started_again_it_runs_nothing_and_a_changed_notebook_alone_is_run(graded: Graded) -> None:
    folder = shutil.copytree(graded.folder, graded.folder.with_name("again"), symlinks=True)
    changed = released(folder)
    changed["cells"].insert(0, code("# an empty notebook, handed in again"))
    write(folder / "submitted" / "grace" / ASSIGNMENT, changed)
    output = grade(folder, "--workers", "1", *LIMITS)
    assert f"{len(CLASS)} of {len(CLASS) + 1} need not be run" in output
    assert "grace, attention: graded, 0 of 10" in output
    assert "ada, attention" not in output
    assert scores(folder) == scores(graded.folder)


@pytest.mark.second_tier
def test_a_class_of_sixty_gets_the_same_from_four_workers(
    course: Path, graded: Graded, tmp_path: Path
) -> None:
    folder = shutil.copytree(course, tmp_path / "sixty")
    everybody: dict[str, Pupil] = {}
    for number in range(60):
        pupil = (CLASS * 3)[number]
        one = f"{pupil.id}{number}"
        source = graded.folder / "submitted" / pupil.id
        shutil.copytree(source, folder / "submitted" / one, symlinks=True)
        everybody[one] = pupil
    shutil.copytree(graded.folder / "submitted" / "ada", folder / "submitted" / "ada")
    grade(folder, "--workers", "4", *LIMITS)
    rows, points = statuses(folder), scores(folder)
    assert len(rows) == 61
    for one, pupil in everybody.items():
        assert (rows[one]["status"], float(rows[one]["points"])) == (pupil.status, pupil.points), one
        assert points[one] == pupil.points


def test_the_sandbox_is_refused_in_a_sentence_where_there_is_none(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(course, tmp_path / "course")
    HONEST[0].hand_in(folder)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    output = grade(folder, code=1)
    assert "Grading needs a sandbox, and there is none: install bubblewrap" in output
    assert output.count("\n") == 1
    assert "ada, attention: graded, 10 of 10" in grade(folder, "--unsafe")


def test_a_course_that_is_none_and_an_assignment_that_is_not_made_are_named(
    course: Path, tmp_path: Path
) -> None:
    output = grade(tmp_path, code=1)
    assert "is no course: it has no nbgrader_config.py" in output
    assert output.count("\n") == 1
    assert "There is no assignment 'hands' in the gradebook" in grade(course, "--assignment", "hands", code=1)
