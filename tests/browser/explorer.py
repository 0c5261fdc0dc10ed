"""Read what HeadExplorer shows: its pictures as pixels, its numbers as arrays."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Locator, Page, expect

PLACES = 3
"""Decimals in the tables, which their captions state."""

CLOSE = 0.5 * 10**-PLACES + 2e-5
"""Rounding in the table, and float32."""

PIXELS = (
    """canvas => Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)"""
)

CELLS = "table => [...table.tBodies[0].rows].map(r => [...r.cells].slice(1).map(cell => cell.textContent))"


def explorer(page: Page) -> Locator:
    """The first explorer of a page, once it is ready."""
    widget = page.locator('[data-widget="head_explorer"]').first
    widget.scroll_into_view_if_needed()
    expect(widget).to_have_attribute("data-state", "ready")
    return widget


def patterns(widget: Locator) -> list[list[int]]:
    """The pixels of every head's heat map that is shown."""
    maps = widget.locator(".mha-heads button:visible .mha-cells")
    return [maps.nth(i).evaluate(PIXELS) for i in range(maps.count())]


def show_numbers(widget: Locator) -> None:
    """Open the tables."""
    button = widget.locator('[data-action="show-numbers"]')
    if button.get_attribute("aria-expanded") == "false":
        button.click()


def numbers(widget: Locator, caption: str) -> np.ndarray:
    """The table whose caption starts so, as an array."""
    rows = widget.locator(".mha-numbers table").filter(has_text=caption).first.evaluate(CELLS)
    return np.array([[float(cell.replace("−", "-").replace("∞", "inf")) for cell in row] for row in rows])


FRAME = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""What is asked for in a frame is drawn in the next one at the latest."""

COUNT_PUT_OFF = """(() => {
  const waiting = new Set(), { setTimeout: begin, clearTimeout: end } = window;
  window.setTimeout = (call, ms = 0, ...rest) => {
    const id = begin(() => { waiting.delete(id); call(...rest); }, ms);
    if (ms <= 200) waiting.add(id);
    return id;
  };
  window.clearTimeout = id => { waiting.delete(id); end(id); };
  window.putOff = () => waiting.size;
})()"""
"""Run before a page's own scripts: from then on `putOff()` counts the short timers that have not gone off."""


def next_frame(page: Page) -> None:
    """Wait until what was asked for in this frame has been drawn.

    On a busy machine a widget computes after a pause, and what is out of sight is drawn once the hand rests:
    the page has to count what it puts off, as those of `Watched` do.
    """
    page.evaluate(f"async () => {{ do await {FRAME}; while (globalThis.putOff?.()); }}")
