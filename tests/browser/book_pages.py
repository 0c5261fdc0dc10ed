"""The pages of the built book, each as a reader has it who has scrolled through: all widgets mounted."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from book.api import PAGES as REFERENCE_OF
from book.build import BOOK
from tests.browser.explorer import FRAME

STEP = f"scrollBy(0, 0.8 * innerHeight), {FRAME}"
AT_THE_END = "Math.ceil(scrollY + innerHeight) >= document.documentElement.scrollHeight"
# Sums up how far things jump, from the page's first paint on.
WATCH_SHIFTS = """() => {
  globalThis.shifted = 0;
  new PerformanceObserver(list => { for (const { value } of list.getEntries()) shifted += value })
    .observe({ type: "layout-shift", buffered: true });
}"""
MADE = ["sources.html", "404.html"]  # by the theme, from no chapter
REFERENCE = [f"{name.replace('_', '-').replace('.', '-')}.html" for name in REFERENCE_OF]  # from docstrings


def chapters() -> list[str]:
    """The files of the chapters, in the order of the contents: `index.html` is the first."""
    contents = (BOOK / "myst.yml").read_text(encoding="utf-8").partition("toc:")[2]
    return [f"{name}.html" for name in re.findall(r"- file: ([\w-]+)\.md", contents)]


PAGES = [*chapters(), *REFERENCE, *MADE]


def scroll_through(page: Page) -> None:
    """Read the page to its end, a screen at a time; every widget on the way is then ready."""
    while not page.evaluate(AT_THE_END):
        page.evaluate(STEP)
    for widget in page.locator("[data-widget]").all():
        expect(widget).to_have_attribute("data-state", "ready")
    page.evaluate("scrollTo(0, 0)")
