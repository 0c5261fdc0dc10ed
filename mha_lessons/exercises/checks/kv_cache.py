"""One step of decoding with grouped heads and a cache of keys and values."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from mha_lessons.dot_product import attend
from mha_lessons.exercises.case import Case
from mha_lessons.exercises.checks.known import known
from mha_lessons.exercises.draw import normal
from mha_lessons.exercises.exercise import Cause, Exercise, Wanted
from mha_lessons.masks import causal_mask

Three = tuple[Tensor, Tensor, Tensor]


def draw(rng: np.random.Generator) -> list[Case]:
    """Four heads on two of keys and values, unless it is said otherwise."""

    def made(
        stage: str,
        label: str = "",
        *,
        batch: int = 2,
        heads: int = 4,
        groups: int = 2,
        new: int = 3,
        old: int = 5,
        d_head: int = 6,
        strided: bool = False,
    ) -> Case:
        args = {
            "q": normal(rng, batch, heads, new, d_head),
            "k": normal(rng, batch, groups, new, d_head),
            "v": normal(rng, batch, groups, new, d_head),
            "k_cache": normal(rng, batch, groups, old, d_head),
            "v_cache": normal(rng, batch, groups, old, d_head),
        }
        return Case(stage, "step", args=args, label=label, strided=strided)

    large = made("edge cases", "scores of 10,000 and more", d_head=4)  # √4: ties stay ties
    for name in ("q", "k", "k_cache"):
        large.args[name][:] = 100 * rng.integers(-2, 3, large.args[name].shape)  # type: ignore[index, union-attr]
    return [
        made("shape"),
        made("values", "one new token", new=1),
        made("values", "three new tokens"),
        made("edge cases", "an empty cache", old=0),
        made("edge cases", "one head of keys and values for all", groups=1),
        made("edge cases", "as many heads of keys and values as of queries", groups=4),
        made("edge cases", "a batch of one", batch=1),
        made("edge cases", "one token and an empty cache", new=1, old=0),
        made("edge cases", "inputs that are not contiguous", strided=True),
        large,
    ]


def _step(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    k_cache: Tensor,
    v_cache: Tensor,
    *,
    mask: Tensor | None = None,
    causal: bool = True,
) -> Three:
    keys, values = torch.cat([k_cache, k], 2), torch.cat([v_cache, v], 2)
    if causal and mask is None:
        mask = causal_mask(q.shape[2], keys.shape[2])
    return attend(q, keys, values, mask=mask), keys, values


def right(q: Tensor, k: Tensor, v: Tensor, k_cache: Tensor, v_cache: Tensor) -> Three:
    """The package's own attention, under a mask for queries that are the last among the keys."""
    return _step(q, k, v, k_cache, v_cache)


def _first_queries(q: Tensor, k: Tensor, v: Tensor, k_cache: Tensor, v_cache: Tensor) -> Three:
    mask = torch.ones(q.shape[2], k_cache.shape[2] + k.shape[2], dtype=torch.bool).tril()
    return _step(q, k, v, k_cache, v_cache, mask=mask)


def _repeated(q: Tensor, k: Tensor, v: Tensor, k_cache: Tensor, v_cache: Tensor) -> Three:
    times = q.shape[1] // k.shape[1]
    wide = [each.repeat(1, times, 1, 1) for each in (k, v, k_cache, v_cache)]
    return right(q, *wide)[0], *right(q, k, v, k_cache, v_cache)[1:]


def _wide_cache(q: Tensor, k: Tensor, v: Tensor, k_cache: Tensor, v_cache: Tensor) -> Three:
    times = q.shape[1] // k.shape[1]
    return right(q, *[each.repeat_interleave(times, 1) for each in (k, v, k_cache, v_cache)])


def _new_alone(q: Tensor, k: Tensor, v: Tensor, k_cache: Tensor, v_cache: Tensor) -> Three:
    return right(q, k, v, k_cache[:, :, :0], v_cache[:, :, :0])[0], *right(q, k, v, k_cache, v_cache)[1:]


def _old_alone(q: Tensor, k: Tensor, v: Tensor, k_cache: Tensor, v_cache: Tensor) -> Three:
    return attend(q, k_cache, v_cache), *right(q, k, v, k_cache, v_cache)[1:]


def _new_first(q: Tensor, k: Tensor, v: Tensor, k_cache: Tensor, v_cache: Tensor) -> Three:
    z = right(q, k, v, k_cache, v_cache)[0]
    return z, torch.cat([k, k_cache], 2), torch.cat([v, v_cache], 2)


def _new_first_masked(q: Tensor, k: Tensor, v: Tensor, k_cache: Tensor, v_cache: Tensor) -> Three:
    return _step(q, k_cache, v_cache, k, v)


def _new_first_unmasked(q: Tensor, k: Tensor, v: Tensor, k_cache: Tensor, v_cache: Tensor) -> Three:
    return _step(q, k_cache, v_cache, k, v, causal=False)


def _no_scale(q: Tensor, k: Tensor, v: Tensor, k_cache: Tensor, v_cache: Tensor) -> Three:
    return right(q * math.sqrt(q.shape[-1]), k, v, k_cache, v_cache)


NEW_FIRST = (
    "the new keys stand before the old ones in the cache: it grows at its end, in the order of the tokens."
)

EXERCISE = Exercise(
    name="kv_cache",
    wanted=(
        Wanted(
            "step(q, k, v, k_cache, v_cache)",
            {
                "z": ("batch", "head", "new", "d_head"),
                "k_cache": ("batch", "kv_head", "seq", "d_head"),
                "v_cache": ("batch", "kv_head", "seq", "d_head"),
            },
            right=right,
        ),
    ),
    draw=draw,
    causes=(
        Cause(
            "looks ahead",
            "a new token looks at new tokens that come after it. With one new token there is none, with "
            "three there are.",
            lambda **of: _step(**of, causal=False),
        ),
        Cause(
            "queries taken for the first",
            "the causal mask takes the new tokens for the first of the sentence: they are the last, "
            "behind the cache.",
            _first_queries,
        ),
        Cause(
            "heads dealt out",
            "head 0 and head 1 should share the first keys: here neighbours go to different groups.",
            _repeated,
        ),
        Cause(
            "wide cache",
            "the cache holds a copy for every query head: grouped heads are there to store each key once.",
            _wide_cache,
        ),
        Cause(
            "cache not used",
            "the new tokens look at each other alone, and not at the cache.",
            _new_alone,
        ),
        Cause(
            "itself not seen",
            "the new tokens look at the cache as it was, without themselves.",
            _old_alone,
        ),
        Cause(
            "cache as it was",
            "the cache is given back as it came, without the new keys and values.",
            lambda **of: (right(**of)[0], of["k_cache"], of["v_cache"]),
        ),
        Cause(
            "new alone kept",
            "the new keys and values alone are given back: the next step will have forgotten the rest.",
            lambda **of: (right(**of)[0], of["k"], of["v"]),
        ),
        Cause("new first", NEW_FIRST, _new_first),
        Cause("new first", NEW_FIRST, _new_first_masked),
        Cause("new first", NEW_FIRST, _new_first_unmasked),
        known("no scale", _no_scale),
        Cause(
            "keys and values swapped",
            "keys and values have changed places in the cache.",
            lambda **of: tuple(right(**of)[i] for i in (0, 2, 1)),
        ),
    ),
)
