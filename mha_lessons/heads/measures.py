"""What a head's attention looks like, as one number for each query.

Each measure takes attention [..., query, key] and gives [..., query]; NaN marks a query that has no answer,
such as the first token asked for the one before it. A head's number is the mean over the queries that have
one.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

FAR = 5
"""From this many words on, a word is far away."""


def entropy(attn: Float[Tensor, "*heads query key"]) -> Float[Tensor, "*heads query"]:
    """How widely each query spreads its attention, in bits: 0 on one key, log2 n on n keys alike.

    >>> entropy(torch.tensor([[1.0, 0.0], [0.5, 0.5]])).tolist()
    [0.0, 1.0]
    """
    bits: Tensor = torch.special.entr(attn).sum(-1) / math.log(2)
    return bits


def mean_distance(attn: Float[Tensor, "*heads query key"]) -> Float[Tensor, "*heads query"]:
    """How many tokens away each query looks, on average.

    >>> mean_distance(torch.tensor([[0.0, 0.5, 0.5], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])).tolist()
    [1.5, 0.0, 2.0]
    """
    return (attn * _steps(attn.shape[-1]).abs()).sum(-1)


def offset_share(attn: Float[Tensor, "*heads query key"], offset: int) -> Float[Tensor, "*heads query"]:
    """Share of attention on the token `offset` places on: -1 the previous, 0 itself, 1 the next.

    >>> offset_share(torch.tensor([[0.25, 0.75], [1.0, 0.0]]), -1).tolist()
    [nan, 1.0]
    """
    there = _steps(attn.shape[-1]) == offset
    share = (attn * there).sum(-1)
    return share.masked_fill(~there.any(-1), torch.nan)


def share_on(attn: Float[Tensor, "*heads query key"], keys: list[int]) -> Float[Tensor, "*heads query"]:
    """Share of attention on certain tokens, such as the first one or [SEP].

    >>> share_on(torch.tensor([[0.25, 0.75], [1.0, 0.0]]), [0]).tolist()
    [0.25, 1.0]
    """
    return attn[..., keys].sum(-1)


def far_masses(
    attn: Float[Tensor, "*heads word word"], distance: int = FAR, *, causal: bool = False
) -> tuple[Float[Tensor, "*heads word"], Float[Tensor, "*heads word"], Float[Tensor, " word"]]:
    """Attention on words `distance` or more away; on all other words; the first over the second by chance.

    Meant for attention between words, where what goes to [CLS], [SEP] or a start token is gone; the word
    itself counts neither way. Chance is the share of the other words in sight that are so far away. A query
    that has none so far away is NaN in all three. A head's share is the sum of the first over the sum of the
    second, so that a query counts as much as the attention it leaves for words.

    >>> far, other, chance = far_masses(torch.tensor([[0.25, 0.25, 0.5], [0, 1.0, 0], [0.75, 0.25, 0]]), 2)
    >>> far.tolist(), other.tolist(), chance.tolist()
    ([0.5, nan, 0.75], [0.75, nan, 1.0], [0.5, nan, 0.5])
    """
    steps = _steps(attn.shape[-1])
    others = (steps < 0) if causal else (steps != 0)
    away = others & (steps.abs() >= distance)
    chance = away.sum(-1) / others.sum(-1)
    none = ~away.any(-1)
    far, other = ((attn * keys).sum(-1).masked_fill(none, torch.nan) for keys in (away, others))
    return far, other, chance.masked_fill(none, torch.nan)


def induction_score(
    attn: Float[Tensor, "*heads query key"], period: int, first: int
) -> Float[Tensor, "*heads"]:
    """On a text that says `period` tokens twice, from token `first` on: share on what followed the last time.

    The query is a token of the second round, the key is the token after the same token in the first round.
    Source: Olsson et al. 2022, "In-context Learning and Induction Heads"; on random tokens, where nothing but
    the repetition can guide a head.

    >>> # of the tokens a b a b the third looks at the second, which followed "a", and the fourth at the third
    >>> induction_score(torch.eye(4)[[0, 1, 1, 2]], period=2, first=0).item()
    1.0
    """
    queries = torch.arange(first + period, first + 2 * period)
    return attn[..., queries, queries - period + 1].mean(-1)


def _steps(length: int) -> Int[Tensor, "query key"]:
    """How far each key is after each query."""
    places = torch.arange(length)
    return places - places[:, None]


def visible(length: int, *, causal: bool) -> Bool[Tensor, "query key"]:
    """Which keys a query may see."""
    return _steps(length) <= 0 if causal else torch.ones(length, length, dtype=torch.bool)
