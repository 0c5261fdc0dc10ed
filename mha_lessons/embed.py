"""A sentence becomes vectors: one seeded vector per word, plus a code of its place.

`widgets/core/embed.ts` gives the same bits.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mha_lessons.philox import Purpose, seeded
from mha_lessons.tokens import tokenize

WORD_VARIANCE = 0.5
"""Word vector and position code have this variance each, so that an entry of x has variance 1."""


def word_row(word: str) -> int:
    """Where a word lives in the seeded table: 64-bit FNV-1a of its UTF-8 bytes (Fowler, Noll and Vo).

    >>> f"{word_row('a'):x}"
    'af63dc4c8601ec8c'
    """
    row = 0xCBF29CE484222325
    for byte in word.encode():
        row = (row ^ byte) * 0x100000001B3 % 2**64
    return row


def on_grid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounded to a multiple of 2^-16, so that an error in the last bit of sin or cos cannot be seen."""
    return np.floor(values * 65536 + 0.5) / 65536


def position_code(seq: int, d_model: int) -> NDArray[np.float32]:
    """The sinusoids of Vaswani et al. 2017, section 3.5: [seq, d_model], even columns sin, odd columns cos.

    >>> position_code(2, 4).round(4).tolist()[0]
    [0.0, 1.0, 0.0, 1.0]
    """
    column = np.arange(d_model)
    angle = np.arange(seq)[:, None] / 10000.0 ** ((column - column % 2) / d_model)
    return on_grid(np.where(column % 2 == 0, np.sin(angle), np.cos(angle))).astype(np.float32)


def embed(text: str, d_model: int, seed: int) -> NDArray[np.float32]:
    """The token vectors x of a sentence, [seq, d_model].

    A word, as it is written, gets the same vector wherever it stands, and a place the same code whatever
    stands there. So two sentences that differ in one word share the vectors of all other places.

    >>> one, other = embed("cats chase mice", 8, seed=0), embed("dogs chase mice", 8, seed=0)
    >>> (one == other).all(axis=1)
    array([False,  True,  True])
    """
    return embed_tokens(tokenize(text), d_model, seed)


def embed_tokens(tokens: Sequence[str], d_model: int, seed: int) -> NDArray[np.float32]:
    """`embed` of a sentence that is already cut into tokens."""
    rows = [word_row(token) for token in tokens]
    return seeded(seed, Purpose.WORD, rows, d_model, variance=WORD_VARIANCE) + position_code(
        len(rows), d_model
    )
