"""The commands read, lab and doctor: what they do, and how they fail."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mha_lessons.cli import app, doctor, lab
from mha_lessons.cli.read import find_book, serve
from mha_lessons.problem import LessonError


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", "NO_COLOR": "1"})
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text("<title>here</title>")
    return tmp_path


def test_the_book_is_served_to_this_machine_only(book: Path) -> None:
    with serve(book, None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert server.server_address[0] == "127.0.0.1"
        address = f"http://127.0.0.1:{server.server_port}/"
        assert urllib.request.urlopen(address).read() == b"<title>here</title>"
        server.shutdown()


def test_a_taken_port_is_passed_over_unless_it_was_asked_for(book: Path) -> None:
    with serve(book, None) as first, serve(book, None) as second:
        assert first.server_port != second.server_port
        wanted = (
            rf"^Port {first.server_port} cannot be opened \(address already in use\): choose another with"
        )
        with pytest.raises(LessonError, match=wanted):
            serve(book, first.server_port)


def test_where_every_port_is_taken_the_sentence_says_which_were_tried(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve(book, None) as first:
        monkeypatch.setattr("mha_lessons.cli.read.FIRST_PORT", first.server_port)
        monkeypatch.setattr("mha_lessons.cli.read.MOST_TRIES", 1)
        with pytest.raises(LessonError, match=rf"^No port from {first.server_port} to \d+ can be opened"):
            serve(book, None)


def test_a_taken_port_is_one_sentence(monkeypatch: pytest.MonkeyPatch, book: Path) -> None:
    monkeypatch.setattr("mha_lessons.cli.read.find_book", lambda: book)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, error = run("read", "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert error.startswith("Error: Port ")
    assert error.count("\n") == 1


def test_a_book_that_is_not_built_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="no built book: install the released wheel, or run `make site`"):
        find_book([tmp_path])


def test_lab_writes_the_chapters_and_starts_jupyterlab_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr("mha_lessons.notebooks.lessons.lessons", lambda: {"a.ipynb": b"{}"})
    monkeypatch.setattr(lab, "_run", lambda command: started.append(command) or 3)
    code, _, _ = run("lab", str(tmp_path / "mine"), "--", "--port", "9999")
    assert (tmp_path / "mine" / "a.ipynb").read_bytes() == b"{}"
    (command,) = started
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert command[command.index("--notebook-dir") + 1] == str(tmp_path / "mine")
    assert command[-2:] == ["--port", "9999"]
    assert code == 3, "JupyterLab's exit code is the command's"


def test_a_folder_named_like_rich_markup_is_printed_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("mha_lessons.notebooks.lessons.lessons", lambda: {"a.ipynb": b"{}"})
    monkeypatch.setattr(lab, "_run", lambda _command: 0)
    monkeypatch.chdir(tmp_path)
    code, output, _ = run("lab", "mine [/]")
    assert (code, "mine [/]; JupyterLab" in output) == (0, True)


ASKS_FIRST = """
import signal, sys, time
pressed = []
signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
print("ready", flush=True)
while len(pressed) < 2:
    time.sleep(0.05)
time.sleep(1)  # its kernels are ended
print("ended by itself", flush=True)
sys.exit(5)
"""


def test_ctrl_c_is_left_to_jupyterlab_which_asks_first_and_ends_its_kernels() -> None:
    started = f"sys.exit(_run([sys.executable, '-c', {ASKS_FIRST!r}]))"
    code = f"import sys; from mha_lessons.cli.lab import _run; {started}"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "ready\n"
        for _ in range(2):
            os.killpg(waiting.pid, signal.SIGINT)  # as a terminal does: to the command and to what it started
            time.sleep(0.6)
        assert waiting.stdout.read() == "ended by itself\n"
    assert waiting.returncode == 5


def test_jupyterlab_takes_the_options_that_lab_gives_it() -> None:
    options = [sys.executable, "-m", "jupyterlab", "--notebook-dir", ".", "--ip", "127.0.0.1", "--version"]
    assert subprocess.run(options, capture_output=True).returncode == 0


def test_doctor_names_what_is_absent_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = doctor.Part("Thing", "a use", lambda: None, "pip install thing")
    monkeypatch.setattr(doctor, "PARTS", [absent])
    code, text, _ = run("doctor")
    assert code == 0
    assert text.split() == ["part", "for", "found,", "or", "how", "to", "get", "it",
                            "absent", "Thing", "a", "use", "pip", "install", "thing"]  # fmt: skip


def test_doctor_fails_where_nothing_can_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PARTS", [doctor.Part("Thing", "all", lambda: None, "get it", needed=True)])
    assert run("doctor")[0] == 1


def test_doctor_finds_all_that_the_tests_need() -> None:
    code, text, _ = run("doctor")
    assert code == 0
    assert "missing" not in text
