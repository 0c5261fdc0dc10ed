"""Heads taken out of a trained model one by one: in which order, and what is left of its accuracy.

A gate of 0 switches a head off. Everything here works on a `Reader` and gives plain numbers.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from mha_lessons.experiments.evaluation import Score, as_tensors, evaluate
from mha_lessons.experiments.model import Reader
from mha_lessons.experiments.problem import SettingsError
from mha_lessons.experiments.task import FRESH, Task
from mha_lessons.experiments.training import Step, loss_of, train

ORDERING = 1_000_000
"""The sequences that an order is made of lie so far beyond those that it is judged on."""


def gates_without(num_heads: int, removed: Sequence[int]) -> Tensor:
    """A gate for each head: 0 for those removed, 1 for the others.

    >>> gates_without(4, [2, 0])
    tensor([0., 1., 0., 1.])
    """
    gates = torch.ones(num_heads)
    gates[list(removed)] = 0
    return gates


def gate_gradients(model: Reader, task: Task, *, seed: int = 0, count: int = 200) -> list[float]:
    """How much the loss would feel each gate: mean over sequences of |dL / dgate| at gate 1, in nats, [head].

    Source: Michel, Levy and Neubig 2019, "Are Sixteen Heads Really Better than One?", equation 2.
    """
    tokens, targets = as_tensors(task.sequences(seed, FRESH + ORDERING, count))
    gates = torch.ones(count, model.attention.num_heads, requires_grad=True)
    # each sequence has gates of its own, so one sweep backwards gives the gradient of each sequence's loss
    loss = count * loss_of(model(tokens, gates), targets)
    (gradient,) = torch.autograd.grad(loss, gates)
    return [float(each) for each in gradient.abs().mean(0)]


def order_by_gradient(gradients: Sequence[float]) -> list[int]:
    """Heads from the one whose gate the loss feels least to the one that it feels most, by `gate_gradients`.

    >>> order_by_gradient([0.3, 0.1, 0.2])
    [1, 2, 0]
    """
    return sorted(range(len(gradients)), key=gradients.__getitem__)


def order_by_ablation(model: Reader, task: Task, *, seed: int = 0, count: int = 200) -> list[int]:
    """Heads in a greedy order: at each turn the head goes without which the loss is smallest.

    The loss and not the accuracy, because several heads may leave all answers right.
    """
    tokens, targets = as_tensors(task.sequences(seed, FRESH + ORDERING, count))
    num_heads = model.attention.num_heads
    removed: list[int] = []

    @torch.no_grad()
    def loss_without(head: int) -> float:
        gates = gates_without(num_heads, [*removed, head])
        return float(loss_of(model(tokens, gates), targets))

    while len(removed) < num_heads:
        removed.append(min((head for head in range(num_heads) if head not in removed), key=loss_without))
    return removed


def accuracy_curve(
    model: Reader, task: Task, order: Sequence[int], *, seed: int = 0, count: int = 500
) -> list[Score]:
    """Scores as heads go in this order: of the whole model first, then after each removal.

    Args:
        model, task: what is pruned, and what it is judged by.
        order: heads, each once; it may stop early.
        seed, count: of the fresh sequences.

    Raises:
        SettingsError: an order with a head that is not there, or one that comes twice.
    """
    num_heads = model.attention.num_heads
    if len(set(order)) < len(order) or not set(order) <= set(range(num_heads)):
        raise SettingsError(
            f"order should hold heads 0 to {num_heads - 1}, each once at most, got {[*order]}"
        )
    return [
        evaluate(model, task, seed=seed, count=count, gates=gates_without(num_heads, order[:removed]))
        for removed in range(len(order) + 1)
    ]


def retrain(
    model: Reader,
    task: Task,
    removed: Sequence[int],
    *,
    seed: int = 0,
    steps: int = 200,
    learning_rate: float = 3e-3,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Step]:
    """Train on with these heads switched off, in place; see `train` for the rest.

    The sequences are those of seed + 1: none that the model was trained on comes up again.
    """
    gates = gates_without(model.attention.num_heads, removed)
    return train(
        model, task, seed=seed + 1, steps=steps, learning_rate=learning_rate, gates=gates, stopped=stopped
    )
