"""HeadTrainer on a page from file://: trained by keys and pointer, stopped, shared, handed on, misused."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Worker, expect

from mha_lessons.widgets import HeadTrainer
from mha_lessons.widgets.bundle import STATIC
from tests.browser.conftest import Watched
from tests.browser.explorer import CELLS, PIXELS, next_frame, show_numbers
from tests.browser.widget_page import (
    LEAVE,
    apart,
    copied,
    covered,
    ended,
    ready,
    saved_svg,
    svg_texts,
    widget_page,
)

PATIENCE = 60_000  # ms for a training on a busy machine
RUNS = ("one", "many")
SHORT = {"k": 2, "num_heads": 4, "steps": 12}


def opened(watched: Watched, folder: Path, **traits: Any) -> tuple[Page, Locator]:
    width = traits.pop("width", 1100)
    page = watched.open(widget_page(folder, "head_trainer", traits), width=width)
    return page, ready(page)


def press(widget: Locator, name: str) -> None:
    widget.locator(f"button[name={name}]").click()


def rests(widget: Locator, words: str = "Done") -> None:
    expect(widget.locator(".mha-state")).to_contain_text(words, timeout=PATIENCE)


def table(widget: Locator, caption: str) -> list[list[str]]:
    show_numbers(widget)
    found = widget.locator(".mha-numbers table").filter(has_text=caption).first
    rows: list[list[str]] = found.evaluate(CELLS)
    return [[cell.replace("−", "-") for cell in row] for row in rows]


def results(widget: Locator) -> list[tuple[int, float, float]]:
    """Steps, accuracy and share of positions with all right, of both runs."""
    rows = table(widget, "results on")
    return [(int(steps), float(right), float(whole)) for steps, right, whole in rows]


def maps(widget: Locator, run: str) -> list[list[int]]:
    """The pixels of the heads' attention. Pictures out of view are drawn a moment later."""
    cells = widget.locator(f"section[data-run={run}] .mha-tile:visible .mha-cells")
    cells.first.scroll_into_view_if_needed()
    next_frame(widget.page)
    return [cells.nth(i).evaluate(PIXELS) for i in range(cells.count())]


def test_before_training_the_answers_and_the_attention_are_those_of_torch_on_the_same_numbers(
    watched: Watched, tmp_path: Path
) -> None:
    _, widget = opened(watched, tmp_path, k=3, num_heads=4, seed=5)
    expect(widget.locator(".mha-state")).to_contain_text("Not trained yet")
    expect(widget.locator("fieldset legend")).to_contain_text("Before you press Train")
    trainer = HeadTrainer(k=3, num_heads=4, seed=5)
    asked = trainer.numbers()
    expect(widget.locator("fieldset legend")).to_contain_text(f"{asked['parameters']:,} parameters")
    for prefix, heads in (("one", "1 head"), ("many", "4 heads")):
        said = asked[f"{prefix}_said"].numpy().reshape(12, 3)
        shown = [[cell.split(" / ")[1] for cell in row] for row in table(widget, f"answers of {heads}")]
        assert shown == [["abcdefghijklmnop"[answer] for answer in row] for row in said]
        attn = asked[f"{prefix}_attn"].numpy().reshape(-1, 12, 12)
        served = [[np.mean([h[t, (t + m + 1) % 12] for t in range(12)]) for m in range(3)] for h in attn]
        near = np.array(table(widget, f"attention of {heads}"), dtype=float)
        np.testing.assert_allclose(near, served, atol=6e-4)
    trainer.close()


NOTE_STATES = """() => { globalThis.states = [];
  const state = document.querySelector(".mha-state");
  new MutationObserver(() => states.push(state.textContent)).observe(state, { childList: true }); }"""


WORKERS = "Object.keys(mhaLessons.workers)"
"""What has been loaded on demand."""


def test_one_head_fails_where_eight_succeed_each_in_a_worker_of_its_own(
    watched: Watched, tmp_path: Path
) -> None:
    page = watched.open(widget_page(tmp_path, "head_trainer", {"steps": 120}))
    widget = ready(page)
    assert page.evaluate(WORKERS) == [], "a large script came unasked"
    before = [maps(widget, run) for run in RUNS]
    widget.locator("[data-part=prediction][value=same]").check()
    page.evaluate(NOTE_STATES)
    widget.locator("button[name=train]").focus()
    page.keyboard.press("Enter")
    rests(widget)
    states = page.evaluate("states")
    assert states[0] == "Compiling the training step: this takes a moment, once."
    assert states[1].startswith("Training: step ")
    assert page.evaluate(WORKERS) == ["head_trainer"], "both runs take the one text"
    assert len(page.workers) == 2
    (steps, one, _), (_, many, whole) = results(widget)
    assert steps == 120
    assert one < 0.45
    assert many > 0.99
    assert whole > 0.95
    verdict = widget.locator(".mha-verdict")
    expect(verdict).to_contain_text("you predicted as well as 8 heads")
    assert [maps(widget, run) for run in RUNS] != before
    wrong = widget.locator("figure[data-run=one] canvas").get_attribute("aria-label") or ""
    right = widget.locator("figure[data-run=many] canvas").get_attribute("aria-label") or ""
    assert right == "8 heads: 48 of 48 look-ups on this sequence are right."
    assert int(wrong.split(" of ")[0].split(": ")[1]) < 36


def test_step_pause_train_and_restart_work_by_keyboard_and_end_the_workers(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, **SHORT | {"steps": 2000})
    start = [maps(widget, run) for run in RUNS]
    widget.locator("button[name=step]").focus()
    page.keyboard.press("Space")
    rests(widget, "At rest: step 1 of 2000")
    page.keyboard.press("Space")
    rests(widget, "At rest: step 2 of 2000")
    assert [row[0] for row in results(widget)] == [2, 2]
    widget.locator("button[name=train]").press("Enter")
    expect(widget.locator(".mha-state")).to_contain_text("Training: step", timeout=PATIENCE)
    widget.locator("button[name=pause]").press("Enter")
    rests(widget, "At rest: step")
    made = widget.locator(".mha-state").inner_text()
    page.wait_for_timeout(300)
    assert widget.locator(".mha-state").inner_text() == made, "it rests"
    widget.locator("button[name=restart]").press("Enter")
    expect(widget.locator(".mha-state")).to_contain_text("Not trained yet")
    assert [maps(widget, run) for run in RUNS] == start
    assert ended(page)


def test_while_it_trains_on_no_accuracy_of_an_earlier_step_is_shown(watched: Watched, tmp_path: Path) -> None:
    _, widget = opened(watched, tmp_path, **SHORT | {"steps": 2000})
    press(widget, "step")
    rests(widget, "At rest: step 1")
    whole = widget.locator(".mha-whole")
    expect(whole.first).to_contain_text("of the look-ups right on 200 new sequences")
    assert all(0 <= right <= 1 for _, right, _ in results(widget))
    press(widget, "train")
    expect(widget.locator(".mha-state")).to_contain_text("Training: step", timeout=PATIENCE)
    for each in whole.all():
        expect(each).to_have_text("of the look-ups right in the last batches")
    assert [row[1:] for row in table(widget, "results on")] == [["–", "–"], ["–", "–"]]


def test_leaving_the_page_ends_the_workers(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, **SHORT | {"steps": 2000})
    press(widget, "train")
    expect(widget.locator(".mha-state")).to_contain_text("Training: step", timeout=PATIENCE)
    assert len(page.workers) == 2
    page.evaluate(LEAVE)
    assert ended(page)
    expect(widget.locator(".mha-state")).to_contain_text("Not trained yet")


def test_another_setting_starts_over_and_the_same_seed_gives_the_same_curve(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, **SHORT)
    press(widget, "train")
    rests(widget)
    first = table(widget, "curves")
    widget.locator("[name=seed]").fill("1")
    expect(widget.locator(".mha-state")).to_contain_text("Not trained yet")
    widget.locator("[name=seed]").fill("0")
    next_frame(page)
    press(widget, "train")
    rests(widget)
    assert table(widget, "curves") == first
    assert float(first[-1][0]) < float(first[0][0]), "the loss fell"


def test_training_that_loses_its_way_says_so_and_shows_the_last_good_step(
    watched: Watched, tmp_path: Path
) -> None:
    _, widget = opened(watched, tmp_path, **SHORT | {"learning_rate": 1000})
    press(widget, "train")
    alert = widget.locator(".mha-run [role=alert]")
    expect(alert).to_contain_text(
        "the loss went out of bounds after step 1. Shown is step 0", timeout=PATIENCE
    )
    expect(alert).to_contain_text("Choose a smaller learning rate")
    widget.locator("[name=learning_rate]").select_option("0.003")
    expect(alert).to_be_empty()
    press(widget, "train")
    rests(widget)


BLOCKED = "; worker-src 'self' blob:"


@pytest.mark.parametrize("missing", ["workers", "WebAssembly", "the script"])
def test_where_the_page_cannot_train_a_sentence_says_why(
    watched: Watched, tmp_path: Path, missing: str
) -> None:
    address = widget_page(tmp_path, "head_trainer", {"num_heads": 4})
    if missing == "workers":
        html = tmp_path / "head_trainer.html"
        text = html.read_text(encoding="utf-8")
        html.write_text(text.replace(BLOCKED, "; worker-src 'none'"), encoding="utf-8")
    elif missing == "the script":
        apart(tmp_path, "head_trainer")
    page = watched.open(address)
    widget = ready(page)
    if missing == "WebAssembly":
        page.evaluate("delete globalThis.WebAssembly")
    press(widget, "train")
    alert = widget.locator(".mha-run [role=alert]")
    expect(alert).to_contain_text("Training did not work here:", timeout=PATIENCE)
    expect(alert).to_contain_text("before training")
    expect(alert).to_contain_text("The curves are of our own runs")
    label = widget.locator(".mha-curves canvas").get_attribute("aria-label") or ""
    assert re.search(r"loss .* 1 head 1\.\d+, 4 heads 0\.0\d+", label), "the curves of the package's results"
    assert len(maps(widget, "many")) == 4, "the untrained models stay"
    watched.errors.clear()  # the browser reports what it refused


def test_if_one_worker_fails_both_models_are_as_before_training_and_the_other_worker_ends(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, num_heads=4, steps=2000)
    before = [maps(widget, run) for run in RUNS]
    page.evaluate("""() => { const Real = Worker;
        globalThis.Worker = function (address) { return globalThis.latest = new Real(address); }; }""")
    press(widget, "train")
    expect(widget.locator(".mha-state")).to_contain_text("Training: step", timeout=PATIENCE)
    page.evaluate("latest.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }))")
    alert = widget.locator(".mha-run [role=alert]")
    expect(alert).to_contain_text(
        "Training did not work here: out of memory. The models below are those before"
    )
    assert ended(page)
    assert [maps(widget, run) for run in RUNS] == before
    assert table(widget, "results on") == [["0", "–", "–"], ["0", "–", "–"]]
    widget.locator("button[name=train]").press("Enter")
    next_frame(page)
    assert page.workers == [], "what failed is started by Restart alone"
    press(widget, "restart")
    expect(alert).to_be_empty()
    press(widget, "step")
    rests(widget, "At rest: step 1")


def test_bad_input_gets_one_sentence_and_hostile_links_do_no_harm(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, **SHORT)
    workers: list[Worker] = []
    page.on("worker", lambda worker: workers.append(worker))
    before = maps(widget, "many")
    widget.locator("[name=seed]").fill("-1")
    next_frame(page)
    message = page.locator(".mha-controls > .mha-message")
    expect(message).to_contain_text("seed should be a whole number from 0 to 4294967295, got -1.")
    assert maps(widget, "many") == before
    widget.locator("[name=seed]").fill("0")
    next_frame(page)
    expect(message).to_be_empty()
    for fragment in [
        "task=%3Cimg%20src=x%3E&k=99&num_heads=1e99",
        "learning_rate=NaN&steps=1e9&seed=-3",
        "given=%7B%7D&_command=train&curve=__proto__",
        "query=1023&prediction=%3Cb%3E",
        "x" * 30_000,
    ]:
        page.evaluate("link => { location.hash = link }", f"#head_trainer-1?{fragment}")
        next_frame(page)
        expect(widget).to_have_attribute("data-state", "ready")
    assert widget.locator("img").count() == 0
    page.evaluate("location.hash = '#head_trainer-1?num_heads=7'")
    next_frame(page)
    expect(message).to_contain_text("num_heads should divide d_model = 64, got 7.")
    assert workers == [], "no link starts work"
    page.evaluate("location.hash = '#head_trainer-1?num_heads=4'")
    press(widget, "step")
    rests(widget, "At rest")
    assert len(workers) == 2, "they would have been seen"


def test_left_and_right_choose_a_position_that_is_asked_and_read_it_out(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, task="near_far", num_heads=2, seed=3)
    reading = widget.locator(".mha-reading")
    widget.locator("[data-part=positions]").focus()
    page.keyboard.press("Home")
    places = []
    for _ in range(4):
        places.append(int(re.findall(r"Position (\d+)", reading.inner_text())[0]))
        page.keyboard.press("ArrowRight")
        next_frame(page)
    assert places == [
        3,
        4,
        6,
        7,
    ]  # of the first test sequence of seed 3: 2 and more behind the first word, not 4
    expect(reading).to_contain_text("word before")
    box = widget.locator("figure[data-run=one] canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    next_frame(page)
    expect(reading).to_contain_text("Position 19")


def test_a_copied_link_gives_the_same_state_and_reset_leads_back(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path)
    widget.locator("[name=task]").select_option("binding")
    widget.locator("[name=mlp]").check()
    widget.locator("[name=curve]").select_option("loss")
    widget.locator("[data-part=prediction][value=worse]").check()
    next_frame(page)
    again = ready(watched.open(copied(page, widget, "copy-link")))
    for name, value in {"task": "binding", "num_heads": "2", "curve": "loss"}.items():
        expect(again.locator(f"[name={name}]")).to_have_value(value)
    expect(again.locator("[name=mlp]")).to_be_checked()
    expect(again.locator("[data-part=prediction][value=worse]")).to_be_checked()
    parameters = HeadTrainer(task="binding", num_heads=2, mlp=True).numbers()["parameters"]
    expect(again.locator("fieldset legend")).to_contain_text(f"{parameters:,} parameters")
    press(widget, "step")
    rests(widget, "At rest")
    widget.locator("[data-action=reset]").click()
    expect(widget.locator("[name=task]")).to_have_value("juggling")
    expect(widget.locator(".mha-state")).to_contain_text("Not trained yet")


def printed(code: str, folder: Path, *, fresh: bool) -> str:
    """What the code says: in a process of its own, where importing this package fails, or in ours."""
    assert "mha_lessons" not in code
    if not fresh:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(code, {})
        return said.getvalue()
    script = folder / "shown.py"
    guard = "import sys\nsys.modules['mha_lessons'] = None  # importing it fails\n"
    script.write_text(guard + code, encoding="utf-8")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize(
    "traits",
    [
        {"k": 3, "num_heads": 8, "seed": 9},
        {"task": "binding", "num_heads": 3, "seed": 1, "mlp": True},
        {"task": "near_far", "num_heads": 2, "seed": 2},
    ],
    ids=lambda traits: traits.get("task", "juggling"),
)
def test_the_copied_code_trains_the_same_models_without_this_package(
    watched: Watched, tmp_path: Path, traits: dict[str, Any]
) -> None:
    page, widget = opened(watched, tmp_path, **traits, steps=20)
    press(widget, "train")
    rests(widget)
    said_of = printed(copied(page, widget, "copy-code"), tmp_path, fresh="task" not in traits)
    curve = table(widget, "curves")
    for i, (heads, (steps, right, whole)) in enumerate(
        zip((1, traits["num_heads"]), results(widget), strict=True)
    ):
        said = re.findall(rf"num_heads {heads} step (\d+) loss ([\d.]+)", said_of)
        assert [int(step) for step, _ in said] == [1, steps]
        for (_, loss), row in zip(said, (curve[0], curve[-1]), strict=True):
            assert float(loss) == pytest.approx(float(row[2 * i]), abs=3e-3)
        for name, wanted in {"look-ups right": right, "positions with all right": whole}.items():
            share = float(re.findall(rf"num_heads {heads} {name} ([\d.]+)", said_of)[0])
            assert share == pytest.approx(wanted, abs=0.015), name


def test_the_trained_heads_open_in_the_explorer_and_the_sum_of_the_same_group(
    watched: Watched, tmp_path: Path
) -> None:
    from mha_lessons.widgets import HeadExplorer, HeadSum

    places = []
    linked = {"group": "trained", "shared": ["given"]}
    for made in (HeadTrainer(**SHORT, group="trained"), HeadExplorer(**linked), HeadSum(**linked)):
        state = escape(json.dumps(made.page_state() | {"engine": "page"}))
        places.append(
            f'<div data-widget="{made.page_name}" data-state="loading" data-traits="{state}"></div>'
        )
        made.close()
    widget_page(tmp_path, "head_trainer")
    html = tmp_path / "head_trainer.html"
    text = html.read_text(encoding="utf-8")
    text = re.sub(r"<main>.*</main>", lambda _: f"<main>{''.join(places)}</main>", text, flags=re.DOTALL)
    more = "".join(
        f'<script defer src="static/page/{name}.js"></script><link rel="stylesheet" href="static/{name}.css">'
        for name in ("head_explorer", "head_sum")
    )
    html.write_text(text.replace("</head>", f"{more}</head>"), encoding="utf-8")
    page = watched.open(html.as_uri())
    trainer, explorer, summed = page.locator("[data-widget]").all()
    press(trainer, "train")
    rests(trainer)
    press(trainer, "open")
    explorer.scroll_into_view_if_needed()
    expect(explorer).to_have_attribute("data-state", "ready")
    expect(explorer.locator(".mha-origin")).to_contain_text("tensors handed in")
    cells = explorer.locator(".mha-heads button:visible .mha-cells")
    cells.first.scroll_into_view_if_needed()
    next_frame(page)
    assert [cells.nth(i).evaluate(PIXELS) for i in range(cells.count())] == maps(trainer, "many")
    assert cells.count() == 4
    output = np.array(table(explorer, "output"), dtype=float)[0]
    summed.scroll_into_view_if_needed()
    expect(summed.locator(".mha-origin")).to_have_text("tensors handed in")
    rows = np.array(
        table(summed, "What each head adds"), dtype=float
    )  # 4 heads, bias, output, as it was, change
    assert np.abs(rows[4]).max() > 0.01, "a bias that was trained"
    for row in (rows[:5].sum(0), rows[5]):
        np.testing.assert_allclose(row, output, atol=0.0035)
    summed.locator('[name="gates"][data-head="2"][value="0"]').click()
    next_frame(page)
    without = np.array(table(summed, "What each head adds"), dtype=float)
    np.testing.assert_allclose(rows[5] - without[5], rows[2], atol=0.0016)


def test_a_saved_picture_is_an_svg_with_title_and_description(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, **SHORT)
    press(widget, "step")
    rests(widget, "At rest")
    with page.expect_download() as saved:
        widget.locator("[data-action=save-svg]").click()
    root = ElementTree.fromstring(saved.value.path().read_text(encoding="utf-8"))
    names = {child.tag.split("}")[1]: child.text or "" for child in root[:2]}
    assert names["title"] == "One head and several, trained side by side"
    assert "4 heads at step 1" in names["desc"]
    texts = "".join(root.itertext())
    assert "1 head" in texts
    assert "guessing" in texts


def test_on_a_phone_no_words_lie_over_others_before_training_nor_after(
    watched: Watched, tmp_path: Path
) -> None:
    page, widget = opened(watched, tmp_path, **SHORT, width=390)
    before = saved_svg(page, widget)
    assert "Press Train: two lines grow here." in svg_texts(before)
    assert covered(page, before) == []
    press(widget, "train")
    rests(widget)
    assert covered(page, saved_svg(page, widget)) == []


def test_nothing_is_wider_than_a_phone(watched: Watched, tmp_path: Path) -> None:
    page, widget = opened(watched, tmp_path, task="near_far", num_heads=4, width=390)
    show_numbers(widget)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_only_the_worker_carries_jax_js() -> None:
    sign = b"please use .ref move semantics"  # an error text of jax-js
    assert sign in (STATIC / "page/head_trainer.worker.js").read_bytes()
    for name in ("page/head_trainer.js", "page/host.js", "head_trainer.js"):
        assert sign not in (STATIC / name).read_bytes(), name
