"""HeadPruner on a page from file://: heads taken out by keys and pointer, retrained, shared, misused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, Worker, expect

from mha_lessons.experiments import Reader, juggling
from mha_lessons.widgets import HeadPruner
from mha_lessons.widgets.bundle import STATIC
from tests.browser.conftest import Watched
from tests.browser.explorer import PIXELS, next_frame, show_numbers
from tests.browser.widget_page import (
    LEAVE,
    SVG,
    apart,
    copied,
    ended,
    open_widget,
    ready,
    said_by,
    saved_svg,
    svg_texts,
    table,
    widget_page,
)

PATIENCE = 60_000  # ms for a retraining on a busy machine
SMALL = "binding_h2_seed0"


def gates(widget: Locator) -> list[str]:
    """What each head's card says of its gate."""
    names = widget.locator(".mha-tile:visible .mha-tile-name").all_inner_texts()
    return [name.split(" · ")[1] for name in names]


def shares(widget: Locator, place: int) -> list[tuple[float, float]]:
    """Look-ups right and all right, as heads go, by the order in this place of the table."""
    rows = table(widget, "as heads go")
    wanted = [row[3 * place + 1 : 3 * place + 3] for row in rows]
    return [(float(right), float(whole)) for right, whole in wanted if right != "–"]


@pytest.mark.parametrize("model", ["juggling_h8_seed0", "near_far_h2_seed0"])
def test_the_curves_and_the_worth_of_heads_are_torch_s(watched: Watched, tmp_path: Path, model: str) -> None:
    _, widget = open_widget(watched, tmp_path, "head_pruner", model=model, by_hand=[1], order="hand")
    show_numbers(widget)
    pruner = HeadPruner(model=model, by_hand=[1], order="hand")
    numbers = pruner.numbers()
    for place, order in enumerate(("gradient", "ablation", "hand")):
        wanted = [pytest.approx(pair, abs=6e-4) for pair in numbers["curves"][order]]
        assert shares(widget, place) == wanted
        last = [row[3 * place] for row in table(widget, "as heads go")][1 : len(wanted)]
        assert last == [f"head {head}" for head in numbers["orders"][order]]
    worth = table(widget, "what each head is worth")
    assert float(worth[0][2]) == pytest.approx(numbers["loss"], rel=0.01)
    assert [float(row[1]) for row in worth[1:]] == pytest.approx(numbers["gradients"].tolist(), rel=0.01)
    assert [float(row[2]) for row in worth[1:]] == pytest.approx(numbers["without"].tolist(), rel=0.01)
    pruner.close()


def test_in_five_seconds_one_sees_how_many_heads_can_go_and_which(watched: Watched, tmp_path: Path) -> None:
    _, widget = open_widget(watched, tmp_path, "head_pruner", gone=5)
    pruner = HeadPruner()
    first, fifth = pruner._pruned().orders["gradient"][:4], pruner._pruned().orders["gradient"][4]
    names = f"{first[0]}, {first[1]}, {first[2]} and {first[3]}"
    verdict = widget.locator(".mha-verdict")
    expect(verdict).to_have_text(
        f"4 heads can go: {names}. Then it breaks: without head {fifth} it falls from > 99 % to 76 %."
    )
    expect(widget.locator(".mha-big")).to_have_text("76 %")
    said = gates(widget)
    assert [said[head] for head in pruner._pruned().orders["gradient"][:5]] == [
        f"off, {place} to go" for place in ("1st", "2nd", "3rd", "4th", "5th")
    ]
    assert said.count("on, next to go") == 1
    pruner.close()


def test_the_slider_takes_heads_out_and_the_pointer_does_so_on_the_curve(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = open_widget(watched, tmp_path, "head_pruner", model=SMALL)
    assert gates(widget).count("on") == 1
    slider = widget.locator("[name=gone]")
    assert slider.get_attribute("max") == "2"
    slider.focus()
    page.keyboard.press("ArrowRight")
    next_frame(page)
    assert sorted(gates(widget)) == ["off, 1st to go", "on, next to go"]
    half = widget.locator(".mha-big").inner_text()
    page.keyboard.press("End")
    next_frame(page)
    assert sorted(gates(widget)) == ["off, 1st to go", "off, 2nd to go"]
    box = widget.locator(".mha-curve canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    next_frame(page)
    assert widget.locator(".mha-big").inner_text() == half
    expect(widget.locator("[name=gone] + output")).to_have_text("1 off, 1 left")


def test_a_press_on_a_head_switches_it_off_by_hand_and_on_again(watched: Watched, tmp_path: Path) -> None:
    page, widget = open_widget(watched, tmp_path, "head_pruner", gone=2)
    off = [i for i, gate in enumerate(gates(widget)) if gate.startswith("off")]
    assert len(off) == 2
    on = gates(widget).index("on")
    card = widget.locator(f".mha-tile[value='{on}']")
    assert card.get_attribute("aria-pressed") == "true"
    card.focus()
    page.keyboard.press("Enter")
    expect(card).to_have_attribute("aria-pressed", "false")
    expect(widget.locator("[name=order]")).to_have_value("hand")
    assert gates(widget)[on] == "off, 3rd to go"
    show_numbers(widget)
    assert len(shares(widget, 2)) == 4
    card.press("Space")
    expect(card).to_have_attribute("aria-pressed", "true")
    widget.locator("[name=gone]").focus()
    page.keyboard.press("Home")
    next_frame(page)
    assert set(gates(widget)) == {"on"}
    expect(widget.locator(".mha-verdict")).to_have_text("No head is off yet: press one to switch it off.")


def test_retraining_in_a_worker_helps_where_enough_heads_are_left(watched: Watched, tmp_path: Path) -> None:
    page, widget = open_widget(watched, tmp_path, "head_pruner", model="juggling_h8_seed0", by_hand=[1, 2, 6])
    widget.locator("[name=order]").select_option("hand")
    next_frame(page)
    before = [widget.locator(".mha-cells").nth(head).evaluate(PIXELS) for head in range(8)]
    start = float(widget.locator(".mha-big").inner_text().split()[0])
    assert start < 80
    widget.locator("button[name=retrain]").focus()
    page.keyboard.press("Enter")
    expect(widget.locator("button[name=retrain]")).to_have_text("Stop retraining")
    state = widget.locator(".mha-state")
    expect(state).to_contain_text(re.compile(r"step \d+ of 100"))
    expect(state).to_contain_text("Retrained for 100 steps", timeout=PATIENCE)
    assert ended(page)
    show_numbers(widget)
    ((steps, right, _),) = table(widget, "after training on")
    assert steps == "100"
    assert float(right) > 0.97, "five heads are enough for four look-ups"
    after = [widget.locator(".mha-cells").nth(head).evaluate(PIXELS) for head in range(8)]
    assert after != before
    widget.locator("[data-action=reset]").click()
    next_frame(page)
    assert widget.locator(".mha-numbers table").count() == 2
    expect(state).to_be_empty()


def test_a_retraining_is_stopped_by_its_button_by_another_model_and_by_leaving(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = open_widget(watched, tmp_path, "head_pruner", model=SMALL, gone=1)
    button, state = widget.locator("button[name=retrain]"), widget.locator(".mha-state")
    button.click()
    expect(state).to_contain_text("step")
    button.click()
    expect(state).to_have_text("Retraining was stopped.")
    button.click()
    expect(state).to_contain_text("step")
    widget.locator("[name=model]").select_option("near_far_h1_seed0")
    expect(button).to_have_text("Retrain all heads on")
    expect(state).to_be_empty()
    assert ended(page)
    button.click()
    expect(state).to_contain_text("step")
    page.evaluate(LEAVE)
    assert ended(page)
    expect(state).to_have_text("Retraining was stopped.")
    widget.locator("[name=order]").select_option("ablation")
    widget.locator("[name=gone]").press("End")
    expect(button).to_have_attribute("aria-disabled", "true")
    button.press("Enter")
    next_frame(page)
    expect(state).to_have_text("Retraining was stopped.")


def test_where_the_page_cannot_retrain_or_load_a_sentence_says_why(watched: Watched, tmp_path: Path) -> None:
    address = widget_page(tmp_path, "head_pruner", {"model": SMALL})
    apart(tmp_path, "head_pruner")
    (tmp_path / "readers").mkdir()
    page = watched.open(address)
    widget = page.locator("[data-widget]")
    expect(widget).to_have_attribute("data-state", "failed")
    alert = widget.locator(".mha-controls > [role=alert]")
    expect(alert).to_have_text(
        "The model “binding, 2 heads” could not be shown: readers/binding_h2_seed0.js is not beside the page."
    )
    script = (STATIC / "readers/near_far_h1_seed0.js").read_bytes()
    (tmp_path / "readers/near_far_h1_seed0.js").write_bytes(script)
    widget.locator("[name=model]").select_option("near_far_h1_seed0")
    expect(widget).to_have_attribute("data-state", "ready")
    expect(alert).to_be_empty()
    widget.locator("button[name=retrain]").click()
    expect(widget.locator(".mha-state")).to_have_text(
        "Retraining did not work here: head_pruner.worker.js is not beside the page."
    )
    watched.errors.clear()  # the browser reports what it did not find


def test_until_the_weights_are_there_the_parts_have_their_room_and_are_not_shown(
    watched: Watched, tmp_path: Path
) -> None:
    _, widget = open_widget(watched, tmp_path, "head_pruner", model=SMALL)
    part = widget.locator(".mha-score")
    room = part.bounding_box()
    widget.evaluate("one => { one.dataset.state = 'loading' }")
    expect(part).to_be_hidden()
    assert part.bounding_box() == room


def test_a_worker_that_does_not_come_is_no_news_for_a_model_chosen_meanwhile(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = open_widget(watched, tmp_path, "head_pruner", model=SMALL, gone=1)
    held: list[Route] = []
    page.route("**/head_pruner.worker.js", lambda route: held.append(route))
    button, state = widget.locator("button[name=retrain]"), widget.locator(".mha-state")
    button.click()
    expect(button).to_have_text("Stop retraining")
    widget.locator("[name=model]").select_option("near_far_h1_seed0")
    expect(button).to_have_text("Retrain all heads on")
    (script,) = held
    with page.expect_event("requestfailed"):
        script.abort()
    next_frame(page)
    expect(state).to_be_empty()
    page.unroute("**/head_pruner.worker.js")
    button.click()
    expect(state).to_contain_text("Retrained for 100 steps", timeout=PATIENCE)
    watched.errors.clear()  # the browser reports the script that did not come


def test_bad_input_gets_one_sentence_and_hostile_links_do_no_harm(watched: Watched, tmp_path: Path) -> None:
    page, widget = open_widget(watched, tmp_path, "head_pruner", model=SMALL, gone=1)
    workers: list[Worker] = []
    page.on("worker", lambda worker: workers.append(worker))
    before = gates(widget)
    message = widget.locator(".mha-controls > .mha-message")
    page.evaluate("location.hash = '#head_pruner-1?order=hand&by_hand=1+1'")
    expect(message).to_contain_text("by_hand should hold heads 0 to 1, each once at most, got [1, 1].")
    page.evaluate("location.hash = '#head_pruner-1?order=gradient&by_hand='")
    expect(message).to_be_empty()
    assert gates(widget) == before
    for fragment in [
        "model=%3Cimg%20src=x%3E&order=__proto__",
        "gone=99&by_hand=1e99+NaN",
        "reader=%7B%22file%22:%22x%22%7D&_command=retrain",
        "x" * 30_000,
    ]:
        page.evaluate("link => { location.hash = link }", f"#head_pruner-1?{fragment}")
        next_frame(page)
        expect(widget).to_have_attribute("data-state", "ready")
    assert widget.locator("img").count() == 0
    assert gates(widget) == before
    assert workers == [], "no link starts work"
    widget.locator("button[name=retrain]").click()
    expect(widget.locator(".mha-state")).to_contain_text("Retrained", timeout=PATIENCE)
    assert len(workers) == 1, "it would have been seen"


def test_a_copied_link_gives_the_same_state_and_reset_leads_back(watched: Watched, tmp_path: Path) -> None:
    page, widget = open_widget(watched, tmp_path, "head_pruner", model="juggling_h1_seed0")
    widget.locator("[name=model]").select_option(SMALL)
    expect(widget.locator(".mha-tile:visible")).to_have_count(2)
    widget.locator(".mha-tile").nth(1).click()
    expect(widget.locator("[name=order]")).to_have_value("hand")
    expect(widget.locator(".mha-tile").nth(1)).to_have_attribute("aria-pressed", "false")
    link = copied(page, widget, "copy-link")
    again = ready(watched.open(link))
    expect(again.locator("[name=model]")).to_have_value(SMALL)
    expect(again.locator(".mha-tile:visible")).to_have_count(2)
    expect(again.locator(".mha-tile").nth(1)).to_have_attribute("aria-pressed", "false")
    widget.locator("[data-action=reset]").click()
    expect(widget.locator("[name=model]")).to_have_value("juggling_h1_seed0")
    expect(widget.locator(".mha-tile:visible")).to_have_count(1)
    expect(widget.locator(".mha-tile").first).to_have_attribute("aria-pressed", "true")


STATES: list[dict[str, Any]] = [
    {"model": "juggling_h8_seed0", "order": "gradient"},
    {"model": "binding_h2_seed0", "order": "ablation"},
    {"model": "near_far_h2_seed0", "order": "hand", "by_hand": [1, 0]},
]


def test_the_copied_code_prints_the_curve_shown_without_this_package(
    watched: Watched, tmp_path: Path
) -> None:
    scripts, wanted = [], []
    for state in STATES:
        page, widget = open_widget(watched, tmp_path, "head_pruner", **state)
        scripts.append(copied(page, widget, "copy-code"))
        show_numbers(widget)
        place = ("gradient", "ablation", "hand").index(state["order"])
        rows = [row[3 * place : 3 * place + 3] for row in table(widget, "as heads go")]
        wanted.append(rows)
        page.close()
    for said, rows in zip(said_by(scripts), wanted, strict=True):
        found = re.findall(r"left \d+ last to go (head \d+|none) right ([\d.]+) all ([\d.]+)", said)
        assert len(found) == len(rows)
        for (last, right, whole), row in zip(found, rows, strict=True):
            assert last.replace("none", "–") == row[0]
            assert [float(right), float(whole)] == pytest.approx([float(row[1]), float(row[2])], abs=1.1e-3)


def test_a_model_handed_in_is_carried_by_the_page_and_pruned_there(watched: Watched, tmp_path: Path) -> None:
    made = HeadPruner.from_reader(Reader(juggling(k=3), 4, seed=2), seed=5)
    wanted = made.numbers()["curves"]["gradient"]
    _, widget = open_widget(watched, tmp_path, "head_pruner", reader=made.reader)
    made.close()
    show_numbers(widget)
    assert shares(widget, 0) == [pytest.approx(pair, abs=6e-4) for pair in wanted]
    expect(widget.locator("[name=model]")).to_be_hidden()
    widget.locator("[data-action=copy-code]").click()
    expect(widget.locator(".mha-status")).to_contain_text("this model was handed in")


def test_a_saved_picture_has_title_description_and_the_state_of_each_head(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = open_widget(watched, tmp_path, "head_pruner", model=SMALL, gone=1)
    root = saved_svg(page, widget)
    names = {child.tag.split("}")[1]: child.text or "" for child in root[:2]}
    assert names["title"] == "Heads taken out of a trained model, one by one"
    assert "Not one head can go" in names["desc"]
    texts = svg_texts(root)
    assert {"heads left", "guessing", "by gradient", "breaks"} <= texts
    assert any("off, 1st to go" in text for text in texts)
    pale = [group for group in root.iter(f"{SVG}g") if group.get("opacity") == "0.25"]
    assert len(pale) == 1, "the head that is off"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(watched: Watched, tmp_path: Path, scheme: str) -> None:
    page, widget = open_widget(watched, tmp_path, "head_pruner", width=390, scheme=scheme, gone=3)
    show_numbers(widget)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_moving_the_slider_makes_no_new_elements(watched: Watched, tmp_path: Path) -> None:
    page, widget = open_widget(watched, tmp_path, "head_pruner")
    count = "document.querySelectorAll('*').length"
    before = page.evaluate(count)
    widget.locator("[name=gone]").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    next_frame(page)
    assert len([gate for gate in gates(widget) if gate.startswith("off")]) == 5
    assert page.evaluate(count) == before


def test_the_weights_of_a_model_are_a_small_script_of_their_own() -> None:
    for path in (STATIC / "readers").glob("*.js"):
        assert len(path.read_bytes()) < 65_000, path.name
