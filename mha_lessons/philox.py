"""Seeded numbers without a state: Philox4x32-10.

A counter and a key go in, four 32-bit words come out. Any entry of any matrix can be drawn alone and in any
order, so a larger matrix extends a smaller one. `widgets/core/philox.ts` gives the same bits.

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
"""

import math
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

ROUNDS = 10
MULTIPLIERS = np.array([0xD2511F53, 0xCD9E8D57], dtype=np.uint64)
WEYL = np.array([0x9E3779B9, 0xBB67AE85], dtype=np.uint64)  # golden ratio and sqrt(3) - 1, times 2^32
WORD = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


class Purpose(IntEnum):
    """One stream for each use of a seed, so that no two matrices share numbers."""

    WORD = 1
    IDENTITY = 2
    W_Q = 3
    W_K = 4
    W_V = 5
    W_O = 6
    TOKENS = 7
    POSITIONS = 8
    W_IN = 9
    W_OUT = 10
    W_READ = 11
    SEQUENCE = 12


def philox(counter: ArrayLike, key: tuple[int, int]) -> NDArray[np.uint32]:
    """Four random words for each counter.

    Args:
        counter: four words each, [..., 4].
        key: two words.

    >>> [f"{word:08x}" for word in philox([0, 0, 0, 0], key=(0, 0))]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    c0, c1, c2, c3 = np.moveaxis(np.asarray(counter, dtype=np.uint64), -1, 0)
    k0, k1 = np.array(key, dtype=np.uint64)
    for _ in range(ROUNDS):
        left, right = MULTIPLIERS[0] * c0, MULTIPLIERS[1] * c2
        c0, c1 = (right >> HALF) ^ c1 ^ k0, right & WORD
        c2, c3 = (left >> HALF) ^ c3 ^ k1, left & WORD
        k0, k1 = (k0 + WEYL[0]) & WORD, (k1 + WEYL[1]) & WORD
    return np.stack([c0, c1, c2, c3], axis=-1).astype(np.uint32)


def uniform(seed: int, purpose: Purpose, rows: ArrayLike, columns: int) -> NDArray[np.float32]:
    """Uniform numbers in (-1, 1), [len(rows), columns].

    They are odd multiples of 2^-24, so that float32 holds them exactly, none is zero and their mean is zero.
    Their variance is 1/3. An entry depends on the seed, the purpose, the row's name and the column alone.

    Args:
        seed: 0 to 2^32 - 1.
        purpose: which stream.
        rows: a 64-bit name for each row.
        columns: how many numbers in a row.

    >>> uniform(0, Purpose.W_Q, [5, 6], 3)[1] == uniform(0, Purpose.W_Q, [6], 7)[0, :3]
    array([ True,  True,  True])
    """
    names = np.asarray(rows, dtype=np.uint64)
    blocks = -(-columns // 4)
    counter = np.zeros((len(names), blocks, 4), dtype=np.uint64)
    counter[:, :, 0] = (names & WORD)[:, None]
    counter[:, :, 1] = (names >> HALF)[:, None]
    counter[:, :, 2] = np.arange(blocks)
    words = philox(counter, (seed, purpose)).reshape(len(names), blocks * 4)[:, :columns]
    odd = 2 * (words >> np.uint32(8)).astype(np.int64) + 1 - 2**24
    return (odd / 2**24).astype(np.float32)


def seeded(
    seed: int, purpose: Purpose, rows: ArrayLike, columns: int, *, variance: float
) -> NDArray[np.float32]:
    """`uniform` times a float32 factor that gives the entries this variance.

    The page gives the same bits, because each product of two float32 numbers is rounded once.

    >>> bool(abs(seeded(0, Purpose.W_Q, range(200), 200, variance=2.0).var() - 2) < 0.05)
    True
    """
    return uniform(seed, purpose, rows, columns) * np.float32(math.sqrt(3 * variance))
