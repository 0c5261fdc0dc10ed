"""A pattern of attention, predicted without a computer."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from mha_lessons.exercises.case import Case
from mha_lessons.exercises.compare import first_difference
from mha_lessons.exercises.exercise import Arrays, Cause, Exercise, Wanted
from mha_lessons.masks import causal_mask

SCORES = [[5, 5, 5, 5], [2, 2, 9, 9], [0, 0, 100, 100], [-7, -7, -7, -107]]
WORDS = ("Anna", "hurt", "herself", "badly")
ATOL = 0.011  # two decimals are enough
LOOKS_AHEAD = "there are weights above the diagonal: a word looks at words that come after it."
"""As the exercise prints them, [query, key]."""


def draw(rng: np.random.Generator) -> list[Case]:
    """A prediction has no arguments: the cases are always the same."""
    return [Case(stage, "pattern", call="value") for stage in ("shape", "rows sum to one", "values")]


def _scores() -> Tensor:
    return torch.tensor(SCORES, dtype=torch.float32)


def _allowed() -> Tensor:
    return causal_mask(len(SCORES))


def right() -> Tensor:
    """The softmax of what each word may look at, with 0 for what nobody would write down."""
    attn = _scores().masked_fill(~_allowed(), -math.inf).softmax(-1)
    return attn.masked_fill(attn < 1e-6, 0)


def _row_that_is_off(came: np.ndarray, wanted: np.ndarray) -> str:
    """The row and no number: there are only 16, and a few of them would be the answer."""
    return f"the row of *{WORDS[first_difference(came, wanted)[0]]}* is off."


def _why(came: Arrays) -> tuple[str, str] | None:
    pattern = came["pattern"]
    fits = pattern.shape == (len(WORDS), len(WORDS))
    return (LOOKS_AHEAD, "looks ahead") if fits and (np.triu(pattern, 1) > ATOL).any() else None


def _largest_takes_all() -> Tensor:
    places = _scores().masked_fill(~_allowed(), -math.inf).argmax(-1)
    return torch.nn.functional.one_hot(places, len(SCORES)).float()


def _in_proportion() -> Tensor:
    scores = _scores() * _allowed()
    return scores / scores.sum(-1, keepdim=True)


EXERCISE = Exercise(
    name="predict_pattern",
    wanted=(
        Wanted(
            "pattern",
            {"pattern": ("query", "key")},
            right=right,
            off=_row_that_is_off,
            why=_why,
            kind="value",
            atol=ATOL,
        ),
    ),
    draw=draw,
    causes=(
        Cause(
            "looks ahead",
            LOOKS_AHEAD,
            lambda: _scores().softmax(-1),
        ),
        Cause(
            "turned round",
            "rows and columns are swapped: a row belongs to the word that looks.",
            lambda: right().T,
        ),
        Cause(
            "over the queries",
            "the columns sum to 1, not the rows: each word that looks has one unit to spend.",
            lambda: _scores().masked_fill(~_allowed(), -math.inf).softmax(-2),
        ),
        Cause("scores", "these are the scores, not yet the weights that come of them.", _scores),
        Cause(
            "masked scores",
            "these are the scores, with 0 where a word may not look: not yet the weights that come of them.",
            lambda: _scores() * _allowed(),
        ),
        Cause(
            "shared evenly",
            "every word that may be looked at gets the same share, whatever its score.",
            lambda: _allowed() / _allowed().sum(-1, keepdim=True),
        ),
        Cause(
            "largest takes all",
            "one word takes all in each row, also where two scores are the same.",
            _largest_takes_all,
        ),
        Cause(
            "in proportion",
            "the scores are divided by their sum: a softmax looks at differences of scores.",
            _in_proportion,
        ),
    ),
)
