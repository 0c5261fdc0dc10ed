"""Heads switched off one by one."""

import pytest
import torch

from mha_lessons.experiments import Reader, evaluate, juggling, train
from mha_lessons.experiments.evaluation import as_tensors
from mha_lessons.experiments.problem import SettingsError
from mha_lessons.experiments.pruning import (
    ORDERING,
    accuracy_curve,
    gate_gradients,
    gates_without,
    order_by_ablation,
    order_by_gradient,
    retrain,
)
from mha_lessons.experiments.task import FRESH, Task
from mha_lessons.experiments.training import loss_of


@pytest.fixture(scope="module")
def juggler() -> tuple[Reader, Task]:
    """Six heads that have learned to report two places, so four are to spare."""
    torch.set_num_threads(1)
    task = juggling(k=2, length=7, symbols=5, d_model=24)
    reader = Reader(task, 6)
    for _ in train(reader, task, steps=150):
        pass
    assert evaluate(reader, task).accuracy > 0.99
    return reader, task


def test_a_gate_s_importance_is_the_mean_size_of_the_loss_s_slope_there(juggler: tuple[Reader, Task]) -> None:
    reader, task = juggler
    tokens, targets = as_tensors(task.sequences(0, FRESH + ORDERING, 4))
    slopes = []
    for each in range(4):
        losses = []
        for gate in (0.99, 1.01):
            gates = torch.ones(6)
            gates[2] = gate
            with torch.no_grad():
                losses.append(loss_of(reader(tokens[each, None], gates), targets[each, None]).item())
        slopes.append(abs(losses[1] - losses[0]) / 0.02)
    assert gate_gradients(reader, task, count=4)[2] == pytest.approx(sum(slopes) / 4, rel=0.02, abs=1e-5)


def test_the_order_by_gradient_starts_with_the_gate_that_is_felt_least(juggler: tuple[Reader, Task]) -> None:
    gradients = gate_gradients(*juggler)
    assert [gradients[head] for head in order_by_gradient(gradients)] == sorted(gradients)


def test_a_head_that_does_nothing_goes_first_and_costs_nothing(juggler: tuple[Reader, Task]) -> None:
    trained, task = juggler
    reader = Reader(task, 6)
    reader.set_weights(trained.weights())
    with torch.no_grad():
        reader.attention.w_o[4 * 4 : 5 * 4] = 0  # rows of head 4
    gradients = gate_gradients(reader, task)
    assert gradients[4] == 0
    assert order_by_gradient(gradients)[0] == 4
    whole, without = accuracy_curve(reader, task, [4])
    assert whole == without


def test_the_order_by_ablation_takes_at_each_turn_the_head_that_is_missed_least(
    juggler: tuple[Reader, Task],
) -> None:
    reader, task = juggler
    order = order_by_ablation(reader, task)
    assert sorted(order) == [*range(6)]
    tokens, targets = as_tensors(task.sequences(0, FRESH + ORDERING, 200))
    for turn in range(5):
        losses = {}
        for head in set(range(6)) - set(order[:turn]):
            with torch.no_grad():
                losses[head] = loss_of(
                    reader(tokens, gates_without(6, [*order[:turn], head])), targets
                ).item()
        assert order[turn] == min(losses, key=losses.__getitem__)


def test_the_curve_starts_with_the_whole_model_and_ends_with_chance(juggler: tuple[Reader, Task]) -> None:
    reader, task = juggler
    curve = accuracy_curve(reader, task, order_by_ablation(reader, task), count=1000)
    assert len(curve) == 7
    assert curve[0] == evaluate(reader, task)
    assert curve[-1].accuracy == pytest.approx(1 / 5, abs=0.06)
    assert curve[1].accuracy > 0.99  # heads to spare
    assert curve[5].accuracy < 0.8  # one head for two places


def test_retraining_gets_back_what_a_few_heads_can_hold_and_leaves_the_others_off(
    juggler: tuple[Reader, Task],
) -> None:
    trained, task = juggler
    reader = Reader(task, 6)
    reader.set_weights(trained.weights())
    removed = order_by_ablation(reader, task)[::-1][:3]  # those that are missed most
    gates = gates_without(6, removed)
    before = evaluate(reader, task, gates=gates).accuracy
    for _ in retrain(reader, task, removed, steps=150):
        pass
    assert before < 0.9
    assert evaluate(reader, task, gates=gates).accuracy > 0.97
    for head in removed:
        assert torch.equal(
            reader.attention.w_o[4 * head : 4 * head + 4], trained.attention.w_o[4 * head : 4 * head + 4]
        )


@pytest.mark.parametrize("order", [[0, 0], [6], [-1]])
def test_an_order_with_a_head_that_is_not_there_or_comes_twice_is_refused(
    juggler: tuple[Reader, Task], order: list[int]
) -> None:
    with pytest.raises(SettingsError, match="order should hold heads 0 to 5, each once at most, got"):
        accuracy_curve(*juggler, order)
