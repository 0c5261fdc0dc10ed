"""A page with one widget, or several of a kind, from file:// and under the book's content policy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from playwright.sync_api import Locator, Page, expect

from mha_lessons.widgets.bundle import STATIC
from tests.browser.explorer import CELLS

if TYPE_CHECKING:
    from tests.browser.conftest import Watched

POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:"
)


def widget_page(folder: Path, name: str, *traits: dict[str, Any]) -> str:
    """Address of a page in `folder` with the widget `name`, once for each of `traits`, else as in Python."""
    from mha_lessons import widgets

    made = getattr(widgets, "".join(part.title() for part in name.split("_")))(engine="page")
    states = [made.page_state() | own for own in traits or ({},)]
    made.close()
    places = "".join(
        f'<div data-widget="{name}" data-state="loading" data-traits="{escape(json.dumps(state))}"></div>'
        for state in states
    )
    if not (folder / "static").exists():
        (folder / "static").symlink_to(STATIC)
    page = folder / f"{name}.html"
    page.write_text(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Widget</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="static/{name}.css"><script defer src="static/page/host.js"></script>'
        f'<script defer src="static/page/{name}.js"></script></head><body>'
        f"<main>{places}</main></body></html>",
        encoding="utf-8",
    )
    return page.as_uri()


def apart(folder: Path, name: str) -> None:
    """Move the scripts of a page to a folder of their own: what they load later is missing there."""
    alone = folder / "alone"
    alone.mkdir()
    page = folder / f"{name}.html"
    text = page.read_text(encoding="utf-8")
    for script in ("host.js", f"{name}.js"):
        (alone / script).write_bytes((STATIC / "page" / script).read_bytes())
        text = text.replace(f"static/page/{script}", f"alone/{script}")
    page.write_text(text, encoding="utf-8")


def ready(page: Page) -> Locator:
    """The page's widget, once it shows numbers."""
    widget = page.locator("[data-widget]").first
    expect(widget).to_have_attribute("data-state", "ready")
    return widget


def open_widget(
    watched: Watched, folder: Path, name: str, *, width: int = 1100, scheme: str = "light", **traits: Any
) -> tuple[Page, Locator]:
    """A page with one widget, and the widget once it shows numbers; other traits are as in Python."""
    page = watched.open(widget_page(folder, name, traits), width=width, scheme=scheme)
    return page, ready(page)


def table(widget: Locator, caption: str) -> list[list[str]]:
    """The cells of the open table whose caption contains so."""
    found = widget.locator(".mha-numbers table").filter(has_text=caption).first
    return [[cell.replace("−", "-") for cell in row] for row in found.evaluate(CELLS)]


SVG = "{http://www.w3.org/2000/svg}"


def saved_svg(page: Page, widget: Locator) -> ElementTree.Element:
    """The picture that the reader saves, parsed."""
    with page.expect_download() as download:
        widget.locator('[data-action="save-svg"]').click()
    return ElementTree.parse(download.value.path()).getroot()


def svg_texts(svg: ElementTree.Element) -> set[str]:
    """Every text of a saved picture."""
    return {text.text or "" for text in svg.iter(f"{SVG}text")}


COVERED = """svg => {
  const drawn = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  document.body.append(drawn);
  const texts = [...drawn.querySelectorAll("text")]
    .map(one => [one.textContent, one.getBoundingClientRect()]);
  drawn.remove();
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;  // a line is higher than its letters
  return texts.flatMap(([words, box], i) => texts.slice(0, i).filter(([, other]) => meet(box, other))
    .map(([others]) => `${words} over ${others}`));
}"""


def covered(page: Page, svg: ElementTree.Element) -> list[str]:
    """Which texts of a saved picture lie over others."""
    found: list[str] = page.evaluate(COVERED, ElementTree.tostring(svg, encoding="unicode"))
    return found


LEAVE = "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))"
"""What the browser says to a page that it keeps for "back"; without a window it keeps none."""


def ended(page: Page) -> bool:
    """Whether all workers have ended, a moment later: a browser takes its time."""
    for _ in range(100):
        if not page.workers:
            return True
        page.wait_for_timeout(50)
    return False


END = "--- end of a script ---"


def said_by(scripts: Sequence[str]) -> list[str]:
    """What each of these scripts prints, in one fresh process in which importing this package fails."""
    runner = (
        "import json, sys\nsys.modules['mha_lessons'] = None\n"
        f"for script in json.load(sys.stdin):\n    exec(script, {{}})\n    print({END!r})\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", runner], input=json.dumps(scripts), capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.split(f"{END}\n")[: len(scripts)]


NOTHING = "nothing has been copied yet"


def copied(page: Page, widget: Locator, action: str) -> str:
    """What a copy button put on the clipboard, read as a reader would: by pasting."""
    page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), {id: 'paste'}))")
    paste = page.locator("#paste")
    paste.fill(NOTHING)
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+C")
    widget.locator(f'[data-action="{action}"]').click()
    expect(widget.locator(".mha-status")).to_contain_text("copied")
    text = NOTHING
    for _ in range(50):  # all pages of one browser share a clipboard, and it takes a moment
        paste.fill("")
        page.keyboard.press("Control+V")
        text = paste.input_value()
        if text not in ("", NOTHING):
            break
        page.wait_for_timeout(50)
    assert text not in ("", NOTHING), "nothing was copied"
    paste.evaluate("area => area.remove()")
    return text
