"""Experiments that train small models and say when many heads help, and when they do not.

Tasks and initial weights need no torch; models and training are imported when they are first used (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING

from mha_lessons.experiments.binding import binding as binding
from mha_lessons.experiments.induction import induction as induction
from mha_lessons.experiments.juggling import juggling as juggling
from mha_lessons.experiments.near_far import near_far as near_far
from mha_lessons.experiments.problem import DivergenceError as DivergenceError
from mha_lessons.experiments.problem import SettingsError as SettingsError
from mha_lessons.experiments.settings import Settings as Settings

if TYPE_CHECKING:
    from mha_lessons.experiments.evaluation import evaluate as evaluate
    from mha_lessons.experiments.layers import Layers as Layers
    from mha_lessons.experiments.model import Reader as Reader
    from mha_lessons.experiments.training import train as train

_HOME = {
    "Reader": "model",
    "Layers": "layers",
    "train": "training",
    "evaluate": "evaluation",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'mha_lessons.experiments' has no attribute {name!r}")
    value = getattr(import_module(f"mha_lessons.experiments.{_HOME[name]}"), name)
    globals()[name] = value
    return value
