"""The address of a widget's state, made in Python, is what the page reads."""

from __future__ import annotations

from pathlib import Path

import ipywidgets
import pytest
import torch
from playwright.sync_api import Browser, expect

from mha_lessons import widgets
from mha_lessons.widgets import CostMeter, HeadExplorer, HeadSum, SelfCheck
from mha_lessons.widgets.links import fragment

BOOK = Path(__file__).parents[1] / "book"


def test_only_what_differs_from_a_new_widget_goes_into_the_link() -> None:
    assert fragment(HeadSum(engine="page"), 2) == "#head_sum-2?"
    assert fragment(HeadExplorer(num_heads=8, group="a", engine="page")) == "#head_explorer-1?num_heads=8"


def test_the_page_opens_a_link_made_in_python_in_its_state(built_site: Path, browser: Browser) -> None:
    page = browser.new_page()
    state = HeadExplorer(
        text="one two & three", num_heads=2, causal=True, seed=5, source="random", engine="page"
    )
    page.goto(f"{built_site.as_uri()}/gallery.html{fragment(state)}")
    widget = page.locator("[data-widget=head_explorer]").first
    expect(widget).to_have_attribute("data-state", "ready")
    assert widget.locator("[name=text]").input_value() == "one two & three"
    assert widget.locator("[name=num_heads]").input_value() == "2"
    assert widget.locator("[name=causal]").is_checked()
    assert widget.locator("[name=seed]").input_value() == "5"
    page.close()


def test_lists_flags_and_nothing_are_written_as_the_page_reads_them() -> None:
    assert fragment(HeadSum(gates=[1, 0.5], engine="page")).endswith("gates=1.0+0.5")
    assert "d_head=16" in fragment(CostMeter(d_head=16, engine="page"))


def test_what_only_the_author_of_a_page_may_set_goes_into_no_link() -> None:
    check = SelfCheck(question="Is it?", chosen="1", engine="page")
    assert fragment(check) == "#self_check-1?"
    handed_in = HeadExplorer.from_attentions(torch.eye(2)[None], ["a", "b"], head=1, engine="page")
    assert fragment(handed_in) == "#head_explorer-1?head=1"


def test_a_link_leaves_no_widget_behind() -> None:
    shown = HeadSum(gates=[0.5], engine="page")
    before = set(ipywidgets.widgets.widget._instances)
    fragment(shown)
    assert set(ipywidgets.widgets.widget._instances) == before


@pytest.mark.parametrize("name", widgets.__all__)
def test_the_gallery_shows_every_widget_with_its_call(name: str) -> None:
    text = (BOOK / "gallery.md").read_text(encoding="utf-8")
    assert f"## {name}: " in text
    assert f"\n{name}(" in text
