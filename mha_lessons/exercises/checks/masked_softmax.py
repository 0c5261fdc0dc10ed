"""A softmax over the keys that a query may look at."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from mha_lessons.exercises.case import Case
from mha_lessons.exercises.checks.known import SAYS, known
from mha_lessons.exercises.draw import may_look, normal
from mha_lessons.exercises.exercise import Cause, Exercise, Wanted


def draw(rng: np.random.Generator) -> list[Case]:
    """Scores [batch, head, query, key], and masks that broadcast to them."""
    name = "masked_softmax"

    def plain(*shape: int) -> dict[str, np.ndarray]:
        return {"scores": 2 * normal(rng, *shape), "mask": may_look(rng, *shape[2:])}

    low = plain(2, 3, 4, 5)
    low["scores"] = -20_000 + normal(rng, 2, 3, 4, 5)
    high = plain(2, 3, 4, 5)
    high["scores"] = 10_000 + normal(rng, 2, 3, 4, 5)
    nothing = plain(2, 3, 4, 5)
    nothing["mask"][int(rng.integers(4))] = False
    own = plain(2, 3, 4, 5) | {"mask": may_look(rng, 2, 1, 4, 5)}
    all_of_it = plain(2, 3, 4, 5) | {"mask": np.ones((4, 5), bool)}
    one = {"scores": normal(rng, 2, 3, 4, 1), "mask": np.ones((4, 1), bool)}
    edge, probe = "edge cases", normal(rng, 2, 3, 4, 5)
    of = ("scores",)
    return [
        Case("shape", name, args=plain(2, 3, 4, 5)),
        Case("rows sum to one", name, args=plain(2, 3, 4, 5)),
        Case("values", name, args=plain(2, 3, 4, 5)),
        Case("values", name, args=own, label="a mask of its own for each sentence"),
        Case("values", name, args=all_of_it, label="a mask that allows everything"),
        Case(edge, name, args=high, label="scores of 10,000"),
        Case(edge, name, args=low, label="scores of -20,000"),
        Case(edge, name, args=nothing, label="a query that may look at nothing"),
        Case(edge, name, args=one, label="one key"),
        Case(edge, name, args=plain(1, 3, 4, 5), label="a batch of one"),
        Case(edge, name, args=plain(2, 3, 4, 5), strided=True, label="inputs that are not contiguous"),
        Case("gradients", name, args=plain(2, 3, 4, 5), gradient_of=of, probe=probe),
        Case(
            "gradients",
            name,
            args=nothing,
            gradient_of=of,
            probe=probe,
            label="a query that may look at nothing",
        ),
    ]


def right(scores: Tensor, mask: Tensor) -> Tensor:
    """Zeros where nothing may be looked at, and no NaN on the way."""
    nothing = ~mask.any(-1, keepdim=True)
    return scores.masked_fill(~(mask | nothing), -math.inf).softmax(-1).masked_fill(nothing, 0)


def _filled(scores: Tensor, mask: Tensor, value: float, dim: int = -1) -> Tensor:
    return scores.masked_fill(~mask, value).softmax(dim)


def _without_shift(scores: Tensor, mask: Tensor) -> Tensor:
    parts = scores.exp() * mask
    return parts / parts.sum(-1, keepdim=True)


def _without_shift_by_fill(scores: Tensor, mask: Tensor) -> Tensor:
    parts = scores.exp().masked_fill(~mask, 0)
    return parts / parts.sum(-1, keepdim=True)


OVERFLOW = (
    "e to the power of a large score is infinite, and of a very low one 0: infinity divided by "
    "infinity is NaN, and so is 0 divided by 0. Only differences of scores matter."
)


EXERCISE = Exercise(
    name="masked_softmax",
    wanted=(
        Wanted(
            "masked_softmax(scores, mask)",
            {"attn": ("batch", "head", "query", "key")},
            right=right,
        ),
    ),
    draw=draw,
    causes=(
        known(
            "mask inverted",
            lambda scores, mask: right(scores, ~mask),
        ),
        Cause("mask ignored", "the mask is not used.", lambda scores, mask: scores.softmax(-1)),
        known(
            "mask after softmax",
            lambda scores, mask: scores.softmax(-1) * mask,
        ),
        known(
            "masked scores are 0",
            lambda scores, mask: _filled(scores, mask, 0.0),
        ),
        Cause(
            "over the queries",
            SAYS["softmax over the queries"],
            lambda scores, mask: _filled(scores, mask, -math.inf, -2).nan_to_num(0),
        ),
        known(
            "0 by 0",
            lambda scores, mask: _filled(scores, mask, -math.inf),
        ),
        known(
            "mean of all",
            lambda scores, mask: _filled(scores, mask, -1e9),
        ),
        Cause(
            "not low enough",
            "masked scores are set to a number that other scores can fall below: then the masked keys win.",
            lambda scores, mask: right(_filled_low(scores, mask), mask | True),
        ),
        Cause("overflow", OVERFLOW, _without_shift),
        Cause("overflow", OVERFLOW, _without_shift_by_fill),
    ),
)


def _filled_low(scores: Tensor, mask: Tensor) -> Tensor:
    return scores.masked_fill(~mask, -1e4)
