"""One run: train a model with one head count and one seed, and say what came of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mha_lessons.experiments.evaluation import evaluate, looks, parameters
from mha_lessons.experiments.layers import Layers
from mha_lessons.experiments.model import Reader
from mha_lessons.experiments.near_far import NearFar
from mha_lessons.experiments.problem import DivergenceError
from mha_lessons.experiments.settings import Settings
from mha_lessons.experiments.task import Task
from mha_lessons.experiments.training import train

WINDOW = 25
"""Steps whose mean loss makes one point of the curve."""


@dataclass(frozen=True)
class Run:
    """What came of one run."""

    num_heads: int
    seed: int
    status: Literal["done", "diverged"]
    steps: int
    """done; where the run diverged, up to the last good one, at which everything here was measured"""
    accuracy: float
    all_right: float
    answers: list[float]
    parameters: int
    d_head: int
    mlp: bool
    cpu_s: float
    """processor seconds of training, on one thread"""
    losses: list[float]
    """mean over each 25 steps, in nats"""
    distances: list[float] | None = None
    """see `Looks`; one-layer models only"""
    on_sources: list[list[float]] | None = None
    unseen: float | None = None
    """accuracy at the distances that near_far never asks about in training"""
    weights: dict[str, NDArray[np.float32]] = field(default_factory=dict, repr=False, compare=False)
    """of the trained one-layer model; kept out of the results"""

    @property
    def key(self) -> tuple[int, int]:
        """Which run of an experiment this is."""
        return self.num_heads, self.seed


def build(settings: Settings, num_heads: int, seed: int) -> Reader | Layers:
    """The model that a run starts from."""
    task = settings.task()
    if settings.experiment == "induction":
        return Layers(task, num_heads, layers=settings.layers or 2, d_head=settings.d_head, seed=seed)
    return Reader(task, num_heads, d_head=settings.d_head, mlp=settings.mlp, seed=seed)


class StoppedError(Exception):
    """The run was told to stop before its end."""


def run(settings: Settings, num_heads: int, seed: int, stopped: Callable[[], bool] = lambda: False) -> Run:
    """Train and measure; the same settings, head count and seed give the same result.

    Raises:
        SettingsError: for a head count or seed that cannot be.
        StoppedError: `stopped` said so.
    """
    settings.check_run(num_heads, seed)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # these products are too small to share, and one order of sums gives one result
    try:
        return _run(settings, num_heads, seed, stopped)
    finally:
        torch.set_num_threads(threads)


def _run(settings: Settings, num_heads: int, seed: int, stopped: Callable[[], bool]) -> Run:
    task, model = settings.task(), build(settings, num_heads, seed)
    losses: list[float] = []
    status: Literal["done", "diverged"] = "done"
    start = time.process_time()
    steps = train(
        model,
        task,
        seed=seed,
        steps=settings.steps,
        batch=settings.batch,
        learning_rate=settings.learning_rate,
        stopped=stopped,
    )
    done = 0
    try:
        for step in steps:
            losses.append(step.loss)
            done = step.number
    except DivergenceError as error:
        status, done = "diverged", error.step
    cpu_s = time.process_time() - start
    if status == "done" and done < settings.steps:
        raise StoppedError
    score = evaluate(model, task, seed=seed)
    return Run(
        num_heads=num_heads,
        seed=seed,
        status=status,
        steps=done,
        **score._asdict(),
        parameters=parameters(model),
        d_head=settings.d_head or task.d_model // num_heads,
        mlp=settings.mlp,
        cpu_s=cpu_s,
        losses=[float(np.mean(losses[i : i + WINDOW])) for i in range(0, done, WINDOW)],
        **_looks(model, task, seed),
    )


def _looks(model: nn.Module, task: Task, seed: int) -> dict[str, Any]:
    """What only some models and tasks can say."""
    more: dict[str, Any] = {}
    if isinstance(model, Reader):
        more |= looks(model, task, seed=seed)._asdict() | {"weights": model.weights()}
    if isinstance(task, NearFar):
        more["unseen"] = evaluate(model, task.elsewhere(), seed=seed).accuracy
    return more
