"""Runs a command that may do anything, and ends it when it takes too much.

Limits of the kernel bind one process; these bind all that a notebook starts. A cgroup would do so, too, but
not every machine lends one, so the tree of processes is looked at ten times a second.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

MIB = 2**20
EVERY_S = 0.1
NOISE = 20_000
"""Bytes of its standard error that are kept; the rest is read and dropped."""
PRIORITY = 5
"""The sandbox is this much nicer than who watches it, so that a crowd of processes cannot keep that away."""

Reason = Literal["", "time", "memory", "processes", "threads", "output", "start", "stopped"]


@dataclass(frozen=True)
class Limits:
    """What one notebook may use.

    Attributes:
        seconds: on the clock, from when it is ready.
        memory: bytes of all its processes together.
        processes: at a time.
        threads: of all its processes together, at a time.
        output: bytes of all that it says and hands over.
        files: bytes of each of its temporary folders.
        start_seconds: until it is ready; longer than any machine needs.
    """

    seconds: float = 60.0
    memory: int = 2048 * MIB
    processes: int = 24
    threads: int = 200
    output: int = 32 * MIB
    files: int = 64 * MIB
    start_seconds: float = 180.0


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        reason: the limit that it broke, or "" if it ended by itself.
        code: its exit code; None if it was ended.
        results: what it wrote to its standard output.
        noise: the start of what it wrote to its standard error.
        seconds: on the clock, from when it was ready.
        peak: bytes of memory at the most, as far as was seen.
        ready: whether it was ready, so that what followed is the notebook's doing.
    """

    reason: Reason
    code: int | None
    results: bytes
    noise: str
    seconds: float
    peak: int
    ready: bool


def watch(
    command: Sequence[str],
    job: bytes,
    limits: Limits,
    *,
    ready: bytes,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Ended:
    """Run a command to its end, or to the first limit that it breaks. Nothing of it is left running.

    Args:
        command: words of the command.
        job: what it finds on its standard input.
        limits: what it may use.
        ready: what it writes first. Until then time is not counted.
        cwd: where it runs.
        env: its whole environment.
        stopped: asked now and then whether to give up.
    """
    with tempfile.TemporaryFile() as given:
        given.write(job)
        given.seek(0)
        process = subprocess.Popen(
            command,
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=dict(env or {}),
            start_new_session=True,
        )
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpriority(os.PRIO_PROCESS, process.pid, PRIORITY)
    pipes = _Pipes(process)
    reason: Reason = ""
    started, since, looked, peak = time.monotonic(), 0.0, 0.0, 0
    try:
        while process.poll() is None and not reason:
            pipes.read(EVERY_S)
            now = time.monotonic()
            since = since or (now if pipes.results.startswith(ready) else 0.0)
            if now - looked < EVERY_S and pipes.size <= limits.output:
                continue
            looked = now
            number, threads, memory = _used(process.pid, limits.memory)
            peak = max(peak, memory)
            broken: dict[Reason, bool] = {
                "stopped": stopped(),
                "memory": memory > limits.memory,
                "processes": number > limits.processes,
                "threads": threads > limits.threads,
                "output": pipes.size > limits.output,
                "time": bool(since) and now - since > limits.seconds,
                "start": not since and now - started > limits.start_seconds,
            }
            reason = next((name for name, broke in broken.items() if broke), "")
        seconds = time.monotonic() - since if since else 0.0
    finally:
        _end(process)
        pipes.close(limits.output)
    return Ended(
        reason,
        None if reason else process.returncode,
        bytes(pipes.results),
        bytes(pipes.noise).decode(errors="replace"),
        seconds,
        peak,
        pipes.results.startswith(ready),
    )


class _Pipes:
    """Both outputs of a process; neither can block it for long, nor fill this one's memory."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout
        assert process.stderr
        self.results, self.noise, self.size = bytearray(), bytearray(), 0
        self._files = (process.stdout, process.stderr)
        self._open = selectors.DefaultSelector()
        for file, kept in zip(self._files, (self.results, self.noise), strict=True):
            os.set_blocking(file.fileno(), False)
            self._open.register(file, selectors.EVENT_READ, kept)

    def read(self, seconds: float) -> bool:
        """Wait for something and take it; whether there was any."""
        if not self._open.get_map():
            time.sleep(seconds)  # both are closed, and the process goes on
            return False
        found = self._open.select(seconds)
        for key, _ in found:
            data = os.read(key.fd, 2**16)
            if not data:
                self._open.unregister(key.fileobj)
            self.size += len(data)
            room = len(data) if key.data is self.results else NOISE - len(self.noise)
            key.data.extend(data[: max(room, 0)])
        return bool(found)

    def close(self, most: int) -> None:
        """Take what is left in the pipes."""
        while self._open.get_map() and self.size <= most and self.read(0):
            pass
        self._open.close()
        for file in self._files:
            file.close()


def _used(pid: int, most: int) -> tuple[int, int, int]:
    """Processes of a tree, their threads, and bytes of their memory."""
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0, 0, 0
    memory = sum(_memory(each, "rss") for each in tree)
    if memory > most and len(tree) > 2:  # what a fork shares has been counted more than once
        memory = sum(_memory(each, "pss") for each in tree)
    return len(tree), sum(map(_threads, tree)), memory + _files_in_memory(tree)


def _threads(process: psutil.Process) -> int:
    try:
        return int(process.num_threads())
    except psutil.Error:
        return 0


def _files_in_memory(tree: Sequence[psutil.Process]) -> int:
    """Bytes of what memfd_create made, each file once: written and never mapped, it is in nobody's memory."""
    found: dict[tuple[int, int], int] = {}
    for process in tree:
        with contextlib.suppress(OSError), os.scandir(f"/proc/{process.pid}/fd") as entries:
            for entry in entries:
                with contextlib.suppress(OSError):  # closed since, or not ours to look at
                    if os.readlink(entry.path).startswith("/memfd:"):
                        about = os.stat(entry.path)
                        found[about.st_dev, about.st_ino] = about.st_blocks * 512
    return sum(found.values())


def _memory(process: psutil.Process, kind: Literal["rss", "pss"]) -> int:
    try:
        info = process.memory_info() if kind == "rss" else process.memory_full_info()
        return int(getattr(info, kind, 0))
    except psutil.Error:  # it has just ended
        return 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a tree. In a sandbox, its first child is the init of a namespace: with it, the kernel ends all."""
    try:
        tree = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        tree = []
    for each in tree:
        with contextlib.suppress(psutil.Error):
            each.kill()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
