"""Where a command cannot write, open its port or a browser: one sentence, and nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner, Result

from mha_lessons import files
from mha_lessons.cli import app, lab
from mha_lessons.cli import read as reading
from mha_lessons.experiments.results import load
from tests.classroom.commands import course_of_one
from tests.tiny_models import network, tokenizer

NOBODY = 65534


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """A folder that all may read, with a model and a few sentences for `heads`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder)
        for each in (folder, *folder.rglob("*")):
            each.chmod(0o755)
        yield folder


def fill(folder: Path) -> None:
    network("bert").save_pretrained(folder / "tiny")
    tokenizer(ends=True).save_pretrained(folder / "tiny")
    words = ["the", "dog", "chased", "a", "cat"]
    rows = [f"{i}\t{word}\t_\t_\t_\t_\t{i - 1}\troot\t_\t_" for i, word in enumerate(words, 1)]
    (folder / "few.conllu").write_text("\n\n".join(["\n".join(rows)] * 8) + "\n\n", encoding="utf-8")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder outside of pytest's own, which are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        Path(folder).chmod(0o755)


@pytest.fixture(autouse=True)
def at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two short chapters, a thread in place of processes, and no JupyterLab."""
    monkeypatch.setattr("mha_lessons.notebooks.lessons.lessons", lambda: {"a.ipynb": b"{}", "b.ipynb": b"{}"})
    monkeypatch.setattr(lab, "_run", lambda _command: 0)
    monkeypatch.setattr("mha_lessons.executors.processes", one_thread)


@contextmanager
def one_thread(_jobs: int) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


COMMANDS: dict[str, Callable[[Path, Path], list[str]]] = {
    "notebooks": lambda place, _: ["notebooks", str(place)],
    "notebooks in a new folder": lambda place, _: ["notebooks", str(place / "new")],
    "lab": lambda place, _: ["lab", str(place / "new")],
    "heads": lambda place, data: [
        *("heads", str(data / "tiny"), "--treebank", str(data / "few.conllu")),
        *("--out", str(place / "new" / "tiny.json")),
    ],
    "train": lambda place, _: [*TRAIN, "--out", str(place / "new" / "runs.json")],
    "classroom init": lambda place, _: ["classroom", "init", str(place / "course")],
}
TRAIN = ["train", "juggling", "--k", "2", "--steps", "2", "--heads", "2", "--seeds", "1"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", "NO_COLOR": "1"})


def is_one_sentence(result: Result, *parts: str) -> None:
    assert result.exit_code == 1, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.stderr.startswith("Error: "), result.output
    assert result.stderr.count("\n") == 1
    for part in parts:
        assert part in result.stderr


def written(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file()]


@contextmanager
def without_rights(folder: Path, mode: int) -> Iterator[None]:
    """As somebody who has to keep to a folder's mode; root need not."""
    folder.chmod(mode)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.mark.parametrize("mode", [0o555, 0o000], ids=["only read", "not even entered"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_folder_that_may_not_be_written_is_one_sentence(
    name: str, mode: int, place: Path, data: Path
) -> None:
    with tempfile.TemporaryDirectory() as elsewhere:  # what is imported late is there then for everybody
        assert run(*COMMANDS[name](Path(elsewhere), data)).exit_code == 0, "else it fails for another reason"
    with without_rights(place, mode):
        result = run(*COMMANDS[name](place, data))
    is_one_sentence(result, str(place), "(permission denied)")
    assert written(place) == []


def onto_full_disk(monkeypatch: pytest.MonkeyPatch, but: int = 0) -> None:
    """The system's own device that is always full stands behind each file, after so many that fit."""
    real, left = os.fdopen, [None] * but

    def fdopen(handle: int, mode: str) -> object:
        if "w" not in mode:
            pass  # what is there can still be read
        elif left:
            left.pop()
        else:
            full = os.open("/dev/full", os.O_WRONLY)
            os.dup2(full, handle)
            os.close(full)
        return real(handle, mode)

    monkeypatch.setattr(files.os, "fdopen", fdopen)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_one_sentence_and_nothing_is_half_written(
    name: str, place: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    onto_full_disk(monkeypatch)
    is_one_sentence(run(*COMMANDS[name](place, data)), str(place), "(no space left on device)")
    assert written(place) == []


def test_a_disk_that_is_full_after_the_first_notebook_leaves_that_one_whole(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    onto_full_disk(monkeypatch, but=1)
    is_one_sentence(run("notebooks", str(place)), "b.ipynb cannot be written (no space left on device)")
    assert written(place) == [place / "a.ipynb"]
    assert (place / "a.ipynb").read_bytes() == b"{}"


@pytest.mark.parametrize("empty", [False, True], ids=["new folder", "empty folder"])
def test_a_disk_that_is_full_in_the_middle_of_a_course_leaves_none_and_the_same_command_goes_on_later(
    empty: bool, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = place / "course"
    if empty:
        course.mkdir()
    with monkeypatch.context() as full:
        onto_full_disk(full, but=3)
        is_one_sentence(run("classroom", "init", str(course)), str(course), "(no space left on device)")
    assert list(place.rglob("*")) == ([course] if empty else [])
    assert run("classroom", "init", str(course)).exit_code == 0
    assert (course / "README.md").exists()


def test_a_disk_that_is_full_at_the_weights_keeps_the_file_of_results_as_it_was(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results, weights = place / "runs.json", place / "weights"
    onto_full_disk(monkeypatch, but=1)
    result = run(*TRAIN, "--out", str(results), "--weights", str(weights))
    is_one_sentence(result, str(weights), "(no space left on device)")
    assert written(place) == [results]
    assert load(results).runs == {}, "the run is made again, since its weights are not there"


@pytest.fixture(scope="module")
def made_course() -> Iterator[Path]:
    """A course to which one student has handed in what is no notebook, so that nothing need be run."""
    with tempfile.TemporaryDirectory() as folder:
        course = course_of_one(Path(folder) / "course")
        handed_in = course / "submitted" / "ada" / "heads"
        handed_in.mkdir(parents=True)
        (handed_in / "attention.ipynb").write_text("no notebook")
        yield course


@pytest.fixture
def course(made_course: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, where what is imported late is there for everybody."""
    (place / "jupyter").mkdir()
    (place / "jupyter" / "migrated").touch()  # else Jupyter looks for old settings to take over
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(place / "jupyter"))
    shutil.copytree(made_course, place / "first")
    assert run(*GRADE, str(place / "first")).exit_code == 0, "else it fails for another reason"
    shutil.rmtree(place / "first")
    return Path(shutil.copytree(made_course, place / "course"))


GRADE = ("classroom", "grade", "--unsafe")


def test_a_course_that_may_only_be_read_is_not_graded_and_one_sentence_says_why(course: Path) -> None:
    before = {path: path.read_bytes() for path in written(course)}
    with without_rights(course, 0o555):
        result = run(*GRADE, str(course))
    is_one_sentence(result, str(course), "ermission denied)")
    assert {path: path.read_bytes() for path in written(course)} == before


@pytest.mark.parametrize("fits", [0, 1], ids=["nothing fits", "the first file fits"])
def test_a_disk_that_is_full_while_grading_is_one_sentence_and_the_same_command_goes_on_later(
    fits: int, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        onto_full_disk(full, but=fits)
        is_one_sentence(run(*GRADE, str(course)), str(course / "grading"), "(no space left on device)")
    assert not (course / "grading" / "heads.csv").exists()
    for path in (course / "grading").rglob("*.json"):
        json.loads(path.read_bytes())  # what is there is whole
    assert run(*GRADE, str(course)).exit_code == 0
    assert "ada" in (course / "grading" / "heads.csv").read_text()


def test_a_taken_port_is_one_sentence_that_says_how_to_choose_another(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "index.html").touch()
    monkeypatch.setattr(reading, "find_book", lambda: place)
    with reading.serve(place, None) as taken:
        result = run("read", "--port", str(taken.server_port))
    is_one_sentence(result, f"Port {taken.server_port} cannot be opened", "choose another with --port")


def test_without_a_browser_the_address_is_said_and_the_book_is_served(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "index.html").write_text("here")
    monkeypatch.setattr(reading, "find_book", lambda: place)
    monkeypatch.setattr(webbrowser, "_tryorder", [])  # what is there to open a page with
    served: list[bytes] = []

    def interrupt(serving: threading.Thread) -> None:
        address = f"http://127.0.0.1:{ports.pop()}/"
        served.append(urlopen(address, timeout=10).read())
        raise KeyboardInterrupt

    real, ports = reading.serve, list[int]()

    def serve(folder: Path, port: int | None) -> object:
        server = real(folder, port)
        ports.append(server.server_port)
        return server

    monkeypatch.setattr(reading, "serve", serve)
    monkeypatch.setattr(reading.Thread, "join", interrupt)
    result = run("read")
    assert result.exit_code == 0, result.output
    assert "No browser could be opened here: open the address in one." in result.stdout
    assert served == [b"here"]
    assert "Stopped." in result.stdout


def test_a_browser_that_stays_in_the_terminal_is_served_meanwhile(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "index.html").write_text("here")
    monkeypatch.setattr(reading, "find_book", lambda: place)
    seen: list[bytes] = []

    def leave(address: str) -> bool:
        seen.append(urlopen(address, timeout=10).read())
        raise KeyboardInterrupt

    monkeypatch.setattr(webbrowser, "open", leave)
    assert run("read").exit_code == 0
    assert seen == [b"here"]
