"""Which heads does a model need? By the gradient of a gate, and by taking heads out, one or many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from mha_lessons.heads.tasks import Task
from mha_lessons.models import Model, gated

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def gradient_importance(model: Model, task: Task) -> Float[np.ndarray, "layer head"]:
    """How steeply the loss of an example changes with a head's gate, at gate 1: mean of |d loss / d gate|.

    Source: Michel et al. 2019, section 4.1 (there scaled within each layer; here as it is).
    """
    gates = torch.ones(model.num_layers, model.num_heads, requires_grad=True)
    total, examples = torch.zeros_like(gates), 0
    with gated(model, gates), torch.enable_grad():
        for loss in task.losses():
            (slope,) = torch.autograd.grad(loss, gates, retain_graph=True)  # examples may share a run
            total, examples = total + slope.abs(), examples + 1
    return (total / examples).detach().numpy()


def ablation(model: Model, task: Task, layer: int) -> Float[np.ndarray, " head"]:
    """The mean loss when each head of a layer is taken out alone."""
    losses = []
    for head in range(model.num_heads):
        gates = torch.ones(model.num_layers, model.num_heads)
        gates[layer, head] = 0
        with gated(model, gates):
            losses.append(task.judge()[0])
    return np.array(losses)


@dataclass(frozen=True)
class Pruned:
    """What is left of a model when a share of its heads is out.

    Attributes:
        removed: how many heads are out.
        loss, accuracy: of the task.
    """

    removed: int
    loss: float
    accuracy: float


def prune(
    model: Model, task: Task, order: Int[np.ndarray, " head"], shares: Sequence[float] = SHARES
) -> list[Pruned]:
    """Take out the first heads of an order, heads of all layers in a row, more and more of them."""
    curve = []
    for share in shares:
        removed = round(share * len(order))
        gates = torch.ones(model.num_layers * model.num_heads)
        gates[torch.as_tensor(order[:removed].copy())] = 0
        gates = gates.reshape(model.num_layers, model.num_heads)
        with gated(model, gates):
            curve.append(Pruned(removed, *task.judge()))
    return curve


def importance(
    gradient: Float[np.ndarray, "layer head"],
    rise: Float[np.ndarray, "layer head"],
    curves: Float[np.ndarray, "order share 3"],
) -> dict[str, Any]:
    """How far gradient and ablation agree, and the price of taking heads out.

    Args:
        gradient: of `gradient_importance`.
        rise: how much the loss rises when a head is taken out alone.
        curves: heads removed, loss, accuracy; in the order by gradient, by ablation, then random orders.
            Their first point is the whole model.
    """
    from scipy.stats import spearmanr

    by_gradient, by_ablation, random = curves[0], curves[1], curves[2:]
    return {
        "loss": by_gradient[0, 1],
        "accuracy": by_gradient[0, 2],
        "spearman": float(spearmanr(gradient.ravel(), rise.ravel()).statistic),
        "better_without": int((rise < 0).sum()),
        "removed": by_gradient[:, 0].astype(int),
        "by_gradient": {"loss": by_gradient[:, 1], "accuracy": by_gradient[:, 2]},
        "by_ablation": {"loss": by_ablation[:, 1], "accuracy": by_ablation[:, 2]},
        "at_random": {
            "orders": len(random),
            "loss": random[..., 1].mean(0),
            "accuracy": random[..., 2].mean(0),
        },
    }
