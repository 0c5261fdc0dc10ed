"""A command that takes too much is ended, with all that it started."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from mha_lessons.classroom.limits import MIB, Ended, Limits
from mha_lessons.classroom.watcher import watch

LIMITS = Limits(seconds=30, memory=200 * MIB, processes=5, output=MIB, start_seconds=20)


def ran(code: str, limits: Limits = LIMITS, **more: object) -> Ended:
    words = [sys.executable, "-I", "-S", "-c", f"print('ready', flush=True)\n{code}"]
    return watch(words, b"a job", limits, ready=b"ready\n", **more)  # type: ignore[arg-type]


def test_what_ends_by_itself_has_its_results_and_its_exit_code() -> None:
    ended = ran("import sys; print(sys.stdin.read()); sys.stderr.write('hm'); sys.exit(3)")
    assert (ended.reason, ended.code, ended.ready) == ("", 3, True)
    assert (ended.results, ended.noise) == (b"ready\na job\n", "hm")


def test_the_clock_runs_from_when_it_is_ready(tmp_path: Path) -> None:
    slow = "import time; time.sleep(1.5); print('ready', flush=True)"
    limits = Limits(seconds=1, start_seconds=20)
    ended = watch([sys.executable, "-I", "-S", "-c", slow], b"", limits, ready=b"ready\n")
    assert (ended.reason, ended.code, ended.ready) == ("", 0, True)
    assert ended.seconds < 1
    ended = watch([sys.executable, "-I", "-S", "-c", slow], b"", Limits(start_seconds=0.5), ready=b"ready\n")
    assert (ended.reason, ended.code, ended.ready) == ("start", None, False)


def test_a_loop_is_ended_though_it_takes_every_exception() -> None:
    ended = ran(
        "import signal, time\nfor n in (2, 15): signal.signal(n, signal.SIG_IGN)\nwhile True: time.sleep(1)",
        Limits(seconds=1),
    )
    assert ended.reason == "time"
    assert 1 <= ended.seconds < 10


@pytest.mark.parametrize("children", [0, 3])
def test_memory_is_counted_over_all_processes(children: int) -> None:
    code = f"""
import os, time
shared = bytearray(b"x" * 90 * {MIB})
for _ in range({children}):
    if os.fork() == 0:
        own = bytearray(b"y" * 90 * {MIB})
        time.sleep(20)
        os._exit(0)
time.sleep({20 if children else 1})
"""
    ended = ran(code)
    assert ended.reason == ("memory" if children else "")
    assert ended.peak > (200 if children else 80) * MIB


def test_children_that_share_their_memory_are_not_counted_as_if_each_had_it() -> None:
    code = f"""
import os, time
shared = bytearray(b"x" * 90 * {MIB})
for _ in range(2):
    if os.fork() == 0:
        time.sleep(1.5)
        os._exit(0)
time.sleep(2)
"""
    ended = ran(code)
    assert ended.reason == ""
    assert ended.peak < 200 * MIB


def test_a_crowd_of_processes_is_ended_and_none_is_left() -> None:
    before = set(psutil.pids())
    ended = ran("import os, time\nfor _ in range(9):\n    if os.fork() == 0: time.sleep(60)\ntime.sleep(60)")
    assert ended.reason == "processes"
    time.sleep(0.2)
    ours = [each for each in psutil.process_iter(["cmdline"]) if each.pid not in before]
    assert not [each for each in ours if "range(9)" in " ".join(each.info["cmdline"] or [])]


def test_a_crowd_of_threads_is_ended() -> None:
    code = (
        "import threading, time\nfor _ in range({}): threading.Thread(target=time.sleep, args=(2,)).start()"
    )
    limits = replace(LIMITS, threads=20)
    assert ran(code.format(15), limits).reason == ""
    assert ran(code.format(30), limits).reason == "threads"


def test_files_in_memory_count_once_though_nobody_has_them_mapped() -> None:
    code = f"""
import os, time
file = os.memfd_create("hoard")
again = os.dup(file)
for _ in range({{size}}):
    os.write(file, bytes({MIB}))
time.sleep(1)
"""
    ended = ran(code.format(size=120))
    assert ended.reason == ""
    assert ended.peak > 120 * MIB
    assert ran(code.format(size=250)).reason == "memory"


def test_output_is_read_up_to_its_limit_and_noise_is_kept_only_at_its_start() -> None:
    ended = ran("import sys; sys.stderr.write('n' * 100_000)")
    assert (ended.reason, len(ended.noise)) == ("", 20_000)
    ended = ran("while True: print('x' * 1000)")
    assert ended.reason == "output"
    assert len(ended.results) < 2 * MIB


def test_it_gives_up_when_it_is_told_to() -> None:
    started = time.monotonic()
    ended = ran("import time; time.sleep(60)", stopped=lambda: time.monotonic() - started > 0.5)
    assert ended.reason == "stopped"
