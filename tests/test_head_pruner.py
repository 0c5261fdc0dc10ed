"""HeadPruner in Python: what it shows, what is handed in, retraining in a thread, and what is refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch

from mha_lessons.experiments import Reader, evaluate, juggling
from mha_lessons.experiments.pruning import accuracy_curve, gates_without, order_by_ablation
from mha_lessons.experiments.trained import load_trained, trained
from mha_lessons.widgets import HeadExplorer, HeadPruner
from mha_lessons.widgets.head_pruner import MODELS


def test_every_model_that_comes_with_the_package_can_be_chosen() -> None:
    assert sorted(MODELS) == trained()


def test_four_of_the_eight_jugglers_can_go_and_no_fifth() -> None:
    for order in ("gradient", "ablation"):
        curve = HeadPruner(order=order).curve
        assert curve[4][0] > 0.99
        assert curve[5][0] < 0.8, "four look-ups need four heads"


def test_the_curve_is_that_of_the_experiments() -> None:
    reader, task = load_trained("near_far_h2_seed0")
    order = order_by_ablation(reader, task)
    pruner = HeadPruner(model="near_far_h2_seed0", order="ablation", gone=1)
    assert pruner.curve == [
        [score.accuracy, score.all_right] for score in accuracy_curve(reader, task, order)
    ]
    assert pruner.heads_off == order[:1]
    score = evaluate(reader, task, count=500, gates=gates_without(2, order[:1]))
    assert pruner.curve[1] == [score.accuracy, score.all_right]


def test_the_heads_that_are_off_add_nothing_to_the_trace_that_is_handed_on() -> None:
    pruner = HeadPruner(model="binding_h2_seed0", order="hand", by_hand=[1])
    contributions = pruner.trace.contributions[0]
    assert contributions[1].abs().max() == 0
    assert contributions[0].abs().max() > 0.1
    assert HeadExplorer.from_trace(pruner.trace, pruner.words).given["num_heads"] == 2


def test_a_model_of_one_s_own_is_shown_with_its_own_numbers() -> None:
    reader = Reader(juggling(k=3), 4, mlp=True, seed=2)
    pruner = HeadPruner.from_reader(reader, seed=5, order="hand", by_hand=[3, 0])
    wanted = accuracy_curve(reader, reader.task, [3, 0], seed=5)
    assert pruner.curve == [[score.accuracy, score.all_right] for score in wanted]
    numbers = pruner.numbers()
    assert (numbers["task"], numbers["num_heads"], numbers["answers"]) == ("juggling", 4, 3)
    torch.testing.assert_close(numbers["attn"], reader.attn(torch.from_numpy(
        reader.task.sequences(5, 1_000_000_000, 1).tokens).long())[0])  # fmt: skip


def test_retraining_goes_on_beside_the_reader_and_leaves_the_model_as_it_was() -> None:
    pruner = HeadPruner(model="juggling_h1_seed0", order="hand")
    before = pruner.curve
    pruner.retrain()
    assert pruner.numbers()["training"]["of"] == 100
    pruner.wait(60)
    (made,) = pruner.retrained
    assert (made["off"], made["steps"]) == ([], 100)
    assert 0.2 < made["accuracy"] < 0.45, "one head stays one head"
    assert pruner.curve == before
    numbers = pruner.numbers()
    assert numbers["training"] is None
    assert (numbers["retrained_attn"] - numbers["attn"]).abs().max() > 1e-3
    pruner.model = "juggling_h8_seed0"
    assert pruner.numbers()["retrained"] == [], "of another model"


def test_a_closed_widget_stops_its_retraining() -> None:
    pruner = HeadPruner(model="near_far_h2_seed0")
    pruner.retrain()
    pruner.close()
    pruner.wait(20)
    assert not any(thread.name == "head-pruner" for thread in threading.enumerate())
    assert pruner._retrainer.facts()["retrained"] == []


def wait_for(said: Callable[[], bool]) -> None:
    last = time.monotonic() + 20
    while not said():
        assert time.monotonic() < last
        time.sleep(0.01)


def press(pruner: HeadPruner, *command: Any) -> None:
    pruner.set_state({"_command": [*command, 1, 0.5] if command else []})


def test_a_button_trains_and_stops_and_forgets() -> None:
    pruner = HeadPruner(model="near_far_h2_seed0")
    press(pruner, "retrain", [1])
    wait_for(lambda: "training" in pruner._answer and bool(pruner._answer["training"]))
    press(pruner, "stop", [])
    pruner.wait(20)
    assert pruner._answer["training"] is None
    assert pruner._answer["note"] == "Retraining was stopped."
    press(pruner, "retrain", [0, 1])
    assert "nothing to retrain without any head" in pruner._answer["error"]
    press(pruner, "forget", [])
    assert pruner._answer["note"] == ""
    pruner.close()


def test_where_the_page_computes_the_kernel_obeys_no_button_and_an_empty_command_is_none() -> None:
    pruner = HeadPruner(model="near_far_h2_seed0", engine="page")
    press(pruner, "retrain", [])
    assert pruner._retrainer.facts()["training"] is None
    assert pruner._answer == {}
    pruner.engine = "kernel"
    before = pruner._answer
    pruner._command = ["stop", [], 2, 0.5]
    press(pruner)
    assert pruner._answer.keys() == before.keys(), "no error"
    pruner.close()


def test_retraining_stops_when_nobody_looks_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    pruner = HeadPruner(model="near_far_h2_seed0")
    monkeypatch.setattr(pruner._watch, "deserted", lambda: True)
    pruner.retrain()
    pruner.wait(20)
    assert pruner.retrained == []
    assert pruner._answer["note"].startswith("Retraining stopped, because nobody was looking any more")
    assert pruner._answer["training"] is None
    pruner.close()


def test_a_retraining_that_is_forgotten_while_it_is_measured_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pruner = HeadPruner(model="near_far_h2_seed0")
    shown, attn = pruner._pruned().reader, Reader.attn

    def late(reader: Reader, tokens: torch.Tensor) -> torch.Tensor:
        if reader is not shown:
            pruner._retrainer.forget()  # just before the thread writes down what it found
        return attn(reader, tokens)

    monkeypatch.setattr(Reader, "attn", late)
    pruner.retrain()
    pruner.wait(30)
    assert pruner._retrainer.facts() == {"retrained": [], "attn": None, "training": None, "note": ""}
    pruner.close()


def test_news_of_a_retraining_need_no_new_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    pruner = HeadPruner(model="near_far_h2_seed0", order="hand", by_hand=[1])
    monkeypatch.setattr("mha_lessons.experiments.evaluation.evaluate", None)
    pruner._show()
    assert "error" not in pruner._answer
    pruner.by_hand = [1]
    assert len(pruner.curve) == 2
    pruner.close()


def test_what_cannot_be_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"by_hand should hold heads 0 to 7, each once at most, got \[8\]\."):
        HeadPruner(by_hand=[8])
    with pytest.raises(ValueError, match="reader should be what"):
        HeadPruner(reader={"file": "<b>"})
    with pytest.raises(ValueError, match="16 heads at most, got a reader with 64"):
        HeadPruner.from_reader(Reader(juggling(), 64))
    pruner = HeadPruner(model="binding_h2_seed0")
    pruner.by_hand = [0, 0]
    assert pruner._answer["error"].startswith("by_hand should hold heads 0 to 1")
    pruner.order, pruner.by_hand = "hand", [1, 0]
    with pytest.raises(ValueError, match="nothing to retrain without any head"):
        pruner.retrain()
