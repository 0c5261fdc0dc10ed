"""Scaled dot-product attention of heads that are there."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from mha_lessons.dot_product import attend
from mha_lessons.exercises.case import Case, Value
from mha_lessons.exercises.checks.known import known
from mha_lessons.exercises.draw import may_look, normal
from mha_lessons.exercises.exercise import Cause, Exercise, Wanted


def _heads(
    rng: np.random.Generator, batch: int, head: int, query: int, key: int, d_head: int
) -> dict[str, Value]:
    made = {"q": query, "k": key, "v": key}
    return {name: normal(rng, batch, head, seq, d_head) for name, seq in made.items()} | {"mask": None}


def draw(rng: np.random.Generator) -> list[Case]:
    """Cross attention throughout, so that queries and keys are not as many."""
    mask = may_look(rng, 4, 5)
    nothing = mask.copy()
    nothing[int(rng.integers(4))] = False
    plain = _heads(rng, 2, 3, 4, 5, 6)
    ones = plain | {"v": np.ones((2, 3, 5, 6), np.float32)}
    huge = _heads(rng, 1, 2, 4, 5, 4)  # whole numbers and √4: exact, so that ties stay ties
    for name, seq in (("q", 4), ("k", 5)):
        huge[name] = 100 * rng.integers(-2, 3, (1, 2, seq, 4)).astype(np.float32)
    probe = normal(rng, 2, 3, 4, 6)
    values, edge = "values", "edge cases"
    return [
        Case("shape", "attend", args=plain),
        Case("rows sum to one", "attend", args=ones, label="values that are all 1"),
        Case(
            "rows sum to one", "attend", args=ones | {"mask": mask}, label="values that are all 1 and a mask"
        ),
        Case(values, "attend", args=_heads(rng, 2, 3, 4, 5, 6)),
        Case(values, "attend", args=_heads(rng, 2, 3, 4, 5, 6) | {"mask": mask}, label="a mask"),
        Case(
            values,
            "attend",
            args=_heads(rng, 2, 3, 4, 5, 6) | {"mask": may_look(rng, 2, 1, 4, 5)},
            label="a mask of its own for each sentence",
        ),
        Case(edge, "attend", args=huge, label="scores of 10,000 and more"),
        Case(edge, "attend", args=plain | {"mask": nothing}, label="a query that may look at nothing"),
        Case(edge, "attend", args=_heads(rng, 2, 3, 1, 1, 6), label="one token"),
        Case(edge, "attend", args=_heads(rng, 1, 3, 4, 5, 6), label="a batch of one"),
        Case(edge, "attend", args=_heads(rng, 2, 6, 4, 5, 1), label="heads of width 1"),
        Case(edge, "attend", args=plain, strided=True, label="inputs that are not contiguous"),
        Case("gradients", "attend", args=plain, gradient_of=("q", "k", "v"), probe=probe),
        Case(
            "gradients",
            "attend",
            args=plain | {"mask": nothing},
            gradient_of=("q", "k", "v"),
            probe=probe,
            label="a query that may look at nothing",
        ),
    ]


def right(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """The package's own."""
    return attend(q, k, v, mask=mask)


def _scores(q: Tensor, k: Tensor, mask: Tensor | None, scale: float | None = None) -> Tensor:
    scores = q @ k.mT * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    return scores if mask is None else scores.masked_fill(~mask, -math.inf)


def _scaled_by(scale: float, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    return _scores(q, k, mask, scale).softmax(-1).nan_to_num(0) @ v


def _mask_after(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    attn = _scores(q, k, None).softmax(-1)
    return (attn if mask is None else attn * mask) @ v


def _without_shift(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    parts = _scores(q, k, mask).exp()
    return parts / parts.sum(-1, keepdim=True) @ v


def _filled(value: float, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    scores = _scores(q, k, None)
    return (scores if mask is None else scores.masked_fill(~mask, value)).softmax(-1) @ v


EXERCISE = Exercise(
    name="attention",
    wanted=(
        Wanted(
            "attend(q, k, v, mask=None)",
            {"z": ("batch", "head", "query", "d_head")},
            right=right,
            row_sums=lambda z: z[..., 0],
        ),
    ),
    draw=draw,
    causes=(
        known(
            "softmax over the queries",
            lambda q, k, v, mask: _scores(q, k, mask).softmax(-2) @ v,
        ),
        Cause(
            "softmax over the heads",
            "the softmax runs over the heads: the weights that sum to 1 are those of one cell in all heads.",
            lambda q, k, v, mask: _scores(q, k, mask).softmax(1) @ v,
        ),
        Cause(
            "no softmax",
            "the scores are used as weights as they are: no softmax makes them shares of 1.",
            lambda q, k, v, mask: (_scores(q, k, None) if mask is None else _scores(q, k, None) * mask) @ v,
        ),
        Cause(
            "mean of the keys",
            "the weighted mean is taken of the keys, not of the values.",
            lambda q, k, v, mask: right(q, k, k, mask),
        ),
        Cause(
            "no scale",
            "the scale is missing: the wider the head, the larger the raw dot products.",
            lambda q, k, v, mask: _scaled_by(1.0, q, k, v, mask),
        ),
        Cause(
            "scale without root",
            "the scores are divided by the width of a head itself: that is more than their spread grows by.",
            lambda q, k, v, mask: _scaled_by(1 / q.shape[-1], q, k, v, mask),
        ),
        Cause(
            "scale the wrong way",
            "the scores are multiplied where they should be divided.",
            lambda q, k, v, mask: _scaled_by(math.sqrt(q.shape[-1]), q, k, v, mask),
        ),
        Cause(
            "scale by the keys",
            "the scale is taken from the number of keys, not from the width of a head.",
            lambda q, k, v, mask: _scaled_by(1 / math.sqrt(k.shape[-2]), q, k, v, mask),
        ),
        Cause(
            "scale after softmax",
            "the division comes after the softmax, so the weights of a row no longer sum to 1.",
            lambda q, k, v, mask: _scaled_by(1.0, q, k, v, mask) / math.sqrt(q.shape[-1]),
        ),
        known(
            "mask inverted",
            lambda q, k, v, mask: right(q, k, v, None if mask is None else ~mask),
        ),
        Cause(
            "mask ignored",
            "the mask is not used.",
            lambda q, k, v, mask: right(q, k, v, None),
        ),
        known(
            "mask after softmax",
            _mask_after,
        ),
        known(
            "masked scores are 0",
            lambda q, k, v, mask: _filled(0.0, q, k, v, mask),
        ),
        Cause(
            "overflow",
            "e to the power of a large score is infinite, and infinity divided by infinity is NaN. What do "
            "the weights depend on, the scores or their differences?",
            _without_shift,
        ),
        known(
            "0 by 0",
            lambda q, k, v, mask: _scores(q, k, mask).softmax(-1) @ v,
        ),
        known(
            "mean of all",
            lambda q, k, v, mask: _filled(-1e9, q, k, v, mask),
        ),
    ),
)
