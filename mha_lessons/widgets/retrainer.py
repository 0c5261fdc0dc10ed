"""Retraining of a pruned reader by torch, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from mha_lessons.experiments.problem import DivergenceError
from mha_lessons.widgets.pruned_reader import JUDGE_COUNT, PrunedReader

STEPS = 100
PAUSE = 0.1
"""Seconds of training between two looks at it."""


class Retrainer:
    """One retraining at a time, and what came of those before.

    Args:
        tell: called, from the thread too, whenever there is something new to show.
    """

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._turn = 0  # a thread of another turn has been stopped
        self.forget()

    def facts(self) -> dict[str, Any]:
        """What the widget shows: retrained, training, note; and `attn` after the last retraining, or None."""
        with self._lock:
            return dict(self._facts)

    def start(self, pruned: PrunedReader, off: list[int]) -> None:
        """Train a copy on without these heads, in the background."""
        self.stop()
        self._put(training={"off": off, "steps": 0, "of": STEPS}, note="")
        # A daemon: it ends with the kernel, however that ends.
        self._thread = threading.Thread(
            target=self._work, args=(pruned, off, self._turn), name="head-pruner", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Make no further step."""
        self._turn += 1
        if self.facts()["training"]:
            self._put(training=None, note="Retraining was stopped.")

    def forget(self) -> None:
        """Stop, and drop what was retrained."""
        self._turn += 1
        with self._lock:
            self._facts: dict[str, Any] = {"retrained": [], "attn": None, "training": None, "note": ""}

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the thread has ended."""
        if self._thread:
            self._thread.join(seconds)

    def _put(self, **facts: Any) -> None:
        with self._lock:
            self._facts |= facts

    def _work(self, pruned: PrunedReader, off: list[int], turn: int) -> None:
        from mha_lessons.experiments.evaluation import evaluate
        from mha_lessons.experiments.pruning import gates_without, retrain

        reader, told = pruned.copy(), time.monotonic()
        steps = retrain(
            reader, pruned.task, off, seed=pruned.seed, steps=STEPS, stopped=lambda: turn != self._turn
        )
        try:
            for step in steps:
                if time.monotonic() - told > PAUSE and turn == self._turn:
                    self._put(training={"off": off, "steps": step.number, "of": STEPS})
                    self._tell()
                    told = time.monotonic()
        except DivergenceError as error:
            if turn == self._turn:
                self._put(training=None, note=f"Retraining did not work here: {error}")
                self._tell()
            return
        gates = gates_without(pruned.num_heads, off)
        score = evaluate(reader, pruned.task, seed=pruned.seed, count=JUDGE_COUNT, gates=gates)
        if turn != self._turn:
            return
        others = [each for each in self.facts()["retrained"] if set(each["off"]) != set(off)]
        made = {"off": off, "steps": STEPS, "accuracy": score.accuracy, "all_right": score.all_right}
        self._put(training=None, retrained=[*others, made], attn=reader.attn(pruned.held)[0])
        self._tell()
