"""Two models trained side by side by torch, in a thread of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mha_lessons.experiments.problem import DivergenceError
from mha_lessons.experiments.task import FRESH
from mha_lessons.widgets.trainer_settings import MAX_STEPS, TrainerSettings
from mha_lessons.widgets.trainer_words import heads

if TYPE_CHECKING:
    import torch

    from mha_lessons.trace import Trace

BATCH = 32
TESTS = 200
"""Fresh sequences of the final accuracy."""
PAUSE = 0.08
"""Seconds of training between two looks at it."""


class TrainerRun:
    """One model, its training so far and what came of it."""

    def __init__(self, settings: TrainerSettings, num_heads: int) -> None:
        from mha_lessons.experiments.model import Reader
        from mha_lessons.experiments.training import train

        self.num_heads = num_heads
        self.task = settings.made()
        self.seed = settings.seed
        self.model = Reader(self.task, num_heads, mlp=settings.mlp, seed=settings.seed)
        self.losses: list[float] = []
        self.accuracies: list[float] = []
        self.steps = 0
        self.cpu_ms = 0.0
        self.state = "untrained"
        self.score: tuple[float, float] | None = None
        self._training = train(
            self.model,
            self.task,
            seed=settings.seed,
            steps=MAX_STEPS,
            batch=BATCH,
            learning_rate=settings.learning_rate,
        )

    def advance(self) -> None:
        """One step. A run that diverges is back at its last good step."""
        started = time.thread_time()
        try:
            step = next(self._training)
        except DivergenceError as error:
            self.steps, self.state = error.step, "diverged"
        else:
            self.steps, self.state, self.score = step.number, "training", None
            self.losses.append(step.loss)
            self.accuracies.append(step.accuracy)
        self.cpu_ms += 1000 * (time.thread_time() - started)

    def rest(self) -> None:
        """Measure on fresh sequences what was learned."""
        from mha_lessons.experiments.evaluation import evaluate

        if self.steps and self.score is None:
            found = evaluate(self.model, self.task, seed=self.seed, count=TESTS)
            self.score = found.accuracy, found.all_right
        if self.state == "training":
            self.state = "resting"

    def facts(self) -> dict[str, Any]:
        """Where the run stands, in plain values."""
        accuracy, all_right = self.score or (None, None)
        return {
            "num_heads": self.num_heads,
            "d_head": self.task.d_model // self.num_heads,
            "state": self.state,
            "steps": self.steps,
            "accuracy": accuracy,
            "all_right": all_right,
            "cpu_ms": self.cpu_ms,
        }

    def trace(self) -> Trace:
        """What the attention computes on the held sequence, with the weights as they are now."""
        tokens, _ = self.held()
        return self.model.copy().trace(tokens)  # training changes the weights that a trace reads later

    def held(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The sequence that the pictures are about, [1, position], and its targets."""
        from mha_lessons.experiments.evaluation import as_tensors

        return as_tensors(self.task.sequences(self.seed, FRESH, 1))


class TrainerSession:
    """One head beside several: the same numbers to start from, the same sequences, the same steps.

    Args:
        settings: without faults.
        tell: called from the training's thread whenever there is something new to show.
        deserted: whether nobody looks any more; asked between steps.
    """

    def __init__(
        self, settings: TrainerSettings, tell: Callable[[TrainerSession], None], deserted: Callable[[], bool]
    ) -> None:
        self.settings = settings
        self.runs = [TrainerRun(settings, count) for count in (1, settings.num_heads)]
        self.note = ""
        self.lock = threading.RLock()
        self._tell, self._deserted = tell, deserted
        self._goals = [0, 0]
        self._thread: threading.Thread | None = None
        self._working = False

    def go(self, goals: list[int]) -> None:
        """Train each run up to so many steps, `MAX_STEPS` at most, in the background."""
        with self.lock:
            self._goals = [min(goal, MAX_STEPS) for goal in goals]
            if self._working or not any(self._open()):
                return
            self.note, self._working = "", True
            # A daemon: it ends with the kernel, however that ends.
            self._thread = threading.Thread(target=self._work, name="head-trainer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Make no further step."""
        self._goals = [0, 0]

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the training rests and has been told of."""
        if self._thread:
            self._thread.join(seconds)

    def _open(self) -> list[bool]:
        """Which runs have steps to make."""
        return [
            run.steps < goal and run.state != "diverged"
            for run, goal in zip(self.runs, self._goals, strict=True)
        ]

    def _work(self) -> None:
        while True:
            started = time.monotonic()
            while any(self._open()) and time.monotonic() - started < PAUSE:
                for run, wanted in zip(self.runs, self._open(), strict=True):
                    if wanted:
                        with self.lock:
                            run.advance()
            if self._deserted():
                self.stop()
                self.note = "Training stopped, because nobody was looking any more. Train goes on from here."
            with self.lock:
                if not any(self._open()):
                    self._rest()
                    self._working = False
                    break
            self._tell(self)
        self._tell(self)

    def _rest(self) -> None:
        for run in self.runs:
            run.rest()
            if run.state == "diverged":
                self.note = (
                    f"{heads(run.num_heads)}: the loss went out of bounds after step {run.steps + 1}. "
                    f"Shown is step {run.steps}, the last good one. "
                    "Choose a smaller learning rate to train again."
                )
