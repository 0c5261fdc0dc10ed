"""Induction: go on with a pattern that has begun.

A run of 6 to 12 different symbols is repeated until the sequence is full. From its second round on, each
position reports what comes next: the symbol that followed the last time. The period varies, so no fixed
look finds it. One must look for the place *after* the former one of the same symbol, and for this a first
layer has to tell each place what stood before it. It is the counter-example of the book: depth decides
here, not the number of heads.

Source: Olsson et al. 2022, "In-context Learning and Induction Heads".
"""

from dataclasses import dataclass

import numpy as np

from mha_lessons.experiments.task import NOT_ASKED, Sequences, Task, asking, below, draw, places

SHORTEST, LONGEST = 6, 12
"""The period, in symbols."""


@dataclass(frozen=True)
class Induction(Task):
    """Report the next symbol of a run that repeats."""

    def sequences(self, seed: int, first: int, count: int) -> Sequences:
        """`targets[n, t]` is [tokens[n, t + 1]], found at t + 1 - period, from the second round on."""
        words = draw(seed, first, count, 1 + LONGEST)
        period = SHORTEST + below(words[:, :1], LONGEST - SHORTEST + 1)
        place = np.arange(self.length)
        tokens = np.take_along_axis(places(words[:, 1:], self.symbols), place % period, axis=1)
        sources = np.where(place >= period, place + 1 - period, NOT_ASKED)
        return asking(tokens, sources[:, :, None])


def induction(d_model: int = 64) -> Induction:
    """The task for sequences of 24 symbols out of 24.

    >>> tokens, targets, _ = induction().sequences(seed=0, first=0, count=1)
    >>> tokens[0, :12].tolist(), targets[0, 6:11, 0].tolist()
    ([12, 15, 5, 22, 8, 13, 7, 12, 15, 5, 22, 8], [-1, 15, 5, 22, 8])
    """
    return Induction("induction", 24, 24, answers=1, classes=24, looks_by="content", d_model=d_model)
