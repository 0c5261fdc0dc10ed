"""What the heads of trained models do, measured.

`measures` look at attention alone; `relations` and `coreference` hold it against annotations by people;
`tasks` and `importance` ask what a model loses without a head; `study` does all of it for one model, and
`shipped` reads what came out for the two models of this book. Layers and heads are counted from 0.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mha_lessons.heads.problem import DataError
    from mha_lessons.heads.shipping import shipped
    from mha_lessons.heads.study import Study

__all__ = ["DataError", "Study", "shipped"]
_HOMES = {"DataError": "problem", "shipped": "shipping", "Study": "study"}


def __getattr__(name: str) -> Any:
    """Load a name when it is asked for: reading shipped results needs no torch."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
