"""The examples in the docstrings of `mha_lessons.heads` and `mha_lessons.models`."""

from __future__ import annotations

import doctest
import importlib

import pytest

HEADS = [
    "measures",
    "resampling",
    "relations",
    "similarity",
    "referent",
    "templates",
    "schemas",
    "roles",
    "results",
]
MODULES = [*(f"heads.{name}" for name in HEADS), "models.words"]


@pytest.mark.parametrize("name", MODULES)
def test_every_example_does_what_it_says(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(f"mha_lessons.{name}"))
    assert tried > 0
    assert failed == 0
