"""What a tree of processes uses at the moment."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Literal, NamedTuple

import psutil

from mha_lessons.classroom.limits import Limits


class Used(NamedTuple):
    """Processes of a tree, their threads, and bytes of their memory."""

    processes: int
    threads: int
    memory: int


def used_by(pid: int, limits: Limits) -> Used:
    """What a process uses, with all that it started; nothing if it has ended.

    Of a crowd only the number is told: to look at each would give it time. Memory that a fork shares counts
    more than once as long as that stays within the limit.
    """
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return Used(0, 0, 0)
    if len(tree) > limits.processes:
        return Used(len(tree), 0, 0)
    memory = sum(_memory(each, "rss") for each in tree)
    if memory > limits.memory and len(tree) > 2:
        memory = sum(_memory(each, "pss") for each in tree)
    return Used(len(tree), sum(map(_threads, tree)), memory + _files_in_memory(tree))


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
