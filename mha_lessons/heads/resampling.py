"""How sure is a score? Halves to choose and to report on, intervals, and a test that minds many looks.

Units that belong together (the words of a sentence, the questions of a page) are kept or drawn together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

RESAMPLES = 2000
LEVEL = 0.95


def halves(groups: Sequence[Any], seed: int) -> Bool[np.ndarray, " item"]:
    """True for the items to choose on, False for those to report on; no group is in both.

    >>> chosen = halves(["a", "b", "b", "a", "c", "c"], seed=0)
    >>> bool(chosen[0] == chosen[3]), bool(chosen[1] == chosen[2]), bool(chosen[4] == chosen[5])
    (True, True, True)
    """
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    chosen = {names[place] for place in order[: (len(names) + 1) // 2]}
    return np.array([group in chosen for group in groups], dtype=bool)


def per_group(
    values: Float[np.ndarray, " item"], groups: Int[np.ndarray, " item"]
) -> Float[np.ndarray, " group"]:
    """Sum of the values of each group; groups without items are left out."""
    _, place = np.unique(groups, return_inverse=True)
    return np.bincount(place, weights=values)


def interval(
    hits: Float[np.ndarray, " item"], groups: Int[np.ndarray, " item"], seed: int
) -> tuple[float, float]:
    """A 95 % bootstrap interval for the mean of `hits`, drawing whole groups.

    >>> interval(np.array([1.0, 1.0, 1.0]), np.array([0, 1, 2]), seed=0)
    (1.0, 1.0)
    """
    return ratio_interval(per_group(hits, groups), per_group(np.ones(len(groups)), groups), seed)


def ratio_interval(
    sums: Float[np.ndarray, " group"], counts: Float[np.ndarray, " group"], seed: int
) -> tuple[float, float]:
    """A 95 % bootstrap interval for the sum of `sums` over the sum of `counts` (percentiles of 2,000 draws).

    With fewer than two groups there is nothing to draw from: (NaN, NaN).
    """
    from scipy.stats import bootstrap

    if len(sums) < 2:
        return float("nan"), float("nan")
    found = bootstrap(
        (sums, counts),
        lambda s, n, axis=-1: s.sum(axis) / n.sum(axis),
        paired=True,
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=250,
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def p_value(
    one: Float[np.ndarray, " item"],
    other: Float[np.ndarray, " item"],
    groups: Int[np.ndarray, " item"],
    seed: int,
) -> float:
    """How often chance alone would set the two as far apart: a two-sided permutation test on whole groups.

    Under the hypothesis that neither is better, the two may be swapped in each group.

    >>> alike = np.array([1.0, 0.0, 1.0])
    >>> p_value(alike, alike, np.arange(3), seed=0)
    1.0
    """
    from scipy.stats import permutation_test

    difference = per_group(one - other, groups)
    difference = difference[difference != 0]  # swapping the rest changes nothing
    if len(difference) < 2:
        return 1.0
    found = permutation_test(
        (difference, np.zeros_like(difference)),
        lambda a, b, axis=-1: (a - b).sum(axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=9999,
        batch=500,
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number: the risk that any below 0.05 is by chance is at most 5 %.

    Source: Holm 1979, "A Simple Sequentially Rejective Multiple Test Procedure".

    >>> [round(p, 2) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    corrected = [0.0] * len(p_values)
    worst = 0.0
    for rank, place in enumerate(np.argsort(p_values, kind="stable")):
        worst = max(worst, min(1.0, p_values[place] * (len(p_values) - rank)))
        corrected[place] = worst
    return corrected
