"""HeadSum with a trace handed in: the sum of any module's heads, under gates, and what cannot be summed."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from mha_lessons import MultiHeadAttention
from mha_lessons.widgets import HeadExplorer, HeadSum, HeadTrainer, given
from mha_lessons.widgets.given import NOT_WHOLE, NOTHING_TO_SUM

WORDS = ["she", "left", "him", "there", "again"]
GATES = [0.5, 1, 0, -2]


def layer(**options: Any) -> tuple[MultiHeadAttention, torch.Tensor]:
    """Four heads with biases that are not zero, and a sequence of five vectors."""
    torch.manual_seed(3)
    mha = MultiHeadAttention(12, 4, **options)
    with torch.no_grad():
        for parameter in mha.parameters():
            parameter.normal_()
    return mha, torch.randn(1, 5, 12)


@pytest.mark.parametrize("options", [{}, {"bias": False}, {"num_kv_heads": 2, "d_head": 5}])
def test_the_gates_do_to_a_trace_handed_in_what_the_module_does_with_these_gates(
    options: dict[str, Any],
) -> None:
    mha, x = layer(**options)
    trace = mha.trace(x)
    widget = HeadSum.from_trace(trace, WORDS, gates=GATES)
    found, numbers = widget.sum, widget.numbers()
    gated = mha.trace(x, gates=torch.tensor(GATES))
    torch.testing.assert_close(found.output, gated.output[0].detach(), atol=2e-5, rtol=1e-5)
    torch.testing.assert_close(found.reference, trace.output[0].detach(), atol=2e-5, rtol=1e-5)
    assert torch.equal(found.contributions, trace.contributions[0].detach())
    assert 0 < found.gap < 2e-5, "held against the layer's own output, which is computed in another way"
    assert found.change_gap < 2e-5
    assert numbers["made"] == "tensors handed in"
    assert (numbers["num_heads"], numbers["d_model"], numbers["d_head"]) == (4, 12, mha.d_head)
    assert ("bias" in numbers) == (mha.b_o is not None)
    assert widget.still_figure()[0] == ("Attention handed in; gates 0.5, 1, 0, -2 act on what the heads add")
    np.testing.assert_array_equal(widget.still_figure()[2], trace.attn[0].detach())


def test_with_every_gate_closed_the_bias_is_left_or_nothing() -> None:
    for options in ({}, {"bias": False}):
        mha, x = layer(**options)
        found = HeadSum.from_trace(mha.trace(x), WORDS, gates=[0] * 4).sum
        wanted = torch.zeros(12) if mha.b_o is None else mha.b_o.detach()
        assert torch.equal(found.output, wanted.expand(5, 12))
    assert found.movement.angle.isnan().all(), "nothing has no direction"


def test_with_every_gate_at_1_nothing_has_moved() -> None:
    mha, x = layer()
    assert not torch.stack(HeadSum.from_trace(mha.trace(x), WORDS).sum.movement).any()


def test_what_is_handed_to_a_sum_an_explorer_takes_too_and_its_own_payload_has_not_grown() -> None:
    mha, x = layer()
    trace = mha.trace(x)
    both = HeadSum.from_trace(trace, WORDS)
    alone = HeadExplorer.from_trace(trace, WORDS)
    assert [name for name, _ in alone.given["fields"]] == ["q", "k", "v", "scores", "attn", "z", "output"]
    shown = HeadExplorer(given=both.given).numbers()
    for name, values in alone.numbers().items():
        assert torch.equal(shown[name], values) if isinstance(values, torch.Tensor) else shown[name] == values


def test_trace_is_the_one_handed_in_and_of_the_settings_once_it_is_taken_away() -> None:
    mha, x = layer()
    trace = mha.trace(x)
    widget = HeadSum.from_trace(trace, WORDS, gates=GATES)
    assert widget.trace is trace
    with pytest.raises(ValueError, match="only tensors were handed in"):
        _ = HeadSum(given=widget.given).trace
    widget.given = {}
    assert widget.trace is not trace
    assert widget.numbers().get("made") is None


def test_attention_without_contributions_cannot_be_summed_and_the_sentence_says_what_to_do() -> None:
    mha, x = layer()
    attn = mha.trace(x).attn.detach()
    explorer = HeadExplorer.from_attentions(attn, WORDS)
    with pytest.raises(ValueError, match=re.escape(NOTHING_TO_SUM)):
        HeadSum(given=explorer.given)
    with pytest.raises(
        TypeError, match=r"got Tensor; for weights alone there is HeadExplorer\.from_attentions"
    ):
        HeadSum.from_trace(attn, WORDS)
    linked = HeadSum(group="alone", shared=["given"])
    giver = HeadExplorer(group="alone", shared=["given"])
    giver.given = explorer.given
    assert linked._answer["error"] == NOTHING_TO_SUM
    for widget in (linked, giver):
        widget.close()


def test_a_trace_that_does_not_fit_gets_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    mha, x = layer()
    with pytest.raises(ValueError, match="name the 5 queries and 5 keys of attn, got 2 tokens"):
        HeadSum.from_trace(mha.trace(x), WORDS[:2])
    with pytest.raises(ValueError, match="got a batch of 2; trace one alone"):
        HeadSum.from_trace(mha.trace(x.expand(2, 5, 12)), WORDS)
    monkeypatch.setattr(given, "MOST_WEIGHTS", 4 * 5 * 12 - 1)
    HeadExplorer.from_trace(mha.trace(x), WORDS)
    with pytest.raises(ValueError, match="4 heads x 5 words x 12 dimensions are more than a page can draw"):
        HeadSum.from_trace(mha.trace(x), WORDS)


SPOILS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "no data": lambda g: g | {"data": ""},
    "less data": lambda g: g | {"data": g["data"][:-400]},
    "no text": lambda g: g | {"data": 3},
    "other bytes": lambda g: g | {"data": b64encode(b"abcde").decode()},
    "more heads": lambda g: g | {"num_heads": 5},
    "another width": lambda g: g | {"d_model": 13},
    "fewer words": lambda g: g | {"tokens": ["a"]},
    "no fields": lambda g: g | {"fields": 7},
    "negative": lambda g: g | {"fields": [["contributions", -1]]},
    "something else": lambda _: {"a": 1},
}


@pytest.mark.parametrize("kind", SPOILS)
def test_handed_in_data_that_is_not_whole_gets_one_sentence(kind: str) -> None:
    mha, x = layer()
    spoiled = SPOILS[kind](HeadSum.from_trace(mha.trace(x), WORDS).given)
    for widget in (HeadSum, HeadExplorer):
        with pytest.raises(ValueError, match=re.escape(NOT_WHOLE)):
            widget(given=spoiled)
        later = widget()
        later.given = spoiled
        assert later._answer["error"] == NOT_WHOLE
        later.close()


def test_heads_that_a_trainer_hands_on_reach_the_sum_of_its_group() -> None:
    found = HeadSum(group="sum-bench", shared=["given"], gates=[1, 0])
    trainer = HeadTrainer(k=2, num_heads=2, steps=3, group="sum-bench")
    trainer.train()
    trainer.wait(60)
    trainer.hand_on()
    run = trainer._session().runs[1]
    wanted = run.model.trace(run.held()[0], gates=torch.tensor([1.0, 0.0])).output[0]
    torch.testing.assert_close(found.sum.output, wanted.detach(), atol=1e-5, rtol=1e-5)
    assert found.sum.bias is not None
    assert found.sum.bias.abs().max() > 0, "it was trained"
    assert found.sum.tokens == trainer.words
    for widget in (found, trainer):
        widget.close()
