"""What a page loads for each widget, in bytes: what is larger comes when a reader asks for it."""

from __future__ import annotations

import gzip

import pytest

from mha_lessons import widgets
from mha_lessons.widgets.bundle import STATIC

HOST, WIDGET, STYLE, WORKER = 40_000, 20_000, 6_000, 130_000  # bytes, gzipped
NAMES = [getattr(widgets, name).page_name for name in widgets.__all__]


def gzipped(name: str) -> int:
    return len(gzip.compress((STATIC / name).read_bytes()))


@pytest.mark.parametrize("name", NAMES)
def test_the_script_and_the_style_of_a_widget_are_small(name: str) -> None:
    assert gzipped(f"page/{name}.js") <= WIDGET
    assert gzipped(f"{name}.css") <= STYLE


def test_what_all_widgets_share_comes_once_and_a_worker_only_when_it_is_wanted() -> None:
    assert gzipped("page/host.js") <= HOST
    scripts = {path.name for path in (STATIC / "page").glob("*.js")}
    workers = {name for name in scripts if name.endswith(".worker.js")}
    assert scripts - workers == {"host.js", *(f"{name}.js" for name in NAMES)}
    assert all(gzipped(f"page/{name}") <= WORKER for name in workers)
