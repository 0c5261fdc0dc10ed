"""What an attempt at a puzzle gives, computed by the torch module. Twin: `widgets/core/head_puzzle.ts`."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from mha_lessons.attention import MultiHeadAttention
from mha_lessons.puzzles import PUZZLES, TOLERANCE, check_attempt


class Attempt(NamedTuple):
    """The heads as they are set, and how far they are from the goal."""

    q: Float[Tensor, "seq width"]
    """What each word asks, the columns of all heads side by side."""
    k: Float[Tensor, "seq width"]
    """What each word offers."""
    scores: Float[Tensor, "head query key"]
    """q k / sqrt(d_head)"""
    attn: Float[Tensor, "head query key"]
    report: Float[Tensor, "slot query key"]
    """What fills each slot: the attention of its head, or the mean of all heads in a single slot."""
    distance: Float[Tensor, "slot query"]
    """The share of attention that is astray: half the sum of |report - goal|; 0 where a row is free."""
    solved: bool
    """No row has more than `TOLERANCE` astray."""


def attempt(puzzle: str, num_heads: int, w_q: Sequence[float] = (), w_k: Sequence[float] = ()) -> Attempt:
    """Compute an attempt at a puzzle.

    Args:
        puzzle: a name of `PUZZLES`.
        num_heads: one of the puzzle's head counts.
        w_q: a row a feature, a column each of the puzzle's width, written in one list; none means zeros.
        w_k: the same.

    Raises:
        ValueError: with the sentence of `check_attempt`.

    >>> tried = attempt("noun", 1, w_q=[2, 0], w_k=[0, 1])
    >>> tried.solved, round(tried.distance.max().item(), 3)
    (False, 0.289)
    """
    if fault := check_attempt(puzzle, num_heads, w_q, w_k):
        raise ValueError(fault)
    found = PUZZLES[puzzle]
    x = torch.from_numpy(found.x)[None]
    shape = (len(found.features), found.width)
    weights = [
        torch.tensor(list(w) or [0] * found.entries, dtype=torch.float32).view(shape) for w in (w_q, w_k)
    ]
    unused = torch.zeros(shape)  # what a head finds is the share of each word: no values are needed
    mha = MultiHeadAttention.from_weights(*weights, unused, unused.T, num_heads=num_heads)
    with torch.no_grad():
        trace = mha.trace(x)
    q, k = (part[0].transpose(0, 1).reshape(len(found.tokens), found.width) for part in (trace.q, trace.k))
    attn = trace.attn[0]
    slots = len(found.slots)
    report = attn.mean(0, keepdim=True) if slots == 1 else attn.expand(slots, -1, -1)
    goals = torch.from_numpy(found.goals)
    wanted = goals.any(-1)
    distance = (report - goals).abs().sum(-1) / 2 * wanted
    return Attempt(q, k, trace.scores[0], attn, report, distance, bool(distance.max() <= TOLERANCE))
