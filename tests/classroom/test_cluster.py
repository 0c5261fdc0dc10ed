"""A class on a Dask cluster: a scheduler and its workers as the manual starts them, on loopback."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.classroom.commands import ENVIRONMENT, course_of_one, grade, need_sandbox, scores, statuses
from tests.classroom.pupils import GAIN, HONEST, LOSS, Pupil

HOST = "127.0.0.1"
WORKERS, PATIENCE = 2, 60
CLASS: list[Pupil] = [
    HONEST[0],
    next(each for each in GAIN if each.id == "builtins"),
    next(each for each in LOSS if each.id == "exit"),
]


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `dask scheduler`, with `dask worker` twice; all end by their pids."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        address = f"tcp://{HOST}:{probe.getsockname()[1]}"
    folder = tmp_path_factory.mktemp("dask")
    port = address.rpartition(":")[2]
    quiet = ("--no-dashboard", "--host", HOST)
    worker = ("worker", address, "--nthreads", "1", "--local-directory", str(folder), *quiet)
    running = [started(folder, "scheduler", "--port", port, *quiet)]
    running += [started(folder, *worker) for _ in range(WORKERS)]
    try:
        wait_for_workers(address)
        yield address
    finally:
        for process in reversed(running):
            process.terminate()
        for process in running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def started(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    with (folder / f"{words[0]}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *words], cwd=folder, env=ENVIRONMENT, stdout=log, stderr=log
        )


def wait_for_workers(address: str) -> None:
    from distributed import Client

    end = time.monotonic() + PATIENCE
    while True:
        try:
            with Client(address, timeout=5, set_as_default=False) as client:
                client.wait_for_workers(WORKERS, timeout=PATIENCE)
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_workers_of_a_dask_scheduler_grade_as_processes_do(scheduler: str, tmp_path: Path) -> None:
    """One right, one that changes what would judge it, one that ends its process: and not the worker."""
    need_sandbox()
    course = course_of_one(tmp_path / "course")
    for pupil in CLASS:
        pupil.hand_in(course)
    output = grade(course, "--scheduler", scheduler)
    assert all(f"{pupil.id}, attention: " in output for pupil in CLASS)
    assert scores(course) == {pupil.id: pupil.points for pupil in CLASS}
    rows = statuses(course)
    assert {student: row["status"] for student, row in rows.items()} == {
        pupil.id: pupil.status for pupil in CLASS
    }
