"""Fair comparisons on a noisy machine: interleaved rounds, CPU time, ratios within a round.

Every contender is called in every round, in a rotating order, so that a slow minute slows all of them. What
is reported is the median and the quartiles of the ratios, each taken within one round.
"""

import ctypes
import gc
import json
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
ROUNDS = 15


@dataclass(frozen=True)
class Spread:
    """Median and quartiles of one number over the rounds."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "Spread":
        return cls(*statistics.quantiles(numbers, n=4, method="inclusive"))

    def __str__(self) -> str:
        return f"{self.middle:.2f} ({self.low:.2f}–{self.high:.2f})"


@dataclass(frozen=True)
class Timings:
    """CPU seconds a call, one number a round for each contender."""

    seconds: dict[str, list[float]]

    def ratio(self, one: str, other: str) -> Spread:
        return Spread.of([a / b for a, b in zip(self.seconds[one], self.seconds[other], strict=True)])

    def spread(self, one: str) -> Spread:
        return Spread.of(self.seconds[one])


def interleave(
    contenders: dict[str, Callable[[], object]], *, rounds: int = ROUNDS, slice_s: float = 0.02
) -> Timings:
    """Time the contenders against each other; each is repeated until a slice of CPU time is full."""
    repeats = {}
    for name, call in contenders.items():
        call()  # warm up: allocations, caches, lazy imports
        started = time.process_time()
        call()
        repeats[name] = max(1, round(slice_s / max(time.process_time() - started, 1e-6)))
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            call, repeat = contenders[name], repeats[name]
            started = time.process_time()
            for _ in range(repeat):
                call()
            seconds[name].append((time.process_time() - started) / repeat)
    return Timings(seconds)


def _kibibytes(name: str) -> int:
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return next(int(words[1]) for words in lines if words[0] == f"{name}:")


def peak_bytes(call: Callable[[], object]) -> int:
    """How far one call raises the high-water mark of memory, in a forked process (Linux with glibc).

    The call is made once before: a first call also sets up the working space of the matrix library, some
    15 MiB here that stay. What it freed goes back to the system, so that the second call has to take it anew.
    """
    read, write = os.pipe()
    child = os.fork()
    if not child:
        call()
        gc.collect()
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts again from here
        before = _kibibytes("VmRSS")
        call()
        os.write(write, str((_kibibytes("VmHWM") - before) * 1024).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return int(answer)


@dataclass
class Report:
    """One benchmark's section of RESULTS.md, and the numbers behind it."""

    title: str
    text: str
    numbers: dict = field(default_factory=dict)

    def write(self, name: str) -> None:
        """Put the section in its place in RESULTS.md, and the numbers in results/NAME.json."""
        section = f"<!-- {name} -->\n## {self.title}\n\n{machine()}\n\n{self.text.strip()}\n<!-- /{name} -->"
        path = HERE / "RESULTS.md"
        page = path.read_text() if path.exists() else "# Results\n\nWritten by `make bench`.\n"
        mark = re.compile(rf"<!-- {name} -->.*<!-- /{name} -->", re.DOTALL)
        page = mark.sub(lambda _: section, page) if mark.search(page) else f"{page.rstrip()}\n\n{section}\n"
        path.write_text(page)
        (HERE / "results").mkdir(exist_ok=True)
        numbers = {"machine": machine(), **self.numbers}
        (HERE / "results" / f"{name}.json").write_text(json.dumps(numbers, indent=1) + "\n")


def machine() -> str:
    """The processor, the system, the versions and the day, in one line."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists() and (found := re.search(r"model name\s*: (.+)", cpuinfo.read_text())):
        model = found[1]
    versions = f"Python {platform.python_version()}"
    if "torch" in sys.modules:
        versions += f", torch {sys.modules['torch'].__version__}"
    day = datetime.now(UTC).date().isoformat()
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, {versions}, {day}."


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
