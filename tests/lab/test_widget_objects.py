"""The widgets among other widgets in a real JupyterLab: linked, in boxes, shown twice, closed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.lab.conftest import OpenNotebook
from tests.lab.notebook import Notebook, until

CELLS = [
    "import ipywidgets as w; from mha_lessons.widgets import HeadExplorer, HeadSum",
    "explorer = HeadExplorer(num_heads=4); slider = w.IntSlider(4, min=4, max=8, step=4);"
    "w.link((slider, 'value'), (explorer, 'num_heads'));"
    "say = lambda n: print('heads', n, list(explorer.trace.attn.shape));"
    "said = w.interactive_output(say, {'n': slider});"
    "w.VBox([slider, explorer, said])",
    "w.Tab([HeadExplorer(num_heads=2), HeadSum(num_heads=2)], titles=['one', 'two'])",
    "w.Accordion([HeadExplorer(num_heads=2), HeadSum(num_heads=2)], titles=['first', 'second'])",
    "left = HeadExplorer(num_heads=2); right = HeadExplorer(num_heads=8);"
    "w.jslink((left, 'text'), (right, 'text')); w.HBox([left, right])",
]


@pytest.fixture(scope="module")
def boxes(notebook: OpenNotebook) -> Notebook:
    return notebook("boxes", CELLS)


def mounted(place: Locator, name: str = "head_explorer") -> Locator:
    widget = place.locator(f'[data-widget="{name}"]').first
    widget.scroll_into_view_if_needed()
    expect(widget).to_have_attribute("data-state", "ready", timeout=30_000)
    return widget


def test_in_a_vbox_a_linked_slider_moves_the_widget_and_interactive_output_follows(boxes: Notebook) -> None:
    place = boxes.output(1)
    widget = mounted(place)
    expect(place).to_contain_text("heads 4 [1, 4, 8, 8]")
    place.locator(".noUi-handle").focus()
    boxes.page.keyboard.press("ArrowRight")
    expect(widget.locator(".mha-tile:visible")).to_have_count(8)
    expect(place).to_contain_text("heads 8 [1, 8, 8, 8]")
    widget.locator("[name=num_heads]").fill("4")
    expect(place).to_contain_text("heads 4 [1, 4, 8, 8]")
    expect(place.locator(".widget-readout")).to_have_text("4")


@pytest.mark.parametrize(("cell", "second"), [(2, ".lm-TabBar-tab"), (3, ".jupyter-widget-Collapse-header")])
def test_a_widget_on_a_page_that_opens_later_is_drawn_when_it_is_opened(
    boxes: Notebook, cell: int, second: str
) -> None:
    place = boxes.output(cell)
    if cell == 3:
        place.locator(second).nth(0).click()
    mounted(place)
    place.locator(second).nth(1).click()
    later = mounted(place, "head_sum")
    drawn = later.locator("canvas").evaluate_all(
        "all => all.filter(c => c.offsetParent && c.width > 1).length"
    )
    assert drawn > 0
    assert later.bounding_box()["width"] > 300


def test_jslink_keeps_two_widgets_equal(boxes: Notebook) -> None:
    place = boxes.output(4)
    both = place.locator('[data-widget="head_explorer"]')
    expect(both).to_have_count(2)
    mounted(place).locator("[name=text]").fill("New words here")
    expect(both.nth(1).locator("[name=text]")).to_have_value("New words here")
    until(
        boxes.page, lambda: boxes.kernel.value("right.text") == "New words here", "the kernel to hear of it"
    )


def test_closing_a_widget_frees_its_comms_and_its_memory_and_takes_it_off_the_page(boxes: Notebook) -> None:
    boxes.kernel.run(
        "import gc, weakref; from comm import get_comm_manager\n"
        "comms = lambda: len(get_comm_manager().comms)\n"
        "gc.collect(); before = comms()"
    )
    cell = boxes.add_cell("short = HeadExplorer(); short.layout; display(short, short)")
    views = boxes.output(cell).locator('[data-widget="head_explorer"]')
    expect(views).to_have_count(2)
    assert boxes.kernel.value("comms() - before") == 2, "the widget and its layout, however many views"
    boxes.kernel.run("gone = weakref.ref(short); short.close(); del short; gc.collect()")
    expect(views).to_have_count(0)
    assert boxes.kernel.value("comms() - before") == 0
    assert boxes.kernel.value("gone() is None")
