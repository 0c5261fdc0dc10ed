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
DESERTED = "Retraining stopped, because nobody was looking any more."


class Retrainer:
    """One retraining at a time, and what came of those before.

    Args:
        tell: called from the thread whenever there is something new to show.
        deserted: whether nobody looks any more; asked between steps.
    """

    def __init__(self, tell: Callable[[], None], deserted: Callable[[], bool]) -> None:
        self._tell, self._deserted = tell, deserted
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._turn = 0  # a thread of another turn has been stopped
        self._facts = _nothing()

    def facts(self) -> dict[str, Any]:
        """What the widget shows: retrained, training, note; and `attn` after the last retraining, or None."""
        with self._lock:
            return dict(self._facts)

    def start(self, pruned: PrunedReader, off: list[int]) -> None:
        """Train a copy on without these heads, in the background."""
        with self._lock:
            self._turn += 1
            self._facts |= {"training": {"off": off, "steps": 0, "of": STEPS}, "note": ""}
            # A daemon: it ends with the kernel, however that ends.
            self._thread = threading.Thread(
                target=self._work, args=(pruned, off, self._turn), name="head-pruner", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Make no further step."""
        with self._lock:
            self._turn += 1
            if self._facts["training"]:
                self._facts |= {"training": None, "note": "Retraining was stopped."}

    def forget(self) -> None:
        """Stop, and drop what was retrained."""
        with self._lock:
            self._turn += 1
            self._facts = _nothing()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the thread has ended."""
        if self._thread:
            self._thread.join(seconds)

    def _put(self, turn: int, **facts: Any) -> None:
        """Say how a turn stands; one that has been stopped says nothing any more."""
        with self._lock:
            if turn != self._turn:
                return
            self._facts |= facts
        self._tell()

    def _work(self, pruned: PrunedReader, off: list[int], turn: int) -> None:
        from mha_lessons.experiments.evaluation import evaluate
        from mha_lessons.experiments.pruning import gates_without, retrain

        reader, told = pruned.reader.copy(), time.monotonic()
        steps = retrain(
            reader, pruned.task, off, seed=pruned.seed, steps=STEPS, stopped=lambda: turn != self._turn
        )
        try:
            for step in steps:
                if self._deserted():
                    return self._put(turn, training=None, note=DESERTED)
                if time.monotonic() - told > PAUSE:
                    self._put(turn, training={"off": off, "steps": step.number, "of": STEPS})
                    told = time.monotonic()
        except DivergenceError as error:
            return self._put(turn, training=None, note=f"Retraining did not work here: {error}")
        if turn != self._turn:
            return None  # and what a few steps brought need not be measured
        gates = gates_without(pruned.num_heads, off)
        score = evaluate(reader, pruned.task, seed=pruned.seed, count=JUDGE_COUNT, gates=gates)
        made = {"off": off, "steps": STEPS, "accuracy": score.accuracy, "all_right": score.all_right}
        others = [each for each in self.facts()["retrained"] if set(each["off"]) != set(off)]
        return self._put(turn, training=None, retrained=[*others, made], attn=reader.attn(pruned.held)[0])


def _nothing() -> dict[str, Any]:
    return {"retrained": [], "attn": None, "training": None, "note": ""}
