"""Near and far: the word just before, and the word that opened the sentence.

A silence of random length, then a sentence. A word reports two others: the one just before it, and the
first one of the sentence, which may stand 2 to 19 places away. Both come from one vocabulary. Some
distances between a word and the first one are never asked about in training; `NearFar.elsewhere` asks about
these alone, and so tells whether the far look carries over to sentences of another build.

What it does not show: that heads of a language model part like this, for here the task itself is one near
look and one far look. And vectors of places are learned one by one, so no number of heads helps at a place
where no sentence began in training.
"""

from dataclasses import dataclass, replace

import numpy as np

from mha_lessons.experiments.problem import SettingsError
from mha_lessons.experiments.task import NOT_ASKED, Sequences, Task, asking, below, draw

NEAREST = 2
"""From here on, the word before and the first word are two different ones."""


@dataclass(frozen=True)
class NearFar(Task):
    """Report the word before, and the first word. The last symbol is silence."""

    distances: tuple[int, ...]
    """how far a word may stand from the first one to be asked about it"""

    def sequences(self, seed: int, first: int, count: int) -> Sequences:
        """`targets[n, t]` is [tokens[n, t - 1], tokens[n, start]] where t - start is among the distances."""
        words = draw(seed, first, count, 1 + self.length)
        start = below(words[:, :1], self.length // 2)
        tokens = below(words[:, 1:], self.classes)
        place = np.arange(self.length)
        sources = np.stack(np.broadcast_arrays(place - 1, start), axis=2)
        sources[~np.isin(place - start, self.distances)] = NOT_ASKED
        tokens[place < start] = self.classes
        return asking(tokens, sources)

    def elsewhere(self) -> "NearFar":
        """The same sentences, asked about at the distances that this task leaves out."""
        every = range(NEAREST, self.length)
        return replace(self, distances=tuple(each for each in every if each not in self.distances))


def near_far(
    length: int = 20, words: int = 16, d_model: int = 64, unseen: tuple[int, ...] = (4, 8, 12)
) -> NearFar:
    """The task in which distances `unseen` are never asked about.

    Raises:
        SettingsError: if nothing would be left to ask.

    >>> tokens, targets, _ = near_far(length=6).sequences(seed=0, first=1, count=1)
    >>> tokens[0].tolist(), targets[0, 5].tolist()  # 16 is silence
    ([16, 16, 3, 15, 2, 1], [2, 3])
    """
    asked = tuple(each for each in range(NEAREST, length) if each not in unseen)
    if not asked:
        raise SettingsError(
            f"no distance is left to ask about: length={length} gives 2 to {length - 1}, and unseen={unseen}"
        )
    return NearFar(
        "near_far",
        length,
        words + 1,
        answers=2,
        classes=words,
        looks_by="content",
        d_model=d_model,
        distances=asked,
    )
