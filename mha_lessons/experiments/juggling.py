"""Juggling: report several places at once.

Symbols stand around a circle, as on a clock. Every position has to report the k symbols that follow it,
each in its own answer. Where to look is fixed, what is found there is not, and no look tells anything about
another: so this asks for k looks at once, and for nothing else.
"""

from dataclasses import dataclass

import numpy as np

from mha_lessons.experiments.problem import SettingsError
from mha_lessons.experiments.task import Sequences, Task, asking, below, draw


@dataclass(frozen=True)
class Juggling(Task):
    """Report the symbols 1, 2, ..., k places on."""

    def sequences(self, seed: int, first: int, count: int) -> Sequences:
        """`targets[n, t, m]` is `tokens[n, (t + m + 1) mod length]`."""
        tokens = below(draw(seed, first, count, self.length), self.symbols)
        ahead = np.arange(self.length)[:, None] + np.arange(1, self.answers + 1)
        return asking(tokens, np.tile(ahead % self.length, (count, 1, 1)))


def juggling(k: int = 4, length: int = 12, symbols: int = 16, d_model: int = 64) -> Juggling:
    """The task with k symbols to report.

    Raises:
        SettingsError: if the circle has no k other places.

    >>> tokens, targets, _ = juggling(k=2, length=5).sequences(seed=0, first=0, count=1)
    >>> tokens[0].tolist(), targets[0, 4].tolist()
    ([2, 8, 10, 2, 14], [2, 8])
    """
    if not 1 <= k <= length - 1:
        raise SettingsError(
            f"k should be 1 to {length - 1}, the other places in a sequence of {length}, got {k}"
        )
    return Juggling(
        "juggling", length, symbols, answers=k, classes=symbols, looks_by="position", d_model=d_model
    )
