"""Which heads a model needs: on small models, where each number can be had another way."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody gives it

from mha_lessons.heads import tasks as tasks_module
from mha_lessons.heads.importance import ablation, gradient_importance, prune
from mha_lessons.heads.tasks import SCALE, NextToken, Paraphrases, Task, batch, tasks_of
from mha_lessons.models import Model, ModelError, gated
from tests.tiny_models import tiny

PAIRS = [
    ("the dog chased a cat", "a dog barked"),
    ("she see the birds", "the bird that he see"),
    ("because it was her cat", "his dogs"),
]
TEXTS = [one for one, _ in PAIRS]


def tasks() -> list[tuple[Model, Task]]:
    encoder, decoder = tiny("bert"), tiny("llama")
    return [(encoder, Paraphrases(encoder, PAIRS)), (decoder, NextToken(decoder, TEXTS))]


BOTH = pytest.mark.parametrize("which", [0, 1], ids=["paraphrases", "next token"])


def mean_loss(task: Task) -> float:
    with torch.no_grad():
        return float(np.mean([loss.item() for loss in task.losses()]))


def test_the_task_fits_the_kind_of_model() -> None:
    assert [task.name for task in tasks_of(tiny("bert"))] == ["paraphrases"] * 2
    assert [task.name for task in tasks_of(tiny("gpt2"))] == ["next token"] * 2


@pytest.mark.parametrize("kind", ["bert", "gpt2"])
def test_heads_are_chosen_on_other_sentences_than_they_are_tried_on(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[set[str]] = []
    monkeypatch.setattr(
        tasks_module, "batch", lambda model, texts: read.append(set(texts)) or batch(model, texts)
    )
    tasks_of(tiny(kind))
    one, other = read
    assert len(one) == len(other) == (32 if kind == "bert" else 16)
    assert not one & other


def test_the_loss_of_paraphrases_is_the_cross_entropy_of_scaled_cosines_both_ways() -> None:
    model = tiny("bert")
    vectors = []
    for text in [one for one, _ in PAIRS] + [other for _, other in PAIRS]:  # one at a time: nothing filled up
        ids = torch.tensor([model.encode(text).ids])
        vectors.append(F.normalize(model.hidden(ids, torch.ones_like(ids))[0].mean(0), dim=0))
    scores = SCALE * torch.stack(vectors[:3]) @ torch.stack(vectors[3:]).T
    wanted = [-scores.log_softmax(1).diag(), -scores.log_softmax(0).diag()]
    found = torch.stack(list(Paraphrases(model, PAIRS).losses()))
    torch.testing.assert_close(found, torch.cat(wanted), atol=1e-4, rtol=1e-4)
    right = [(scores.argmax(1) == torch.arange(3)), (scores.argmax(0) == torch.arange(3))]
    loss, accuracy = Paraphrases(model, PAIRS).judge()
    assert accuracy == pytest.approx(torch.cat(right).float().mean().item())
    assert loss == pytest.approx(found.mean().item(), rel=1e-4)


def test_the_loss_of_the_next_token_is_that_of_transformers_own_model() -> None:
    from transformers import LlamaForCausalLM

    model = tiny("llama")
    theirs = LlamaForCausalLM(model.network.config).eval()
    theirs.model.load_state_dict(model.network.state_dict())
    theirs.tie_weights()
    task = NextToken(model, TEXTS)
    with torch.no_grad():
        for text, loss in zip(TEXTS, task.losses(), strict=True):
            ids = torch.tensor([model.encode(text).ids])
            assert loss.item() == pytest.approx(theirs(ids, labels=ids).loss.item(), rel=1e-4)
    assert task.judge()[0] == pytest.approx(mean_loss(task), rel=1e-4)


def test_a_model_without_output_words_cannot_be_asked_for_the_next_token() -> None:
    model = tiny("llama")
    model.network.config.tie_word_embeddings = False
    with pytest.raises(ModelError, match="llama was loaded without its output words"):
        NextToken(model, TEXTS)


def test_texts_of_unlike_lengths_are_filled_up_on_the_right_and_marked() -> None:
    ids, there = batch(tiny("bert"), ["the dog", "the dog barked"])
    assert ids.shape == there.shape == (2, 6)  # [CLS] the dog bark ##ed [SEP]
    assert there.sum(1).tolist() == [4, 6]
    assert (ids[0, 4:] == 0).all()


@BOTH
def test_the_slope_of_a_gate_is_that_of_a_small_step(which: int) -> None:
    model, task = tasks()[which]
    model.network.double()
    found = gradient_importance(model, task)
    step = 1e-4
    for layer, head in ((0, 2), (1, 0)):
        sides = []
        for sign in (1, -1):
            gates = torch.ones(2, 3, dtype=torch.float64)
            gates[layer, head] += sign * step
            with torch.no_grad(), gated(model, gates):
                sides.append(torch.stack(list(task.losses())))
        slope = ((sides[0] - sides[1]) / (2 * step)).abs().mean().item()
        assert found[layer, head] == pytest.approx(slope, rel=1e-3, abs=1e-5)
    assert found.min() > 0


@BOTH
def test_a_head_that_adds_nothing_has_no_importance_either_way(which: int) -> None:
    model, task = tasks()[which]
    layer = model.layers[1]
    if which == 0:  # its values are zero
        layer.value.weight.data[8:16] = 0
        layer.value.bias.data[8:16] = 0
    else:  # its part of W^O is zero
        layer.o_proj.weight.data[:, 8:16] = 0
    slopes = gradient_importance(model, task)
    assert slopes[1, 1] == pytest.approx(0, abs=1e-7)
    assert np.delete(slopes.ravel(), 4).min() > 1e-6
    losses = ablation(model, task, 1)
    assert losses[1] == pytest.approx(mean_loss(task), abs=1e-6)
    assert abs(losses[0] - mean_loss(task)) > 1e-4


@BOTH
def test_pruning_takes_heads_out_in_the_order_given(which: int) -> None:
    model, task = tasks()[which]
    order = np.array([4, 0, 5, 1, 2, 3])
    curve = prune(model, task, order, shares=(0.0, 1 / 6, 0.5))
    assert [each.removed for each in curve] == [0, 1, 3]
    assert curve[0].loss == pytest.approx(mean_loss(task), rel=1e-4)
    assert curve[1].loss == pytest.approx(ablation(model, task, 1)[1], rel=1e-6)
    gates = torch.tensor([[0.0, 1, 1], [1, 0, 0]])
    with gated(model, gates):
        assert curve[2].loss == pytest.approx(task.judge()[0], rel=1e-6)
