"""What one notebook may use, and how its run ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MIB = 2**20

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
