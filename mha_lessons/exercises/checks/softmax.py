"""A softmax that cannot overflow."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mha_lessons.exercises.case import Case
from mha_lessons.exercises.draw import normal
from mha_lessons.exercises.exercise import Cause, Exercise, Wanted


def draw(rng: np.random.Generator) -> list[Case]:
    """Scores [batch, head, query, key], every axis of its own length."""

    def plain(*shape: int) -> dict[str, np.ndarray]:
        return {"scores": 2 * normal(rng, *shape)}

    far = normal(rng, 2, 3, 4, 5)
    far[:, :, 1::2] -= 10_000
    large = {"scores": 10_000 + normal(rng, 2, 3, 4, 5)}
    some = plain(2, 3, 4, 5)["scores"]
    some[..., rng.integers(5)] = -np.inf
    edge = "edge cases"
    return [
        Case("shape", "softmax", args=plain(2, 3, 4, 5)),
        Case("rows sum to one", "softmax", args=plain(2, 3, 4, 5)),
        Case("values", "softmax", args=plain(2, 3, 4, 5)),
        Case(edge, "softmax", args=large, label="scores of 10,000"),
        Case(edge, "softmax", args={"scores": far}, label="rows that are 10,000 apart"),
        Case(edge, "softmax", args={"scores": some}, label="a score of -inf in each row"),
        Case(edge, "softmax", args=plain(2, 3, 4, 1), label="one key"),
        Case(edge, "softmax", args=plain(1, 3, 4, 5), label="a batch of one"),
        Case(edge, "softmax", args=plain(2, 3, 4, 5), strided=True, label="scores that are not contiguous"),
        Case(
            "gradients",
            "softmax",
            args=plain(2, 3, 4, 5),
            gradient_of=("scores",),
            probe=normal(rng, 2, 3, 4, 5),
        ),
    ]


def _over(scores: Tensor, dim: int) -> Tensor:
    return scores.softmax(dim)


def _parts(scores: Tensor) -> Tensor:
    return scores / scores.sum(-1, keepdim=True)


EXERCISE = Exercise(
    name="softmax",
    wanted=(
        Wanted(
            "softmax(scores)",
            {"attn": ("batch", "head", "query", "key")},
            right=lambda scores: scores.softmax(-1),
        ),
    ),
    draw=draw,
    causes=(
        Cause(
            "first axis",
            "the sums run over the first axis, the batch: weights of different sentences share one unit.",
            lambda scores: _over(scores, 0),
        ),
        Cause(
            "over the heads",
            "the sums run over the heads: weights of different heads share one unit.",
            lambda scores: _over(scores, 1),
        ),
        Cause(
            "over the queries",
            "the sums run over the queries: for each key the weights sum to 1, not for each query.",
            lambda scores: _over(scores, -2),
        ),
        Cause(
            "all at once",
            "one sum is taken of all numbers, not one for each row.",
            lambda scores: scores.flatten().softmax(0).view_as(scores),
        ),
        Cause(
            "no division",
            "nothing is divided by the sum of the row: these are no shares yet.",
            lambda scores: scores.exp(),
        ),
        Cause(
            "no division after the shift",
            "the largest score of the row is taken off, but nothing is divided by the sum of the row.",
            lambda scores: (scores - scores.amax(-1, keepdim=True)).exp(),
        ),
        Cause(
            "no exponential",
            "the scores are divided by their sum as they are: shares may come out below 0.",
            _parts,
        ),
        Cause(
            "logarithm",
            "these are the logarithms of the weights.",
            lambda scores: scores.log_softmax(-1),
        ),
        Cause(
            "powers of 2",
            "the powers are those of 2, not of e.",
            lambda scores: _parts(torch.exp2(scores - scores.amax(-1, keepdim=True))),
        ),
        Cause(
            "one maximum for all",
            "one number is taken off all rows, so every part of a row far below it is rounded to 0, and "
            "0/0 is NaN.",
            lambda scores: _parts((scores - scores.max()).exp()),
        ),
        Cause(
            "overflow",
            "e to the power of a large score is infinite, and infinity divided by infinity is NaN. What "
            "happens to the weights if the same number is taken off all scores of a row?",
            lambda scores: _parts(scores.exp()),
        ),
        Cause(
            "clamped",
            "large scores are cut off at a limit, so those above it all get the same weight.",
            lambda scores: _parts(scores.clamp(max=80).exp()),
        ),
    ),
)
