"""The widgets of the book, as Python objects: `from mha_lessons.widgets import HeadExplorer`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mha_lessons.widgets.cost_meter import CostMeter
    from mha_lessons.widgets.exercise_progress import ExerciseProgress
    from mha_lessons.widgets.head_explorer import HeadExplorer
    from mha_lessons.widgets.head_pruner import HeadPruner
    from mha_lessons.widgets.head_puzzle import HeadPuzzle
    from mha_lessons.widgets.head_sum import HeadSum
    from mha_lessons.widgets.head_trainer import HeadTrainer
    from mha_lessons.widgets.mask_painter import MaskPainter
    from mha_lessons.widgets.rank_meter import RankMeter
    from mha_lessons.widgets.real_heads import RealHeads
    from mha_lessons.widgets.self_check import SelfCheck
    from mha_lessons.widgets.split_or_project import SplitOrProject

_HOME = {
    "CostMeter": "cost_meter",
    "ExerciseProgress": "exercise_progress",
    "HeadExplorer": "head_explorer",
    "HeadPruner": "head_pruner",
    "HeadPuzzle": "head_puzzle",
    "HeadSum": "head_sum",
    "HeadTrainer": "head_trainer",
    "MaskPainter": "mask_painter",
    "RankMeter": "rank_meter",
    "RealHeads": "real_heads",
    "SelfCheck": "self_check",
    "SplitOrProject": "split_or_project",
}

__all__ = [
    "CostMeter",
    "ExerciseProgress",
    "HeadExplorer",
    "HeadPruner",
    "HeadPuzzle",
    "HeadSum",
    "HeadTrainer",
    "MaskPainter",
    "RankMeter",
    "RealHeads",
    "SelfCheck",
    "SplitOrProject",
]


def __getattr__(name: str) -> Any:
    """Load a widget when it is first named: one missing bundle then spoils one widget, not the package."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
