import doctest
import importlib

import pytest

MODULES = [
    "shapes",
    "masks",
    "inputs",
    "trace",
    "dot_product",
    "attention",
    "interop",
    "rotary",
    "cache",
    "cost",
    "widgets.head_trainer",
    "widgets.trainer_settings",
    "widgets.trainer_words",
]


@pytest.mark.parametrize("name", MODULES)
def test_every_example_in_the_docstrings_does_what_it_says(name: str, unchecked: None) -> None:
    module = importlib.import_module(f"mha_lessons.{name}")
    failed, tried = doctest.testmod(module)
    assert tried > 0
    assert failed == 0
