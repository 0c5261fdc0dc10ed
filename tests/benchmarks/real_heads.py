"""RealHeads beside BertViz and CircuitsVis: page bytes, first drawing, changes of head and layer."""

from __future__ import annotations

import gzip
import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright
from playwright.sync_api import Error as BrowserError

from tests.benchmarks.paired import Report, Spread, table
from tests.benchmarks.real_heads_contenders import (
    DRAWN,
    bertviz,
    errors,
    page_bytes,
    pages,
    random_attention,
)
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.widget_page import widget_page

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
SEQ = {64: 3, 128: 2}
"""Lengths of the text, and rounds of each."""
OURS = "RealHeads"
SCREEN: ViewportSize = {"width": 1100, "height": 900}
CHANGES, SLOW_MS = 3, 5000
"""Changes of each kind in a round, and how slow one may be to be made more than once."""
LONG = (512, 1024)
PATIENCE = 90
"""Seconds for a page to draw, or for one change."""
REACH = {"bytes": 15, "load": 10, "head": 20, "layer": 20}
"""So many times less than the other, at least."""
NODES, LONG_MS = 1000, 100


class Opened:
    """One contender's page, and what the main thread has done for it."""

    def __init__(self, context: BrowserContext, name: str, address: str) -> None:
        self.name = name
        self.page: Page = context.new_page()
        self.page.set_default_timeout(1000 * PATIENCE)
        self.devtools = self.page.context.new_cdp_session(self.page)
        # The thread's own clock stands still while another process has the core.
        self.devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        self.page.goto(address, wait_until="commit")
        drawn = f"() => ({DRAWN[name]}) && performance.now()"
        self.load_wall = float(self.page.wait_for_function(drawn).json_value())
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        self.load_cpu = self.cpu()
        self.page.evaluate(f"globalThis.bench = {SCRIPT}; undefined")

    def cpu(self) -> float:
        """Milliseconds of all tasks so far."""
        found = {
            each["name"]: each["value"] for each in self.devtools.send("Performance.getMetrics")["metrics"]
        }
        return 1e3 * float(found["TaskDuration"])

    def change(self, kind: str, i: int) -> dict[str, float]:
        """Show another head or layer: ms of the main thread, less those of an idle wait; and of the clock."""
        start = self.cpu()
        self.page.evaluate("bench.idle()")
        idle = self.cpu() - start
        start = self.cpu()
        wall = self.page.evaluate("([...asked]) => bench.change(...asked)", [self.name, kind, i])
        return {"cpu": max(0.1, self.cpu() - start - idle), "wall": float(wall)}

    def can(self, kind: str) -> bool:
        return bool(self.page.evaluate("([...asked]) => bench.can(...asked)", [self.name, kind]))

    def nodes(self) -> int:
        return int(self.page.evaluate("bench.nodes()"))


def one_round(browser: Browser, name: str, address: str, number: int) -> dict[str, Any]:
    """Open a page, change its head and its layer a few times, and count its nodes."""
    context = browser.new_context(viewport=SCREEN)
    try:
        opened = Opened(context, name, address)
        found: dict[str, Any] = {"load_cpu": opened.load_cpu, "load_wall": opened.load_wall}
        for kind in ("head", "layer"):
            if opened.can(kind):
                warm_up = opened.change(kind, 11)
                times = 1 if warm_up["wall"] > SLOW_MS else CHANGES
                took = [opened.change(kind, 1 + (number + i) % 10) for i in range(times)]
                for clock in ("cpu", "wall"):
                    found[f"{kind}_{clock}"] = statistics.median(each[clock] for each in took)
        found["nodes"] = opened.nodes()
    except BrowserError as error:
        return {"failed": str(error).split("\n")[0][:120]}
    finally:
        context.close()
    return found


def compare(browser: Browser, folder: Path, seq: int) -> dict[str, list[dict[str, Any]]]:
    """Rounds of every contender, in turns; who fails once is left alone."""
    addresses = pages(folder, seq)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in addresses}
    names = list(addresses)
    for number in range(SEQ[seq]):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            if not any("failed" in each for each in found[name]):
                found[name].append(one_round(browser, name, addresses[name].as_uri(), number))
    return found


def sizes(folder: Path, seq: int) -> dict[str, dict[str, int]]:
    """Bytes of each page with all it loads, as they are and gzipped; and of BertViz without rounding."""
    files = {name: page_bytes(page) for name, page in pages(folder, seq).items()}
    attn, tokens = random_attention(seq)
    for view in ("head_view", "model_view"):
        name = f"BertViz {view.replace('_', ' ')}"
        files[f"{name}, not rounded"] = [bertviz(view, attn, tokens, None).encode(), *files[name][1:]]
    return {
        name: {"raw": sum(map(len, parts)), "gzip": sum(len(gzip.compress(part, 6)) for part in parts)}
        for name, parts in files.items()
    }


def long_texts(browser: Browser, folder: Path) -> list[dict[str, Any]]:
    """RealHeads alone on texts that the others cannot draw: bytes as a kernel sends them."""
    found = []
    for seq in LONG:
        context = browser.new_context(viewport=SCREEN)
        opened = Opened(context, OURS, widget_page(folder, "real_heads"))
        mounted = float(opened.page.evaluate("seq => bench.mount(seq)", seq))
        row: dict[str, Any] = {"seq": seq, "mount": mounted}
        for view in ("lines", "matrix"):
            opened.page.locator("[name=view]").select_option(view)
            for kind in ("head", "layer"):
                took = [opened.change(kind, 1 + i) for i in range(8)][2:]
                row[f"{view} {kind}"] = {clock: [each[clock] for each in took] for clock in ("cpu", "wall")}
        row["nodes"] = opened.nodes()
        found.append(row)
        context.close()
    return found


def measure() -> dict[str, Any]:
    load = os.getloadavg()[0]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        folder = Path(place)
        rounds = {seq: compare(browser, folder, seq) for seq in SEQ}
        weight = {seq: sizes(folder, seq) for seq in SEQ}
        precision = {seq: errors(seq) for seq in SEQ}
        long = long_texts(browser, folder)
        version = browser.version
        browser.close()
    return {
        "chromium": version,
        "load": load,
        "rounds": rounds,
        "bytes": weight,
        "errors": precision,
        "long": long,
    }


def verdict(reached: bool) -> str:
    return "yes" if reached else "**no**"


def byte_rows(weight: dict[str, dict[str, int]]) -> list[list[object]]:
    ours = weight[OURS]
    rows: list[list[object]] = []
    for name, found in weight.items():
        ratio = found["raw"] / ours["raw"]
        reached = "" if name == OURS else verdict(ratio >= REACH["bytes"])
        cells = [f"{found[kind] / 1e6:.2f}" for kind in ("raw", "gzip")]
        rows.append([name, *cells, f"{ratio:.1f}", f"{found['gzip'] / ours['gzip']:.1f}", reached])
    return rows


def time_rows(rounds: dict[str, list[dict[str, Any]]], what: str) -> list[list[object]]:
    """Median ms of a contender, its ratio to ours within the rounds, and whether that was to be reached."""
    ours = rounds[OURS]
    rows: list[list[object]] = []
    for name, found in rounds.items():
        if failed := [each["failed"] for each in found if "failed" in each]:
            rows.append([name, what, f"gave up: {failed[0]}", "", "", "", ""])
            continue
        if f"{what}_cpu" not in found[0]:
            continue
        cells = [
            f"{statistics.median(each[f'{what}_{clock}'] for each in found):.0f}" for clock in ("cpu", "wall")
        ]
        ratios: list[object] = ["", ""]
        reached = ""
        if name != OURS:
            spreads = [
                Spread.of(
                    [a[f"{what}_{clock}"] / b[f"{what}_{clock}"] for a, b in zip(found, ours, strict=True)]
                )
                for clock in ("cpu", "wall")
            ]
            ratios = list(spreads)
            reached = verdict(spreads[0].middle >= REACH[what])
        rows.append([name, what, *cells, *ratios, reached])
    return rows


def error_row(found: dict[str, dict[str, float]]) -> str:
    return "; ".join(
        f"{name}: {each['rms']:.5f}, at most {each['largest']:.4f}" for name, each in found.items()
    )


def node_row(rounds: dict[str, list[dict[str, Any]]]) -> str:
    counts = {name: max(each.get("nodes", 0) for each in found) for name, found in rounds.items()}
    return ", ".join(f"{name} {count:,}" for name, count in counts.items() if count)


def long_row(row: dict[str, Any]) -> list[object]:
    cells: list[object] = [row["seq"], f"{row['mount']:.0f}"]
    worst = 0.0
    for view in ("lines", "matrix"):
        for kind in ("head", "layer"):
            took = row[f"{view} {kind}"]
            worst = max(worst, statistics.median(took["cpu"]))
            cells.append(" / ".join(f"{statistics.median(took[clock]):.0f}" for clock in ("cpu", "wall")))
    reached = verdict(worst < LONG_MS and row["nodes"] < NODES) if row["seq"] == LONG[0] else "answers"
    return [*cells, row["nodes"], reached]


def run() -> Report:
    found = measure()
    parts = []
    for seq in SEQ:
        rounds = found["rounds"][seq]
        times = [row for what in ("load", "head", "layer") for row in time_rows(rounds, what)]
        parts.append(f"""
### T = {seq}

{table(["page", "MB", "MB gzipped", "times ours", "gzipped, times ours", f"≥ {REACH['bytes']}"], byte_rows(found["bytes"][seq]))}

{table(["page", "what", "CPU, ms", "clock, ms", "CPU, times ours (quartiles)", "clock, times ours (quartiles)", "reached"], times)}

Error of a weight, root of the mean square: {error_row(found["errors"][seq])}.

DOM nodes of the page at the end: {node_row(rounds)}.
""")  # noqa: E501 - the heads of the tables
    missing = (
        "" if "CircuitsVis" in found["rounds"][64] else "CircuitsVis is not installed: it was not measured. "
    )
    text = f"""
Chromium {found["chromium"]}, headless, 1100 × 900 px, pages from file://, no network, {list(SEQ.values())} rounds
in turns, ratios within a round. 12 × 12 heads of random attention, at the same precision: three decimals in
BertViz and CircuitsVis, a byte (255 √w, deflated in the page) in RealHeads. BertViz is what its package writes, with its libraries read from
beside the page; CircuitsVis is one picture of all 144 heads with the bundle of its package. {missing}"load" is
from the navigation to the first drawing, to be {REACH["load"]} times shorter; "head" shows or hides a head or
shows another one, "layer" goes to another layer where there is such a choice, both to be {REACH["head"]} times
shorter. CPU is all tasks of the main thread, until half a second after a change, less an idle wait; clock is
until the frame of the change is over. What took more than {PATIENCE} s was given up.
Load of the machine at the start: {found["load"]:.1f}.
{"".join(parts)}
### Long texts, RealHeads alone

12 × 12 heads mounted from bytes, as a kernel sends them. A change: CPU / clock in ms, medians.

{table(["T", "mounted, ms", "lines: head", "lines: layer", "matrix: head", "matrix: layer", "DOM nodes", f"< {LONG_MS} ms and < {NODES} nodes"], [long_row(row) for row in found["long"]])}
"""  # noqa: E501 - the head of the table
    return Report("Heads of real models beside BertViz and CircuitsVis", text, json.loads(json.dumps(found)))
