"""What an import costs: CPU time of fresh interpreters, side by side."""

from __future__ import annotations

import os
import subprocess
import sys

import torch

from tests.benchmarks.paired import Report, Spread, Timings, table

ROUNDS = 11
MOST_RATIO = 1.05
MOST_SECONDS = 0.6
PAGE = "from mha_lessons.widgets import HeadExplorer; HeadExplorer(engine='page')"
CONTENDERS = {
    "python": "pass",
    "mha_lessons": "import mha_lessons",
    "torch": "import torch",
    "module": "from mha_lessons import MultiHeadAttention",
    "anywidget": "import anywidget",
    "widget": PAGE,
}
WORDS = {
    "python": "the interpreter alone",
    "mha_lessons": "`import mha_lessons`",
    "torch": "`import torch`",
    "module": "`from mha_lessons import MultiHeadAttention`",
    "anywidget": "`import anywidget`, which every widget needs",
    "widget": "a `HeadExplorer` whose page computes",
}


def cpu_seconds(code: str) -> float:
    """User and system time of a fresh interpreter that runs this, threads included."""
    process = subprocess.Popen([sys.executable, "-c", code])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # so that it does not wait again
    if process.returncode:
        raise RuntimeError(f"ended with {process.returncode}: {code}")
    return used.ru_utime + used.ru_stime


def measure() -> Timings:
    """Each contender once a round, in a rotating order, after one round that fills the caches of the disk."""
    seconds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    names = list(CONTENDERS)
    for number in range(ROUNDS + 1):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            taken = cpu_seconds(CONTENDERS[name])
            if number:
                seconds[name].append(taken)
    return Timings(seconds)


def loads_torch(code: str) -> bool:
    """Whether torch is in the interpreter after this."""
    return (
        subprocess.call([sys.executable, "-c", f"{code}; import sys; sys.exit('torch' in sys.modules)"]) != 0
    )


def run() -> Report:
    found = measure()
    free = {name: not loads_torch(CONTENDERS[name]) for name in ("mha_lessons", "widget")}
    ratio = found.ratio("module", "torch")
    light = Spread.of(
        [a - b for a, b in zip(*(found.seconds[n] for n in ("mha_lessons", "python")), strict=True)]
    )
    widget = found.spread("widget")

    def verdict(reached: bool) -> str:
        return "yes" if reached else "**no**"

    rows = [[WORDS[name], found.spread(name)] for name in CONTENDERS]
    quick, small = ratio.middle <= MOST_RATIO, widget.middle <= MOST_SECONDS
    goals = [
        ["`MultiHeadAttention` / `import torch`", ratio, f"≤ {MOST_RATIO}", verdict(quick)],
        ["a widget, CPU s", widget, f"≤ {MOST_SECONDS}", verdict(small)],
        *(
            [f"{WORDS[name]} loads torch", "no" if free[name] else "yes", "no", verdict(free[name])]
            for name in free
        ),
    ]
    text = f"""
CPU time (user and system, all threads) of fresh interpreters, {ROUNDS} rounds in a rotating order after one
that fills the caches; median (quartiles) in seconds. A ratio is taken within a round. torch
{torch.__version__}.

{table(["", "CPU s"], rows)}

`import mha_lessons` adds {1e3 * light.middle:.0f} ms ({1e3 * light.low:.0f}–{1e3 * light.high:.0f}) to the
interpreter alone.

{table(["goal", "measured", "to reach", "reached"], goals)}
"""
    return Report("Imports", text, {"seconds": found.seconds, "without_torch": free})
