"""Training, a step at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody gives it
from jaxtyping import Float, Int
from torch import Tensor, nn

from mha_lessons.experiments.evaluation import as_tensors
from mha_lessons.experiments.problem import DivergenceError
from mha_lessons.experiments.task import NOT_ASKED, Task

LOST = 1e6
"""In nats; a loss that is not below this, NaN among them, will not come back."""


@dataclass(frozen=True)
class Step:
    """One step that is done."""

    number: int
    """counted from 1"""
    loss: float
    """mean cross entropy in nats over the answers of its batch, before the step"""
    accuracy: float
    """share of right answers in its batch, before the step"""


def loss_of(
    logits: Float[Tensor, "sequence position answer class"], targets: Int[Tensor, "sequence position answer"]
) -> Float[Tensor, ""]:
    """Mean cross entropy over all answers that are asked, in nats."""
    return F.cross_entropy(logits.flatten(0, 2), targets.flatten(), ignore_index=NOT_ASKED)


def train(
    model: nn.Module,
    task: Task,
    *,
    seed: int = 0,
    steps: int = 500,
    batch: int = 64,
    learning_rate: float = 3e-3,
    gates: Tensor | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Step]:
    """Train a model in place with Adam and tell of each step.

    The caller may stop asking at any step, look at the model in between, and go on.

    Args:
        model: gives logits for tokens, as `Reader` and `Layers` do.
        task: which sequences.
        seed: of the sequences.
        steps: one batch each.
        batch: sequences in a batch.
        learning_rate: constant.
        gates: a factor for each head, the same in all steps; 0 trains without that head.
        stopped: asked before each step; True ends the training.

    Raises:
        DivergenceError: the loss went out of bounds. The model is back at its last good step.

    >>> from mha_lessons.experiments import Reader, juggling
    >>> task = juggling(k=2)
    >>> [step.number for step in train(Reader(task, num_heads=2), task, steps=2)]
    [1, 2]
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    good = _copy(model)
    for done in range(steps + 1):  # the loss after the last step is looked at, too
        if stopped():
            return
        tokens, targets = as_tensors(task.sequences(seed, done * batch, batch))
        loss = torch.tensor(torch.nan)
        if _finite(model):  # attention refuses NaN
            logits = model(tokens, gates)
            loss = loss_of(logits, targets)
        if not loss < LOST:
            model.load_state_dict(good)
            raise DivergenceError(max(done - 1, 0), learning_rate)
        if done == steps:
            return
        good = _copy(model)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield Step(done + 1, loss.item(), _accuracy(logits, targets))


def _accuracy(logits: Tensor, targets: Tensor) -> float:
    right = logits.detach().argmax(-1) == targets
    return float(right.sum() / (targets != NOT_ASKED).sum())


def _finite(model: nn.Module) -> bool:
    return all(bool(torch.isfinite(each).all()) for each in model.parameters())


def _copy(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}
