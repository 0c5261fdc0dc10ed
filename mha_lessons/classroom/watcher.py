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
from pathlib import Path

import psutil

from mha_lessons.classroom.limits import Ended, Limits, Reason
from mha_lessons.classroom.usage import used_by

EVERY_S = 0.1
NOISE = 20_000
"""Bytes of its standard error that are kept; the rest is read and dropped."""
PRIORITY = 5
"""The sandbox is this much nicer than who watches it, so that a crowd of processes cannot keep that away."""


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
            used = used_by(process.pid, limits)
            peak = max(peak, used.memory)
            broken: dict[Reason, bool] = {
                "stopped": stopped(),
                "memory": used.memory > limits.memory,
                "processes": used.processes > limits.processes,
                "threads": used.threads > limits.threads,
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
