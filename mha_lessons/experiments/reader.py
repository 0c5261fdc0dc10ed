"""The weights that a one-layer model, the reader, starts from. `widgets/core/reader.ts` gives the same bits.

    x      = tokens[symbol] + positions[place]         (or one of the two: see `Task.looks_by`)
    out    = multi-head attention of x, without a residual connection
    out    = out + gelu(norm(out) W_in + b_in) W_out + b_out      only with an MLP
    logits = out W_read + b_read                       one group of classes for each answer

Every entry depends on (seed, matrix, row, column) and d_model only. So at fixed d_model all head counts start
from the same numbers, grouped otherwise.
"""

import numpy as np
from numpy.typing import NDArray

from mha_lessons.experiments.task import Task
from mha_lessons.philox import Purpose, seeded
from mha_lessons.weights import random_weights

MLP_WIDTH = 4
"""The hidden layer of the MLP is this many times as wide as a token vector."""


def initial_weights(
    task: Task, concat: int, seed: int, *, mlp: bool = False
) -> dict[str, NDArray[np.float32]]:
    """All parameters by name, in the order the page keeps them.

    Vectors of symbols and places have variance 1, matrices 1 / d_model (w_out: 1 / its rows), biases 0.

    Args:
        task: gives the sizes.
        concat: num_heads · d_head.
        seed: 0 to 2^32 - 1.
        mlp: whether an MLP follows the attention.

    >>> from mha_lessons.experiments.juggling import juggling
    >>> sum(w.size for w in initial_weights(juggling(), 64, seed=0).values())
    22592
    """
    d_model, width = task.d_model, MLP_WIDTH * task.d_model

    def drawn(purpose: Purpose, rows: int, columns: int, variance: float) -> NDArray[np.float32]:
        return seeded(seed, purpose, np.arange(rows), columns, variance=variance)

    def zeros(size: int) -> NDArray[np.float32]:
        return np.zeros(size, dtype=np.float32)

    w = random_weights(d_model, concat, seed)
    weights = {
        "tokens": drawn(Purpose.TOKENS, task.symbols, d_model, 1),
        "positions": drawn(Purpose.POSITIONS, task.length, d_model, 1),
        "w_qkv": np.concatenate([w.w_q, w.w_k, w.w_v], axis=1),
        "b_qkv": zeros(3 * concat),
        "w_o": w.w_o,
        "b_o": zeros(d_model),
    }
    if mlp:
        weights |= {
            "norm_w": np.ones(d_model, dtype=np.float32),
            "norm_b": zeros(d_model),
            "w_in": drawn(Purpose.W_IN, d_model, width, 1 / d_model),
            "b_in": zeros(width),
            "w_out": drawn(Purpose.W_OUT, width, d_model, 1 / width),
            "b_out": zeros(d_model),
        }
    logits = task.answers * task.classes
    weights |= {"w_read": drawn(Purpose.W_READ, d_model, logits, 1 / d_model), "b_read": zeros(logits)}
    return weights
