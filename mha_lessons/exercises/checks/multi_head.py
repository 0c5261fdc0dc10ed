"""The whole module."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mha_lessons.attention import MultiHeadAttention
from mha_lessons.exercises.case import Case
from mha_lessons.exercises.checks.known import known
from mha_lessons.exercises.checks.split_merge import merge, split
from mha_lessons.exercises.draw import may_look, normal
from mha_lessons.exercises.exercise import Cause, Exercise, Wanted

WEIGHTS = ("w_q", "w_k", "w_v", "w_o")


def draw(rng: np.random.Generator) -> list[Case]:
    """Layers of 12 numbers a token and 3 heads; weights that keep the softmax away from 0 and 1."""

    def made(stage: str, label: str = "", *, size: int = 12, heads: int = 3, batch: int = 2, seq: int = 5,
             mask: np.ndarray | None = None, **more: object) -> Case:  # fmt: skip
        state = {name: normal(rng, size, size) * np.float32(1.5 / math.sqrt(size)) for name in WEIGHTS}
        args = {"x": normal(rng, batch, seq, size), "mask": mask}
        build = {"d_model": size, "num_heads": heads}
        return Case(stage, "MultiHead", "module", args, state, build, label=label, **more)  # type: ignore[arg-type]

    nothing = may_look(rng, 5, 5)
    nothing[int(rng.integers(5))] = False
    large = made("edge cases", "large inputs, so that scores exceed 10,000")
    large.args["x"][:] = 100 * rng.integers(-2, 3, large.args["x"].shape)  # type: ignore[index, union-attr]
    for name in WEIGHTS[:2]:
        large.state[name][:] = np.eye(12)[rng.permutation(12)]
    return [
        made("shape"),
        made("values"),
        made("values", "a mask", mask=may_look(rng, 5, 5)),
        made("values", "a causal mask", mask=np.tri(5, dtype=bool)),
        made("edge cases", "as many heads as d_model", size=6, heads=6),
        made("edge cases", "one head", heads=1),
        made("edge cases", "one token", seq=1),
        made("edge cases", "a batch of one", batch=1),
        made("edge cases", "a query that may look at nothing", mask=nothing),
        made("edge cases", "an input that is not contiguous", strided=True),
        large,
        made("gradients", gradient_of=("x", *WEIGHTS), probe=normal(rng, 2, 5, 12)),
    ]


def right(**of: Any) -> Tensor:
    """The package's own layer, as a function of its weights so that gradients reach them."""
    layer = MultiHeadAttention(of["d_model"], of["num_heads"], bias=False)
    weights = {"w_qkv": torch.cat([of["w_q"], of["w_k"], of["w_v"]], 1), "w_o": of["w_o"]}
    output: Tensor = torch.func.functional_call(layer, weights, (of["x"],), {"mask": of["mask"]})
    return output


def _layer(
    cut: Callable[[Tensor, int], Tensor] = split,
    join: Callable[[Tensor], Tensor] = merge,
    scale: float | None = None,
    over: int = -1,
    care: bool = True,
    **of: Any,
) -> Tensor:
    """A layer with one thing that can be done otherwise."""
    q, k, v = (cut(of["x"] @ of[name], of["num_heads"]) for name in ("w_q", "w_k", "w_v"))
    scores = q @ k.mT / (math.sqrt(q.shape[-1]) if scale is None else scale)
    if of["mask"] is not None:
        scores = scores.masked_fill(~of["mask"], -math.inf)
    attn = scores.softmax(over)
    output: Tensor = join((attn.nan_to_num(0) if care else attn) @ v) @ of["w_o"]
    return output


def _cut_first(**of: Any) -> Tensor:
    d_head = of["d_model"] // of["num_heads"]
    kept = torch.block_diag(*[torch.ones(d_head, d_head)] * of["num_heads"])
    return right(**of | {name: of[name] * kept for name in ("w_q", "w_k", "w_v")})


def _turned(**of: Any) -> Tensor:
    return right(**of | {name: of[name].T for name in WEIGHTS})


EXERCISE = Exercise(
    name="multi_head",
    wanted=(
        Wanted(
            "MultiHead(d_model, num_heads)",
            {"output": ("batch", "query", "d_model")},
            right=right,
            kind="class",
        ),
    ),
    draw=draw,
    causes=(
        Cause(
            "split before projecting",
            "x is cut into slices before it is projected, so a head sees its own slice only. Every head "
            "should "
            "see all of x.",
            _cut_first,
        ),
        Cause(
            "view without transpose",
            "the projected vectors are regrouped in the order in which they lie in memory, so a head "
            "gets numbers "
            "of several tokens.",
            lambda **of: _layer(cut=lambda x, h: x.reshape(len(x), h, x.shape[1], -1), **of),
        ),
        Cause(
            "interleaved",
            "each head takes every num_heads-th number. Wanted are stretches of neighbours.",
            lambda **of: _layer(cut=lambda x, h: x.unflatten(-1, (-1, h)).permute(0, 3, 1, 2), **of),
        ),
        Cause(
            "merged without transpose",
            "the heads are merged in the order in which they lie in memory, so a token gets numbers of "
            "other tokens.",
            lambda **of: _layer(join=lambda z: z.reshape(len(z), z.shape[2], -1), **of),
        ),
        Cause(
            "merged in the wrong order",
            "the heads are merged in the wrong order: W^O expects one head after the other, from the first.",
            lambda **of: _layer(join=lambda z: merge(z.flip(1)), **of),
        ),
        Cause(
            "merged interleaved",
            "the heads are merged number by number. W^O expects one whole head after the other.",
            lambda **of: _layer(join=lambda z: z.permute(0, 2, 3, 1).flatten(2), **of),
        ),
        Cause(
            "no W^O",
            "the heads are put side by side and given back: w_o is not used.",
            lambda **of: right(**of | {"w_o": torch.eye(of["d_model"])}),
        ),
        Cause(
            "values not projected",
            "the values are slices of x itself: w_v is not used.",
            lambda **of: right(**of | {"w_v": torch.eye(of["d_model"])}),
        ),
        known(
            "no scale",
            lambda **of: _layer(scale=1.0, **of),
        ),
        Cause(
            "scale by d_model",
            "the scale is that of the whole layer, d_model, and not that of one head.",
            lambda **of: _layer(scale=math.sqrt(of["d_model"]), **of),
        ),
        Cause(
            "queries and keys swapped",
            "queries and keys have changed places: w_q belongs to the token that looks.",
            lambda **of: right(**of | {"w_q": of["w_k"], "w_k": of["w_q"]}),
        ),
        Cause(
            "weights transposed",
            "the weights act from the wrong side: here it is x @ w.",
            _turned,
        ),
        Cause(
            "one head",
            "num_heads is not used: the layer works as if it had one wide head.",
            lambda **of: right(**of | {"num_heads": 1}),
        ),
        known(
            "softmax over the queries",
            lambda **of: _layer(over=-2, **of),
        ),
        known(
            "mask inverted",
            lambda **of: right(**of | {"mask": None if of["mask"] is None else ~of["mask"]}),
        ),
        Cause("mask ignored", "the mask is not used.", lambda **of: right(**of | {"mask": None})),
        known(
            "0 by 0",
            lambda **of: _layer(care=False, **of),
        ),
    ),
)
