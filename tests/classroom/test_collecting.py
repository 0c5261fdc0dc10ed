"""What students put into the exchange: links are not followed, and nobody's folder ends the collect."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

import pytest
from nbgrader.coursedir import CourseDirectory

from mha_lessons.classroom.collecting import Collect
from tests.classroom.commands import course_of_one, grade, need_sandbox, run, statuses
from tests.classroom.pupils import ASSIGNMENT, FILE, HONEST, NOTEBOOK

TIME = "2026-03-01 10:00:00.000000 UTC"
PLAIN = "--ExchangeFactory.collect=nbgrader.exchange.default.ExchangeCollect"
NOBODY = 65534
SHARED = "--CourseDirectory.groupshared=True"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ada submits her answer; Eve a link in the place of her notebook, Mallory one in the place of all."""
    need_sandbox()
    root = course_of_one(tmp_path_factory.mktemp("exchange") / "course")
    solution = root / "source" / FILE
    for student in ("ada", "eve"):
        handed_in(root, student)
    shutil.copy(HONEST[0].hand_in(root) / f"{NOTEBOOK}.ipynb", inbound(root, "ada"))
    shutil.rmtree(root / "submitted")
    (inbound(root, "eve") / f"{NOTEBOOK}.ipynb").symlink_to(solution)
    inbound(root, "mallory").symlink_to(solution.parent)
    return root


def inbound(root: Path, student: str, time: str = TIME) -> Path:
    return root / "exchange" / "many-heads" / "inbound" / f"{student}+{ASSIGNMENT}+{time}+x"


def handed_in(root: Path, student: str, time: str = TIME) -> Path:
    folder = inbound(root, student, time)
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text(time)
    return folder


def collect(root: Path, *words: str) -> str:
    return run(root, "nbgrader", "collect", ASSIGNMENT, *words)


def collected(root: Path) -> set[str]:
    return {path.name for path in (root / "submitted").iterdir()}


def test_a_link_to_the_solution_which_plain_nbgrader_collects_as_the_solution_stays_a_link(
    course: Path, tmp_path: Path
) -> None:
    solution = (course / "source" / FILE).read_text()
    plain, ours = (shutil.copytree(course, tmp_path / name, symlinks=True) for name in ("plain", "ours"))
    collect(plain, PLAIN)
    for student in ("eve", "mallory"):
        taken = plain / "submitted" / student / FILE
        assert not taken.is_symlink()
        assert taken.read_text() == solution
    (course / "source" / FILE).chmod(0o600)
    output = collect(ours, SHARED)
    assert (course / "source" / FILE).stat().st_mode & 0o777 == 0o600
    assert (ours / "submitted" / "ada" / FILE).stat().st_mode & 0o660 == 0o660
    assert f"Not collected: mallory+{ASSIGNMENT}+{TIME}+x is a link, not a folder." in output
    assert collected(ours) == {"ada", "eve"}
    assert (ours / "submitted" / "eve" / FILE).is_symlink()
    grade(ours)
    rows = statuses(ours)
    assert {student: row["status"] for student, row in rows.items()} == {"ada": "graded", "eve": "invalid"}
    assert "is a link" in rows["eve"]["notes"]


def test_folders_that_cannot_be_collected_are_named_and_end_nobody_s_collect(
    course: Path, tmp_path: Path
) -> None:
    root = shutil.copytree(course, tmp_path / "course", symlinks=True)
    os.mkfifo(handed_in(root, "bob") / f"{NOTEBOOK}.ipynb")
    (handed_in(root, "carl") / "big").write_bytes(bytes(3000))
    handed_in(root, "-rf")
    handed_in(root, "ada", "some day")
    handed_in(root, "dora").joinpath("timestamp.txt").write_text("some day")
    handed_in(root, "zoe")
    output = collect(root, "--CourseDirectory.max_dir_size=2")
    for name, why in {
        f"bob+{ASSIGNMENT}+{TIME}+x": "cannot be collected",
        f"carl+{ASSIGNMENT}+{TIME}+x": "cannot be collected (it has",
        f"-rf+{ASSIGNMENT}+{TIME}+x": "has a name that no student can have.",
        f"ada+{ASSIGNMENT}+some day+x": "has no time in its name.",
    }.items():
        assert f"Not collected: {name} {why}" in output
    assert {"dora", "zoe"} <= collected(root)
    assert not any((root / "submitted" / student / ASSIGNMENT).exists() for student in ("bob", "carl", "-rf"))
    handed_in(root, "zoe", "2026-03-02 10:00:00.000000 UTC").joinpath("new").touch()
    handed_in(root, "dora", "2026-03-02 10:00:00.000000 UTC")
    output = collect(root, "--update", "--CourseDirectory.max_dir_size=2")
    assert f"Not collected: dora+{ASSIGNMENT}+2026-03-02 10:00:00.000000 UTC+x" in output
    assert (root / "submitted" / "zoe" / ASSIGNMENT / "new").exists()


def test_a_folder_that_another_account_made_takes_no_students_place(course: Path, tmp_path: Path) -> None:
    """Plain nbgrader warns, and collects the forged one, which is later, in the place of Ada's own."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another account")
    later = "2026-03-05 10:00:00.000000 UTC"
    plain, ours = (shutil.copytree(course, tmp_path / name, symlinks=True) for name in ("plain", "ours"))
    for root in (plain, ours):
        forged = handed_in(root, "ada", later)
        (forged / "forged").touch()
        os.chown(forged, NOBODY, NOBODY)
    collect(plain, PLAIN)
    assert (plain / "submitted" / "ada" / ASSIGNMENT / "forged").exists()
    output = collect(ours)
    name = pwd.getpwuid(NOBODY).pw_name
    assert f"Not collected: ada+{ASSIGNMENT}+{later}+x was put there by the account {name}." in output
    assert not (ours / "submitted" / "ada" / ASSIGNMENT / "forged").exists()
    assert (ours / "submitted" / "ada" / FILE).exists()
    collect(ours, "--ExchangeCollect.check_owner=False", "--update")
    assert (ours / "submitted" / "ada" / ASSIGNMENT / "forged").exists()


def test_the_students_own_account_and_the_one_that_collects_are_no_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collecting = Collect(coursedir=CourseDirectory())
    number = os.getuid()
    name = pwd.getpwuid(number).pw_name
    assert collecting._stranger(str(tmp_path), "ada") == ""
    monkeypatch.setattr(os, "getuid", lambda: number + 1)
    assert collecting._stranger(str(tmp_path), name) == ""
    assert collecting._stranger(str(tmp_path), "ada") == name
