"""What an update of HeadExplorer costs the main thread, beside bare arithmetic and pixels; sizes, leaks."""

from __future__ import annotations

import gzip
import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from mha_lessons.widgets.bundle import STATIC
from tests.benchmarks.paired import Report, Spread, table
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.widget_page import ready, widget_page

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
SHAPES = [(16, 64, 4), (64, 128, 16), (128, 128, 16)]
KINDS = {"heads": "drag `num_heads`", "seed": "step the seed", "sentence": "type in the sentence"}
ROUNDS, WARM_UP = 20, 4
RATIO = 1.6
"""At most so many times the bare work."""
KEYS, LONGEST, KEY_MS = 40, 256, 100
INTERACTIONS, MOUNTS = 1000, 100
WIDGET_KB, HOST_KB = 30, 40
COUNTS = ("Nodes", "JSEventListeners", "JSHeapUsedSize")
HEAD = [
    *("(T, d_model, h)", "interaction", "update, ms", "put off, ms", "bare, ms", "idle, ms"),
    *("p95, ms", "to reach", "reached", "ratio (quartiles)", "to reach", "reached"),
]


def budget_ms(seq: int) -> float:
    """Main-thread time of an update, its 95th percentile."""
    return 16.7 if seq <= 64 else 50


def params(seq: int, d_model: int, num_heads: int) -> dict[str, Any]:
    text = " ".join(f"token{i}" for i in range(seq))
    return {"text": text, "num_heads": num_heads, "d_model": d_model, "d_head": None, "causal": False,
            "temperature": 1.0, "seed": 0, "source": "random"}  # fmt: skip


class Explorer:
    """One HeadExplorer on a page of its own, and what Chromium says about that page."""

    def __init__(self, browser: Browser, folder: Path, shown: dict[str, Any]) -> None:
        self.params = shown
        self.page: Page = browser.new_page(viewport={"width": 1100, "height": 900})
        self.page.goto(widget_page(folder, "head_explorer", shown))
        ready(self.page)
        self.devtools: CDPSession = self.page.context.new_cdp_session(self.page)
        # The thread's own clock stands still while another process has the core.
        self.devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.run(f"globalThis.bench = {SCRIPT}; undefined")

    def run(self, expression: str) -> None:
        asked = {"expression": expression, "awaitPromise": True}
        answer = self.devtools.send("Runtime.evaluate", asked)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])

    def metrics(self) -> dict[str, float]:
        return {m["name"]: m["value"] for m in self.devtools.send("Performance.getMetrics")["metrics"]}

    def task_ms(self, work: str, kind: str, num_heads: int) -> float:
        """Main-thread time of all tasks, from the input event to the end of the frame that draws it."""
        asked = json.dumps(self.params | {"num_heads": num_heads})
        before = self.metrics()["TaskDuration"]
        self.run(f"bench.{work}({asked}, {json.dumps(kind)})")
        return 1e3 * (self.metrics()["TaskDuration"] - before)

    def counts(self) -> dict[str, float]:
        for _ in range(2):
            self.devtools.send("HeapProfiler.collectGarbage")
        found = self.metrics()
        return {name: found[name] for name in COUNTS}


def rounds(explorer: Explorer, kind: str, num_heads: int) -> dict[str, list[float]]:
    """Milliseconds of the update, of what it puts off, of the bare work and of an idle frame, in turns."""
    ms: dict[str, list[float]] = {"update": [], "rest": [], "bare": [], "idle": []}
    for number in range(WARM_UP + ROUNDS):
        # A drag goes to and fro between two head counts; the order changes after both.
        count = num_heads // 2 if kind == "heads" and number % 2 else num_heads
        pair = ("bare", "update") if number >= WARM_UP and number % 4 >= 2 else ("update", "bare")
        for work in (*pair, "rest", "idle"):  # one after the other: a pause leaves the processor cold
            taken = explorer.task_ms(work, kind, count)
            if number >= WARM_UP:
                ms[work].append(taken)
    return ms


def keystrokes(explorer: Explorer) -> list[float]:
    """Milliseconds from a key press to the frame that shows its letter, at a writer's pace."""
    explorer.run("bench.watchKeys()")
    explorer.page.locator("[name=text]").focus()
    explorer.page.keyboard.press("Home")
    for _ in range(KEYS):
        explorer.page.keyboard.press("x")
        explorer.page.wait_for_timeout(60)
    explorer.page.wait_for_timeout(500)
    found: list[float] = explorer.page.evaluate("bench.keys")
    return found


def growth(explorer: Explorer, work: str, times: int) -> list[dict[str, float]]:
    """Counts before, half-way through and after so many interactions, or mounts and unmounts."""
    explorer.run(f"bench.{work}({times // 10})")  # what is kept once, such as tiles, is there from here on
    found = [explorer.counts()]
    for _ in range(2):
        explorer.run(f"bench.{work}({times // 2})")
        found.append(explorer.counts())
    return found


def sizes() -> dict[str, int]:
    """Bytes of each page script, gzipped."""
    scripts = sorted((STATIC / "page").glob("*.js"))
    return {path.stem: len(gzip.compress(path.read_bytes(), 9)) for path in scripts}


def verdict(reached: bool) -> str:
    return "yes" if reached else "**no**"


def percentile_95(ms: list[float]) -> float:
    return statistics.quantiles(ms, n=20, method="inclusive")[-1]


def update_row(shape: tuple[int, int, int], kind: str, ms: dict[str, list[float]]) -> list[object]:
    idle = statistics.median(ms["idle"])
    ratio = Spread.of([(a - idle) / (b - idle) for a, b in zip(ms["update"], ms["bare"], strict=True)])
    p95, most = percentile_95(ms["update"]), budget_ms(shape[0])
    middles = [f"{statistics.median(ms[work]):.1f}" for work in ("update", "rest", "bare", "idle")]
    reached = [f"{p95:.1f}", f"≤ {most}", verdict(p95 <= most)]
    return [shape, KINDS[kind], *middles, *reached, ratio, f"≤ {RATIO}", verdict(ratio.middle <= RATIO)]


def growth_row(what: str, found: list[dict[str, float]]) -> list[object]:
    flat = all(found[0][name] == found[-1][name] for name in COUNTS[:2])
    mib = [f"{counts['JSHeapUsedSize'] / 2**20:.2f}" for counts in found]
    counted = [" → ".join(str(int(counts[name])) for counts in found) for name in COUNTS[:2]]
    return [what, *counted, " → ".join(mib), verdict(flat)]


def size_row(name: str, size: int) -> list[object]:
    if name.endswith(".worker"):  # loaded on a click, by its own budget
        return [f"{name}.js", f"{size / 1e3:.1f}", "", ""]
    most = HOST_KB if name == "host" else WIDGET_KB
    return [f"{name}.js", f"{size / 1e3:.1f}", f"≤ {most}", verdict(size <= 1e3 * most)]


def measure() -> dict[str, Any]:
    load = os.getloadavg()[0]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        place = Path(folder)
        updates = []
        for shape in SHAPES:
            for kind in KINDS:
                explorer = Explorer(
                    browser, place, params(*shape)
                )  # one drag would leave another state behind
                updates.append((shape, kind, rounds(explorer, kind, shape[2])))
                explorer.page.close()
        longest = Explorer(browser, place, params(LONGEST, 128, 16))
        keys = keystrokes(longest)
        longest.page.close()
        small = Explorer(browser, place, params(*SHAPES[0]))
        interactions = growth(small, "interact", INTERACTIONS)
        mounts = growth(small, "mount", MOUNTS)
        version = browser.version
        browser.close()
    return {"chromium": version, "updates": updates, "keys": keys, "interactions": interactions,
            "mounts": mounts, "sizes": sizes(), "load": load}  # fmt: skip


def run() -> Report:
    found = measure()
    keys = percentile_95(found["keys"])
    grown = [
        growth_row(f"{INTERACTIONS} interactions", found["interactions"]),
        growth_row(f"{MOUNTS} mounts and unmounts", found["mounts"]),
    ]
    text = f"""
Chromium {found["chromium"]}, headless, without a GPU: canvases are filled on the main thread. HeadExplorer
with random weights, 1100 × 900 px. Times are CPU time of all tasks on the main thread, from the input event
to the end of the frame that draws it. Pictures out of view are put off until the hand rests: a column of its
own. "Bare" is `core.compute` on parameters of its own and `putImageData` of ready pixels on the canvases that
the widget painted in its last update. Both take turns in one page, {ROUNDS} rounds; the ratio is taken within
a round, after an idle frame is taken off both. Load of the machine at the start: {found["load"]:.1f}.

{table(HEAD, [update_row(*row) for row in found["updates"]])}

At T = {LONGEST}, d_model = 128, h = 16, {KEYS} keys 60 ms apart: from key press to painted letter, median
{statistics.median(found["keys"]):.0f} ms, p95 {keys:.0f} ms (Event Timing, wall clock; to reach:
≤ {KEY_MS} ms, {verdict(keys <= KEY_MS)}).

### What stays behind

Before, half-way and after, garbage collected. "Flat": no more nodes and no more listeners.

{table(["", "DOM nodes", "listeners", "heap, MiB", "flat"], grown)}

### Size of the page's scripts, gzipped

{table(["script", "kB", "to reach", "reached"], [size_row(*item) for item in found["sizes"].items()])}
"""
    return Report("Updates in the page", text, found)
