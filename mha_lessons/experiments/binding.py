"""Binding: who did what to whom.

Two nouns, a verb between them and other words anywhere. An active verb has its agent before it, a passive
verb after it: *dog bites man*, *man is bitten by dog*. At the verb the model reports the agent and the
patient. Both nouns come from one vocabulary, and a noun's vector says nothing of its role. So whoever looks
at both nouns at once gets a bag of two words and cannot tell who bit whom, unless it weighs one of them
more.

The proof of `mha_lessons.experiments.proof` does not reach here, because attention may depend on the words:
one head is not shown to be unable, it is seen to fail.
"""

from dataclasses import dataclass

import numpy as np

from mha_lessons.experiments.problem import SettingsError
from mha_lessons.experiments.task import NOT_ASKED, Sequences, Task, asking, below, draw, places

OTHER_WORDS = 6
"""Words that are neither nouns nor verbs; they are there to be looked past."""
DRAWN = 6
"""Three places, two nouns and the voice are drawn before the other words."""


@dataclass(frozen=True)
class Binding(Task):
    """Report agent and patient at the verb.

    Symbols: the nouns, then the other words, then the active verb, then the passive verb.
    """

    def sequences(self, seed: int, first: int, count: int) -> Sequences:
        """`targets[n, verb]` is [agent, patient]; nothing is asked elsewhere."""
        words = draw(seed, first, count, DRAWN + self.length)
        nouns, rows = self.classes, np.arange(count)
        before, verb, after = np.sort(places(words[:, :3], self.length), axis=1).T
        one = below(words[:, 3], nouns)
        other = (one + 1 + below(words[:, 4], nouns - 1)) % nouns
        passive = below(words[:, 5], 2)
        tokens = nouns + below(words[:, DRAWN:], OTHER_WORDS)
        tokens[rows, before], tokens[rows, after] = one, other
        tokens[rows, verb] = nouns + OTHER_WORDS + passive
        sources = np.full((count, self.length, 2), NOT_ASKED)
        sources[rows, verb, 0] = np.where(passive == 1, after, before)
        sources[rows, verb, 1] = np.where(passive == 1, before, after)
        return asking(tokens, sources)


def binding(length: int = 12, nouns: int = 16, d_model: int = 48) -> Binding:
    """The task for sentences of this length.

    Raises:
        SettingsError: if there is no room for two nouns and a verb, or there are no two nouns.

    >>> tokens, targets, _ = binding(length=4).sequences(seed=0, first=5, count=1)
    >>> tokens[0].tolist(), targets[0, 1].tolist()  # 23 is the passive verb: the agent comes last
    ([7, 23, 19, 15], [15, 7])
    """
    if length < 3:
        raise SettingsError(f"length should be 3 or more, for two nouns and a verb, got {length}")
    if nouns < 2:
        raise SettingsError(f"nouns should be 2 or more, got {nouns}")
    symbols = nouns + OTHER_WORDS + 2
    return Binding("binding", length, symbols, answers=2, classes=nouns, looks_by="content", d_model=d_model)
