"""The exercises, a module each: cases, what is right, and the known ways to get it wrong."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from mha_lessons.exercises.exercise import Exercise

NAMES = (
    "predict_pattern",
    "softmax",
    "masked_softmax",
    "attention",
    "split_merge",
    "multi_head",
    "hand_set_head",
    "juggling_by_hand",
    "head_importance",
    "draw_heads",
    "prune_heads",
    "kv_cache",
)
"""In the order of the book."""


@cache
def find_exercise(name: str) -> Exercise:
    """The exercise of this name, which is one of `NAMES`."""
    found: Exercise = import_module(f"{__name__}.{name}").EXERCISE
    return found
