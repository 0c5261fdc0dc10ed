"""What HeadExplorer does in JupyterLab when something is wrong: it says so, and goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Locator, expect

from mha_lessons.params import Params, check
from tests.browser.explorer import patterns
from tests.lab.explorer import START, shows
from tests.lab.notebook import Notebook


@pytest.mark.parametrize(
    ("control", "bad", "good", "fault"),
    [
        ("num_heads", "3", "2", replace(START, num_heads=3)),
        ("text", "   ", "Try again", replace(START, text="   ")),
        ("text", "word " * 257, "Try again", replace(START, text="word " * 257)),
        ("seed", "-1", "9", replace(START, seed=-1)),
    ],
    ids=["a head count that does not divide", "no words", "too many words", "a seed below 0"],
)
def test_bad_input_gets_the_sentence_of_check_the_last_good_picture_stays_and_good_input_recovers(
    lesson: Notebook, explorer: Locator, control: str, bad: str, good: str, fault: Params
) -> None:
    before = patterns(explorer)
    message = explorer.locator("[role=alert]")
    explorer.locator(f"[name={control}]").fill(bad)
    expect(message).to_contain_text(str(check(fault)))
    assert patterns(explorer) == before
    explorer.locator(f"[name={control}]").fill(good)
    shows(lesson, explorer, replace(START, **{control: type(getattr(START, control))(good)}))
    expect(message).to_be_empty()


@pytest.mark.parametrize(("bad", "value"), [("", None), ("1.5", 1.5)], ids=["empty", "a fraction"])
def test_a_seed_that_no_trait_can_hold_gets_the_sentence_of_check_and_the_next_one_is_heard(
    lesson: Notebook, explorer: Locator, bad: str, value: float | None
) -> None:
    before = patterns(explorer)
    explorer.locator("[name=seed]").fill(bad)
    expect(explorer.locator("[role=alert]")).to_contain_text(str(check(replace(START, seed=value))))  # type: ignore[arg-type]
    assert patterns(explorer) == before
    explorer.locator("[name=seed]").fill("9")
    shows(lesson, explorer, replace(START, seed=9))
    expect(explorer.locator("[role=alert]")).to_be_empty()


def test_an_error_in_the_kernel_is_said_and_the_next_request_is_heard(
    lesson: Notebook, explorer: Locator
) -> None:
    before = patterns(explorer)
    lesson.kernel.run(
        "from mha_lessons import Trace\n"
        "compute_attn = Trace.attn.compute\n"
        "def broken(trace): raise RuntimeError('out of memory')\n"
        "Trace.attn.compute = broken\n"
    )
    try:
        explorer.locator("[name=seed]").fill("8")
        expect(explorer.locator("[role=alert]")).to_contain_text("out of memory")
    finally:
        lesson.kernel.run("Trace.attn.compute = compute_attn")
    assert patterns(explorer) == before
    explorer.locator("[name=seed]").fill("9")
    shows(lesson, explorer, replace(START, seed=9))
    lesson.errors.clear()  # the traceback also goes to JupyterLab's log


def test_a_bad_trait_from_python_says_so_in_the_widget_and_a_good_one_recovers(
    lesson: Notebook, explorer: Locator
) -> None:
    before = patterns(explorer)
    lesson.kernel.run("w.num_heads = 5")
    expect(explorer.locator("[role=alert]")).to_contain_text(str(check(replace(START, num_heads=5))))
    assert patterns(explorer) == before
    lesson.kernel.run("w.num_heads = 16")
    shows(lesson, explorer, replace(START, num_heads=16))
    expect(explorer.locator("[role=alert]")).to_be_empty()
