"""Seeded projections. `widgets/core/weights.ts` gives the same bits.

An entry depends on (seed, matrix, row, column) and on d_model only. So at fixed d_model a change of num_heads
regroups the columns of the same matrices, and a wider layer extends them.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mha_lessons.philox import Purpose, seeded


class Weights(NamedTuple):
    """The four projections; they act as x @ w_q. Width is num_heads * d_head."""

    w_q: NDArray[np.float32]
    """[d_model, width]"""
    w_k: NDArray[np.float32]
    """[d_model, width]"""
    w_v: NDArray[np.float32]
    """[d_model, width]"""
    w_o: NDArray[np.float32]
    """[width, d_model]"""


def random_weights(d_model: int, width: int, seed: int) -> Weights:
    """All four with variance 1 / d_model, w_o too: so a further head adds its part and changes no other's.

    >>> small, large = random_weights(4, 4, seed=0), random_weights(4, 6, seed=0)
    >>> bool((small.w_q == large.w_q[:, :4]).all() and (small.w_o == large.w_o[:4]).all())
    True
    """

    def matrix(purpose: Purpose, rows: int, columns: int) -> NDArray[np.float32]:
        return seeded(seed, purpose, np.arange(rows), columns, variance=1 / d_model)

    return Weights(
        w_q=matrix(Purpose.W_Q, d_model, width),
        w_k=matrix(Purpose.W_K, d_model, width),
        w_v=matrix(Purpose.W_V, d_model, width),
        w_o=matrix(Purpose.W_O, width, d_model),
    )
