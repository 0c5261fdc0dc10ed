"""Cutting vectors into heads, and putting heads side by side again."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from mha_lessons.exercises.case import Case, Value
from mha_lessons.exercises.draw import normal
from mha_lessons.exercises.exercise import Cause, Exercise, Wanted


def draw(rng: np.random.Generator) -> list[Case]:
    """Every size of its own; d_model = head times d_head."""

    def whole(batch: int, seq: int, head: int, d_head: int) -> dict[str, Value]:
        return {"x": normal(rng, batch, seq, head * d_head), "num_heads": head}

    def cut(batch: int, seq: int, head: int, d_head: int) -> dict[str, Value]:
        return {"z": normal(rng, batch, head, seq, d_head)}

    cases = []
    for name, made in (("split", whole), ("merge", cut)):
        cases += [
            Case("shape", name, args=made(2, 5, 3, 4)),
            Case("values", name, args=made(2, 5, 3, 4)),
            Case("edge cases", name, args=made(2, 5, 6, 1), label="as many heads as d_model"),
            Case("edge cases", name, args=made(2, 5, 1, 6), label="one head"),
            Case("edge cases", name, args=made(2, 1, 3, 4), label="one token"),
            Case("edge cases", name, args=made(1, 5, 3, 4), label="a batch of one"),
            Case(
                "edge cases",
                name,
                args=made(2, 5, 3, 4),
                strided=True,
                label="an input that is not contiguous",
            ),
        ]
    return cases


def split(x: Tensor, num_heads: int) -> Tensor:
    """Head i owns the numbers i * d_head to (i + 1) * d_head of each token."""
    heads: Tensor = x.unflatten(-1, (num_heads, -1)).transpose(1, 2)
    return heads


def merge(z: Tensor) -> Tensor:
    """The heads of a token side by side, in order."""
    return z.transpose(1, 2).flatten(2)


EXERCISE = Exercise(
    name="split_merge",
    wanted=(
        Wanted("split(x, num_heads)", {"heads": ("batch", "head", "seq", "d_head")}, right=split),
        Wanted("merge(z)", {"concat": ("batch", "seq", "d_model")}, right=merge),
    ),
    draw=draw,
    causes=(
        Cause(
            "view without transpose",
            "the numbers are regrouped in the order in which they lie in memory, so a head gets numbers of "
            "several tokens. Two axes have to change places.",
            lambda x, num_heads: x.reshape(len(x), num_heads, x.shape[1], -1),
            "split",
        ),
        Cause(
            "interleaved",
            "each head takes every num_heads-th number of a token. Wanted are stretches of neighbours.",
            lambda x, num_heads: x.unflatten(-1, (-1, num_heads)).permute(0, 3, 1, 2),
            "split",
        ),
        Cause(
            "heads after tokens",
            "the numbers are in the right groups, and the axes of heads and of tokens still have to "
            "change places.",
            lambda x, num_heads: x.unflatten(-1, (num_heads, -1)),
            "split",
        ),
        Cause(
            "heads reversed",
            "the heads are counted from the end.",
            lambda x, num_heads: split(x, num_heads).flip(1),
            "split",
        ),
        Cause(
            "view without transpose",
            "the numbers are regrouped in the order in which they lie in memory, so a token gets numbers of "
            "other tokens. Two axes have to change places first.",
            lambda z: z.reshape(len(z), z.shape[2], -1),
            "merge",
        ),
        Cause(
            "interleaved",
            "the first numbers of all heads come first, then the second numbers. Wanted is one head "
            "after the other.",
            lambda z: z.permute(0, 2, 3, 1).flatten(2),
            "merge",
        ),
        Cause(
            "heads added",
            "the heads are added up. Merging keeps every number and puts the heads side by side.",
            lambda z: z.sum(1),
            "merge",
        ),
        Cause(
            "heads reversed",
            "the heads are put side by side in the wrong order: the last one comes first.",
            lambda z: merge(z.flip(1)),
            "merge",
        ),
    ),
)
