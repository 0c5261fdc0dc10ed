"""A reader's progress in a page without a kernel: a file opened, ticks by hand, filters, links, looks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from playwright.sync_api import Locator, Page, expect

from mha_lessons.exercises import NAMES
from mha_lessons.exercises.standing import State, catalogue
from tests.browser.conftest import Watched
from tests.browser.test_accessibility import in_every_look
from tests.browser.widget_page import covered, open_widget, ready, saved_svg, svg_texts, table

KEPT = {
    "predict_pattern": {"status": "right", "points": 6, "out_of": 6, "checks": 1},
    "softmax": {"status": "partial", "points": 8, "out_of": 10, "checks": 4, "hints": 2, "solution": True},
    "attention": {"status": "wrong", "points": 3, "out_of": 10, "checks": 2},
}
MINUTES = {each["name"]: each["minutes"] for each in catalogue()}
EVERY = sum(MINUTES.values())
TITLES = {each["name"]: each["title"] for each in catalogue()}
OPENED = {"name": "mine.json", "exercises": KEPT}


def written(folder: Path, said: object, name: str = "mine.json") -> Path:
    file = folder / name
    file.write_text(said if isinstance(said, str) else json.dumps(said))
    return file


def tile(widget: Locator, name: str) -> Locator:
    return widget.locator(".mha-path li").nth(NAMES.index(name))


def row(widget: Locator, name: str) -> Locator:
    return widget.locator(".mha-exercises tr").filter(has_text=TITLES[name])


def seen(widget: Locator) -> list[str]:
    """The titles of the rows that are shown."""
    return [
        title.strip()
        for title in widget.locator(".mha-exercises th[scope=row] > a:visible").all_inner_texts()
    ]


def shows_nothing(widget: Locator) -> None:
    expect(widget.locator(".mha-done")).to_have_text(f"0 of {len(NAMES)} done")
    expect(widget.locator(".mha-path li[data-state='not attempted']")).to_have_count(len(NAMES))


def test_a_page_shows_every_exercise_as_not_attempted_and_says_that_it_has_no_file(
    watched: Watched, tmp_path: Path
) -> None:
    _, widget = open_widget(watched, tmp_path, "exercise_progress")
    shows_nothing(widget)
    expect(widget.locator(".mha-left")).to_contain_text(f"{EVERY} minutes left")
    expect(widget.locator(".mha-origin")).to_contain_text("this page has no file of progress")
    expect(widget.get_by_role("button", name="Refresh")).to_be_hidden()
    assert seen(widget) == [
        TITLES[name]
        for chapter in dict.fromkeys(each["chapter"] for each in catalogue())
        for name in (each["name"] for each in catalogue() if each["chapter"] == chapter)
    ]


def test_a_file_of_progress_is_read_in_the_page_and_shown(watched: Watched, tmp_path: Path) -> None:
    _, widget = open_widget(watched, tmp_path, "exercise_progress")
    file = written(tmp_path, {"version": 1, "exercises": KEPT})
    widget.get_by_label("Open a file of progress").set_input_files(file)
    expect(widget.locator(".mha-done")).to_have_text(f"1 of {len(NAMES)} done")
    expect(widget.locator(".mha-left")).to_contain_text(f"{EVERY - MINUTES['predict_pattern']} minutes left")
    expect(widget.locator(".mha-origin")).to_have_text("from mine.json, read in this page and sent nowhere")
    for name, words in {
        "predict_pattern": ("✓", "right"),
        "softmax": ("◐", "partial → next"),
        "attention": ("✗", "wrong"),
        "kv_cache": ("○", "not attempted"),
    }.items():
        expect(tile(widget, name).locator(".mha-sign")).to_have_text(words[0])
        expect(tile(widget, name).locator(".mha-word")).to_have_text(words[1])
    expect(row(widget, "softmax").locator(".mha-points")).to_have_text("8 of 10")
    expect(row(widget, "softmax").locator(".mha-help")).to_have_text("2 hints, solution seen")
    expect(widget.locator(".mha-next")).to_contain_text(f"Next: {TITLES['softmax']}, 15 minutes")

    widget.get_by_role("button", name="Close the file").press("Enter")
    shows_nothing(widget)
    expect(widget.get_by_label("Open a file of progress")).to_be_focused()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("{", "is no progress: it should be what check() writes, and is no JSON."),
        ([], 'is no progress: it should be what check() writes, an object with "exercises" in it.'),
        (
            {"exercises": {"softmax": {"points": "<b>many</b>"}}},
            'is no progress: softmax: points should be a whole number from 0, got "<b>many</b>".',
        ),
        ({"exercises": {"x" * 1_000_000: {}}}, "is too large for progress: 1000023 bytes."),
    ],
)
def test_a_bad_file_gets_one_sentence_and_the_last_good_one_stays(
    watched: Watched, tmp_path: Path, said: object, sentence: str
) -> None:
    _, widget = open_widget(watched, tmp_path, "exercise_progress", opened=OPENED)
    file = widget.get_by_label("Open a file of progress")
    file.set_input_files(written(tmp_path, said, "bad.json"))
    alert = widget.locator(".mha-refused")
    expect(alert).to_have_text(f"bad.json {sentence} What you see is as it was.")
    expect(alert).to_have_attribute("role", "alert")
    expect(widget.locator(".mha-done")).to_have_text(f"1 of {len(NAMES)} done")
    file.set_input_files(written(tmp_path, {"exercises": {}}, "bad.json"))  # mended, under the same name
    expect(alert).to_have_text("")
    shows_nothing(widget)


def test_a_tick_by_hand_counts_is_called_so_and_survives_a_reload(watched: Watched, tmp_path: Path) -> None:
    page, widget = open_widget(watched, tmp_path, "exercise_progress")
    tick = widget.get_by_role("checkbox", name=f"done by hand: {TITLES['kv_cache']}")
    tick.press("Space")
    expect(widget.locator(".mha-done")).to_have_text(f"1 of {len(NAMES)} done")
    expect(tile(widget, "kv_cache")).to_have_attribute("data-state", "ticked")
    expect(tile(widget, "kv_cache").locator(".mha-word")).to_have_text("ticked")
    page.reload()
    widget = ready(page)
    expect(tile(widget, "kv_cache")).to_have_attribute("data-state", "ticked")
    widget.get_by_role("checkbox", name=TITLES["kv_cache"]).click()
    shows_nothing(widget)
    assert page.evaluate("Object.keys(localStorage)") == []


def test_what_a_check_found_cannot_be_ticked_away(watched: Watched, tmp_path: Path) -> None:
    _, widget = open_widget(watched, tmp_path, "exercise_progress", opened=OPENED, ticked="attention")
    expect(tile(widget, "attention")).to_have_attribute("data-state", "wrong")
    expect(row(widget, "attention").get_by_role("checkbox")).to_be_hidden()


@pytest.mark.parametrize("left", ["nonsense", '{"ticked": 3}', '{"ticked": "<img src=x>"}', "null"])
def test_a_storage_that_is_not_ours_ticks_nothing(watched: Watched, tmp_path: Path, left: str) -> None:
    page, widget = open_widget(watched, tmp_path, "exercise_progress")
    tick = widget.get_by_role("checkbox").first
    tick.check()
    expect(widget.locator(".mha-done")).to_have_text(f"1 of {len(NAMES)} done")
    page.evaluate("left => localStorage.setItem(Object.keys(localStorage)[0], left)", left)
    page.reload()
    shows_nothing(ready(page))


def test_status_and_chapter_choose_the_rows_by_keyboard_and_the_path_stays_whole(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = open_widget(watched, tmp_path, "exercise_progress", opened=OPENED)
    widget.locator("select[name=status]").focus()
    page.keyboard.type("wro")
    assert_rows(widget, [TITLES["attention"]])
    widget.locator("select[name=chapter]").select_option("capacity")
    expect(widget.locator(".mha-none")).to_be_visible()
    widget.locator("select[name=status]").select_option("left")
    assert_rows(widget, [TITLES["kv_cache"]])
    expect(widget.locator(".mha-path li:visible")).to_have_count(len(NAMES))
    widget.get_by_role("button", name="Show numbers").click()
    assert table(widget, "Exercises that are shown") == [
        ["capacity", "3", "35", "not attempted", "0", "8", "0", "0", "no"]
    ]


def assert_rows(widget: Locator, titles: list[str]) -> None:
    expect(widget.locator(".mha-exercises th[scope=row] > a:visible")).to_have_text(titles)


def test_the_numbers_are_those_of_the_file(watched: Watched, tmp_path: Path) -> None:
    _, widget = open_widget(watched, tmp_path, "exercise_progress", opened=OPENED)
    widget.get_by_role("button", name="Show numbers").click()
    rows = dict(zip(NAMES, table(widget, "Exercises that are shown"), strict=True))
    assert rows["softmax"] == ["how-it-works", "1", "15", "partial", "8", "10", "4", "2", "yes"]
    assert rows["kv_cache"] == ["capacity", "3", "35", "not attempted", "0", "8", "0", "0", "no"]
    done, total, minutes, points, _ = (value for (value,) in table(widget, "All exercises"))
    assert (done, total, points) == ("1", str(len(NAMES)), "17")
    assert minutes == str(EVERY - MINUTES["predict_pattern"])


def test_the_saved_picture_has_every_exercise_with_its_state_and_no_text_over_another(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = open_widget(watched, tmp_path, "exercise_progress", opened=OPENED)
    svg = saved_svg(page, widget)
    texts = svg_texts(svg)
    assert {"✓", "◐", "✗", "○", "right", "wrong", "not attempted", f"1 of {len(NAMES)} done"} <= texts
    words = " ".join(texts)
    assert all(word in words for title in TITLES.values() for word in title.split())
    assert covered(page, svg) == []


def test_a_link_carries_the_choice_and_nobodys_progress(watched: Watched, tmp_path: Path) -> None:
    page, widget = open_widget(watched, tmp_path, "exercise_progress", opened=OPENED)
    widget.locator("select[name=status]").select_option("left")
    widget.locator("select[name=chapter]").select_option("capacity")
    place = page.url + "#exercise_progress-1?status=left&chapter=capacity&ticked=softmax&opened=x"
    page.goto("about:blank")
    page.goto(place)
    widget = ready(page)
    assert_rows(widget, [TITLES["kv_cache"]])
    expect(tile(widget, "softmax")).to_have_attribute("data-state", "partial")
    page.goto("about:blank")
    page.goto(place.replace("capacity", "nowhere"))
    expect(page.locator("[data-widget] > .mha-controls > .mha-message").last).to_contain_text(
        "chapter should be all or one of how-it-works"
    )


def test_axe_finds_nothing_in_any_state_of_an_exercise(watched: Watched, tmp_path: Path) -> None:
    page, widget = open_widget(watched, tmp_path, "exercise_progress", opened=OPENED, ticked="kv_cache")
    states = widget.locator(".mha-path li").evaluate_all("all => all.map(li => li.dataset.state)")
    assert set(states) == set(get_args(State))
    assert in_every_look(page, "[data-widget]") == {}


def test_nothing_is_wider_than_a_phone(watched: Watched, tmp_path: Path) -> None:
    page, widget = open_widget(watched, tmp_path, "exercise_progress", width=390, opened=OPENED)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    clipped = widget.evaluate(
        "root => [...root.querySelectorAll('li, th, td')]"
        ".filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.textContent)"
    )
    assert clipped == []


def test_an_update_makes_no_new_elements(watched: Watched, tmp_path: Path) -> None:
    page, widget = open_widget(watched, tmp_path, "exercise_progress")
    widget.evaluate(
        "root => { window.added = 0; new MutationObserver(all => all.forEach(({addedNodes}) => "
        "addedNodes.forEach(node => { if (node.nodeType === 1) window.added++; })))"
        ".observe(root, {childList: true, subtree: true}); }"
    )
    widget.get_by_role("checkbox").first.check()
    widget.locator("select[name=status]").select_option("ticked")
    expect(widget.locator(".mha-exercises th[scope=row] > a:visible")).to_have_count(1)
    assert page.evaluate("window.added") == 0


def links(widget: Locator) -> set[str]:
    found: list[str] = widget.locator("a[href]").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    return set(found)


def test_every_name_leads_to_its_place_in_the_book(watched: Watched, http_root: str) -> None:
    page: Page = watched.open(http_root + "gallery.html")
    widget = page.locator("[data-widget=exercise_progress]")
    widget.scroll_into_view_if_needed()
    expect(widget).to_have_attribute("data-state", "ready")
    wanted: set[Any] = {f"exercises.html#exercise-{name}" for name in NAMES}
    wanted |= {f"{each['chapter']}.html" for each in catalogue()}
    assert links(widget) == wanted
    for address in sorted(wanted):
        file, _, anchor = address.partition("#")
        response = page.request.get(http_root + file)
        assert response.ok, address
        assert not anchor or f'id="{anchor}"' in response.text().replace("'", '"'), address
