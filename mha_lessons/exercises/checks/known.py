"""Mistakes that several exercises know, each with its one sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mha_lessons.exercises.exercise import Cause

SAYS = {
    "softmax over the queries": "the softmax runs over the queries: for each key the weights sum to 1, not "
    "for each query.",
    "no scale": "the scale is missing: the wider a head, the larger the raw dot products.",
    "mask inverted": "the mask is read the other way round: here True means that a query may look.",
    "mask after softmax": "the mask comes after the softmax: what it takes away is missing from the sum of "
    "the row.",
    "masked scores are 0": "masked scores are set to 0, and a score of 0 still gets weight: e to the 0 is 1.",
    "0 by 0": "a row with nothing but -inf has the softmax 0/0, which is NaN.",
    "mean of all": "a row in which all scores are the same very low number is shared out evenly: the query "
    "that may look at nothing looks at everything.",
}


def known(key: str, wrong: Callable[..., Any]) -> Cause:
    """One of these mistakes, as an exercise makes it.

    >>> known("0 by 0", lambda scores: scores).says
    'a row with nothing but -inf has the softmax 0/0, which is NaN.'
    """
    return Cause(key, SAYS[key], wrong)
