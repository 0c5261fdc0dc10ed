"""What a task is made of: sequences of symbols, and what is asked about them.

Sequence number n of a seed is a pure function of (seed, n). So a batch can be drawn again, alone and in any
order, and `widgets/core` trains on the very same sequences. Batch s of size B is s·B to s·B + B - 1.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mha_lessons.philox import HALF, WORD, Purpose, philox

FRESH = 1_000_000_000
"""The first sequence kept for tests; training would need 15 million batches of 64 to get here."""

NOT_ASKED = -1
"""The target and the source of a position that has nothing to report."""


class Sequences(NamedTuple):
    """Some sequences with their right answers: every answer is a symbol that stands somewhere in them."""

    tokens: NDArray[np.int32]
    """[sequence, position], symbols as numbers from 0"""
    targets: NDArray[np.int32]
    """[sequence, position, answer], the right symbols; -1 where nothing is asked"""
    sources: NDArray[np.int32]
    """[sequence, position, answer], where they stand; -1 where nothing is asked"""


def asking(tokens: NDArray[np.int32], sources: NDArray[np.integer]) -> Sequences:
    """Sequences that ask each position for the symbols at its sources, [sequence, position, answer].

    >>> asking(np.array([[7, 8, 9]]), np.array([[[1], [2], [-1]]])).targets.tolist()
    [[[8], [9], [-1]]]
    """
    found = tokens[np.arange(len(tokens))[:, None, None], sources]
    targets = np.where(sources == NOT_ASKED, NOT_ASKED, found)
    return Sequences(tokens, targets.astype(np.int32), sources.astype(np.int32))


@dataclass(frozen=True)
class Task(ABC):
    """A family of sequences, and the sizes a model for them needs."""

    name: str
    length: int
    """symbols in a sequence"""
    symbols: int
    """how many different ones there are"""
    answers: int
    """how many things each asked position has to report"""
    classes: int
    """values that one answer can take"""
    looks_by: Literal["position", "content"]
    """position: queries and keys see where a token stands, values see which it is; content: all see both"""
    d_model: int
    """width of the token vectors in our experiments"""

    @abstractmethod
    def sequences(self, seed: int, first: int, count: int) -> Sequences:
        """Sequences first to first + count - 1 of this seed."""


def draw(seed: int, first: int, count: int, columns: int) -> NDArray[np.uint32]:
    """Random 32-bit words for sequences `first` to `first + count - 1`, [count, columns].

    >>> draw(0, 5, 2, 3)[1].tolist() == draw(0, 6, 1, 7)[0, :3].tolist()
    True
    """
    blocks = -(-columns // 4)
    names = np.arange(first, first + count, dtype=np.uint64)
    counter = np.zeros((count, blocks, 4), dtype=np.uint64)
    counter[:, :, 0] = (names & WORD)[:, None]
    counter[:, :, 1] = (names >> HALF)[:, None]
    counter[:, :, 2] = np.arange(blocks)
    return philox(counter, (seed, Purpose.SEQUENCE)).reshape(count, blocks * 4)[:, :columns]


def below(words: NDArray[np.uint32], limit: int) -> NDArray[np.int32]:
    """Whole numbers from 0 to limit - 1: the upper half of word · limit.

    One number is likelier than another by limit / 2^32 at most. A double holds word · limit exactly for
    limits up to 2^21, so the page gets the same.

    >>> below(np.array([0, 2**31, 2**32 - 1], dtype=np.uint32), 10).tolist()
    [0, 5, 9]
    """
    return ((words.astype(np.uint64) * np.uint64(limit)) >> HALF).astype(np.int32)


def places(words: NDArray[np.uint32], length: int) -> NDArray[np.int32]:
    """Different places in a sequence, one a column: the start of a shuffle (Fisher and Yates, 1938).

    Args:
        words: [sequence, place], from `draw`.
        length: places to choose from.

    >>> places(np.array([[0, 0, 2**32 - 1]], dtype=np.uint32), 5).tolist()
    [[0, 1, 4]]
    """
    count, chosen = words.shape
    order = np.tile(np.arange(length, dtype=np.int32), (count, 1))
    rows = np.arange(count)
    for i in range(chosen):
        j = i + below(words[:, i], length - i)
        order[rows, i], order[rows, j] = order[rows, j], order[rows, i].copy()
    return order[:, :chosen]
