"""The examples in the docstrings, of every module that has any."""

import doctest
import importlib

import pytest

from tests.modules import modules_with


@pytest.mark.parametrize("name", modules_with(">>>"))
def test_every_example_in_the_docstrings_does_what_it_says(name: str, unchecked: None) -> None:
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried > 0
    assert failed == 0
