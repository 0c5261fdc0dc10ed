"""A page with one widget, or several of a kind, from file:// and under the book's content policy."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from mha_lessons.widgets.bundle import STATIC

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


def ready(page: Page) -> Locator:
    """The page's widget, once it shows numbers."""
    widget = page.locator("[data-widget]").first
    expect(widget).to_have_attribute("data-state", "ready")
    return widget


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
