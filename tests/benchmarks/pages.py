"""What a page of the book weighs before any click, how far it jumps, and how long the book takes to build.

All of it on a copy of the book in a folder of its own.
"""

import gzip
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Response, sync_playwright

from book.build import BOOK, build
from tests.benchmarks.paired import Report, Spread, table
from tests.browser.book_pages import PAGES, WATCH_SHIFTS, chapters, scroll_through
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.local_server import served

CLEAN_BUILDS, EDITS = 3, 5
BYTES, SHIFT, CLEAN_S, EDIT_S = 250_000, 0.02, 120, 15  # budgets
KINDS = {"document": "HTML", "stylesheet": "CSS", "script": "scripts", "font": "fonts"}
WIDTHS = (390, 1280)


def run() -> Report:
    """Build the book a few times, read its pages in Chromium, and report both."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        source, site = Path(folder) / "book", Path(folder) / "html"
        shutil.copytree(BOOK, source, ignore=shutil.ignore_patterns("_build", "__pycache__"))
        clean = [clean_build(source, site) for _ in range(CLEAN_BUILDS)]
        edited = [edited_build(source, site, chapters()[i % len(chapters())]) for i in range(EDITS)]
        pages = {name: {**weight, "shift": shift} for name, weight, shift in read_pages(site)}
    numbers = {"load": load, "clean_s": clean, "edited_s": edited, "pages": pages}
    return Report("Pages: weight, jumps, and time to build", text(numbers), numbers)


def clean_build(source: Path, site: Path) -> float:
    """Seconds to execute and draw the whole book, with nothing kept from before."""
    shutil.rmtree(source / "_build", ignore_errors=True)
    return _seconds(source, site)


def edited_build(source: Path, site: Path, page: str) -> float:
    """Seconds until a new sentence at the end of a chapter is on its page."""
    chapter = source / page.replace(".html", ".md")
    sentence = f"Edited at {time.monotonic_ns()}."
    chapter.write_text(f"{chapter.read_text(encoding='utf-8')}\n{sentence}\n", encoding="utf-8")
    seconds = _seconds(source, site)
    if sentence not in (site / page).read_text(encoding="utf-8"):
        raise RuntimeError(f"the build did not bring the edit onto {page}")
    return seconds


def _seconds(source: Path, site: Path) -> float:
    started = time.perf_counter()
    build(source, site)
    return time.perf_counter() - started


def read_pages(site: Path) -> Iterator[tuple[str, Counter[str], float]]:
    """Each page's name, its gzipped bytes by kind, and its layout shift at the worse of two widths."""
    with sync_playwright() as playwright, served(site) as root:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        for name in PAGES:
            read = [_read(chromium, root + name, width) for width in WIDTHS]
            yield (
                name,
                max((weight for weight, _ in read), key=Counter.total),
                max(shift for _, shift in read),
            )
        chromium.close()


def _read(chromium: Browser, address: str, width: int) -> tuple[Counter[str], float]:
    """Read a page to its end, as a reader does who clicks nothing; an empty cache at the start."""
    context = chromium.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(address)
    page.evaluate(WATCH_SHIFTS)
    scroll_through(page)
    page.wait_for_load_state("networkidle")  # fonts that the last screen asked for
    weight: Counter[str] = Counter()
    for response in responses:
        kind = KINDS.get(response.request.resource_type, "other")
        weight[kind] += len(gzip.compress(response.body()))
    shift = float(page.evaluate("shifted"))
    context.close()
    return weight, shift


def text(numbers: dict[str, Any]) -> str:
    """The two tables, with their budgets and whether they are kept."""
    kinds = [*KINDS.values(), "other"]
    rows = []
    for name, found in numbers["pages"].items():
        weight = sum(found.get(kind, 0) for kind in kinds)
        cells = [f"{found.get(kind, 0) / 1000:.1f}" for kind in kinds]
        kept = [_kept(weight, BYTES), f"{found['shift']:.4f}", _kept(found["shift"], SHIFT)]
        rows.append([name, *cells, f"**{weight / 1000:.1f}**", *kept])
    builds = [
        [
            name,
            len(seconds),
            str(Spread.of(seconds)),
            f"{max(seconds):.1f}",
            budget,
            _kept(max(seconds), budget),
        ]
        for name, seconds, budget in [
            ("clean, every cell executed", numbers["clean_s"], CLEAN_S),
            ("after a new sentence in one chapter", numbers["edited_s"], EDIT_S),
        ]
    ]
    return f"""
kB (1000 bytes), each file gzipped, of all that Chromium asks for while a page is read to its end and nothing
is clicked: every widget is mounted then, and the search index is not loaded. Budgets: {BYTES / 1000:g} kB and
a layout shift (CLS) below {SHIFT}, the worse of {WIDTHS[0]} and {WIDTHS[1]} px.

{table(["page", *kinds, "all", "within 250 kB", "CLS", "below 0.02"], rows)}

Seconds of the clock for the book, with a load of {numbers["load"]:.1f} on the machine at the start:
median (quartiles), and the slowest.

{table(["build", "times", "s", "slowest", "budget", "kept"], builds)}
"""


def _kept(value: float, budget: float) -> str:
    return "yes" if value <= budget else "**no**"
