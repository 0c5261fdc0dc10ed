"""The same drag in JupyterLab: HeadExplorer beside `ipywidgets.interact`, from key press to painted."""

from __future__ import annotations

import json
import os
import re
import statistics
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, expect, sync_playwright

from tests.benchmarks.paired import Report, Spread, table
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.lab.conftest import written
from tests.lab.notebook import Notebook
from tests.lab.server import LabServer

SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
CONTENDERS = Path(__file__).with_name("lab_contenders.py")
CELLS = dict(re.findall(r"# %% (\w+)\n(.*?)(?=# %%|\Z)", CONTENDERS.read_text(encoding="utf-8"), re.DOTALL))
WORDS = [12, 32, 64]
ROUNDS, WARM_UP = 18, 6
REST = 400  # ms between two presses: longer than what any of them puts off
# From 5 heads to 8 and back: two rows of four pictures throughout.
DRAG = [*(("ArrowRight", count) for count in (6, 7, 8)), *(("ArrowLeft", count) for count in (7, 6, 5))]
LIMITS = {"usual": 5, "tuned": 2}
"""So many times faster the widget should be, at least."""

EXPLORER = """from mha_lessons.widgets import HeadExplorer
SENTENCE = " ".join(f"token{{i}}" for i in range({words}))
explorer = HeadExplorer(text=SENTENCE, num_heads=5, d_model=64, d_head=16, source="random")
explorer"""
HEAD = [
    *("words", "contender", "key to painted, ms (quartiles)", "times as long", "within a round (quartiles)"),
    *("to reach", "reached"),
]


class Contender:
    """One notebook whose slider moves the head count."""

    def __init__(self, browser: Browser, lab: LabServer, name: str, cells: list[str]) -> None:
        (lab.folder / f"{name}.ipynb").write_text(json.dumps(written(cells)))
        self.kind = "canvases" if name.startswith("explorer") else "images"
        self.notebook = Notebook(browser, lab, f"{name}.ipynb")
        self.notebook.run_all()
        self.page = self.notebook.page
        self.area = self._area(len(cells) - 1)
        slider = "[name=num_heads]" if self.kind == "canvases" else ".noUi-handle"
        self.slider = self.notebook.output(len(cells) - 1).locator(slider)
        self.area.scroll_into_view_if_needed()
        self.slider.evaluate("slider => slider.focus()")
        self.page.evaluate(f"globalThis.bench = {SCRIPT}; undefined")

    def _area(self, cell: int) -> Locator:
        output = self.notebook.output(cell)
        if self.kind == "images":
            expect(output.locator("img")).to_be_visible()
            return output
        expect(output.locator("[data-widget]")).to_have_attribute("data-state", "ready")
        return output.locator(".mha-heads").first

    def press_ms(self, key: str, num_heads: int) -> float:
        """Milliseconds from the key press to the frame that shows the new picture."""
        self.area.evaluate("(area, kind) => bench.watch(area, kind)", self.kind)
        self.page.keyboard.press(key)
        taken: float = self.page.evaluate("bench.painted")
        self.page.wait_for_timeout(REST)
        if self.heads_shown() != num_heads:
            raise RuntimeError(f"{num_heads} heads were asked for, {self.heads_shown()} are shown")
        return taken

    def heads_shown(self) -> int:
        if self.kind == "canvases":
            return self.area.locator(".mha-tile:visible").count()
        return int(float(self.slider.get_attribute("aria-valuenow") or 0))


def drag(browser: Browser, lab: LabServer, words: int) -> dict[str, list[float]]:
    """Milliseconds of each contender, a press a round, in turns."""
    explorer = Contender(browser, lab, f"explorer-{words}", [EXPLORER.format(words=words)])
    box = explorer.area.bounding_box()
    assert box
    sizes = f"WORDS, WIDTH, HEIGHT = {words}, {box['width']:.0f}, {box['height']:.0f}\n"
    contenders = {"explorer": explorer} | {
        name: Contender(browser, lab, f"{name}-{words}", [sizes + CELLS["first"], CELLS[name]])
        for name in LIMITS
    }
    ms: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(WARM_UP + ROUNDS):
        key, num_heads = DRAG[number % len(DRAG)]
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            taken = contenders[name].press_ms(key, num_heads)
            if number >= WARM_UP:
                ms[name].append(taken)
    for contender in contenders.values():
        contender.notebook.close()
    return ms


def rows(words: int, ms: dict[str, list[float]]) -> list[list[object]]:
    """A row a contender; the ratio is taken within a round."""
    ours = ms["explorer"]
    found: list[list[object]] = []
    for name, taken in ms.items():
        spread = Spread.of(taken)
        row = [words, name, f"{spread.middle:.0f} ({spread.low:.0f}–{spread.high:.0f})"]
        if name in LIMITS:
            ratio = Spread.of([theirs / own for theirs, own in zip(taken, ours, strict=True)])
            medians = statistics.median(taken) / statistics.median(ours)
            reached = "yes" if medians >= LIMITS[name] else "**no**"
            found.append([*row, f"{medians:.1f}", ratio, f"≥ {LIMITS[name]}", reached])
        else:
            found.append([*row, "", "", "", ""])
    return found


def measure() -> dict[str, Any]:
    if find_spec("matplotlib") is None:
        raise SystemExit("this benchmark compares with matplotlib: pip install matplotlib")
    import matplotlib

    load = os.getloadavg()[0]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        lab = LabServer(Path(folder))
        try:
            drags = [(words, drag(browser, lab, words)) for words in WORDS]
            return {
                "chromium": browser.version,
                "matplotlib": matplotlib.__version__,
                "load": load,
                "drags": drags,
            }
        finally:
            browser.close()
            lab.stop()


def run() -> Report:
    found = measure()
    lines = [row for words, ms in found["drags"] for row in rows(words, ms)]
    cells = "\n\n".join(f"```python\n{CELLS[name].strip()}\n```" for name in ("first", *LIMITS))
    text = f"""
Chromium {found["chromium"]}, headless, 1300 × 1000 px, JupyterLab with torch in the kernel, matplotlib
{found["matplotlib"]}. Each contender has a notebook and a kernel of its own. The slider of the head count is
moved by arrow keys from 5 to 8 heads and back, d_head = 16, d_model = 64, the contenders in turns, {ROUNDS}
rounds after {WARM_UP} to warm up, {REST} ms of rest after each press. A time runs from the key press (the
event's time stamp) to the second animation frame after the new picture is there: for HeadExplorer after the
heads' cells are put on their canvases, for matplotlib after the new image is decoded. Wall clock; load of
the machine at the start {found["load"]:.1f}. The figures of matplotlib are as large as the heads' part of
HeadExplorer, which draws words on the axes, lines, vectors and outputs besides. "Times as long" is the ratio
of the medians.

{table(HEAD, lines)}

The cells that matplotlib runs, after a line that sets WORDS, WIDTH and HEIGHT:

{cells}
"""
    return Report("The same drag in JupyterLab, beside ipywidgets.interact and matplotlib", text, found)
