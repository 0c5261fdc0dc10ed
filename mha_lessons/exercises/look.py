"""What can be said of an answer without a call, and of what it raised; goes along where `run` is copied."""

from __future__ import annotations

import dis
import inspect
import os
import sysconfig
import traceback
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from .case import LONGEST, plain

NOT_THEIRS = (
    f"{Path(__file__).parents[1]}{os.sep}",
    "<frozen",
    *{sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")},
)
"""How names of files begin that no student wrote: this package's, even in a clone, Python's, libraries'."""
BY_NAME = " (by name)"


def what(answer: object) -> str:
    """What a name stands for, as `Outcome.what` has it."""
    if isinstance(answer, type | nn.Module):
        return "class" if isinstance(answer, type) else "module"
    return "function" if callable(answer) and not isinstance(answer, Tensor) else type(answer).__name__


def parameters(answer: object) -> tuple[str, ...] | None:
    """What `inspect` says about a call, in plain words."""
    if not callable(answer):
        return None
    try:
        found = inspect.signature(answer).parameters.values()
    except (TypeError, ValueError):
        return None
    said = []
    for each in found:
        word = each.name
        if each.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            word = str(each).partition(":")[0]  # "*args" or "**kwargs", without a type
        if each.kind is inspect.Parameter.KEYWORD_ONLY:
            word += BY_NAME
        elif each.default is not inspect.Parameter.empty:
            word += "="
        said.append(word)
    return tuple(said)


def is_empty(answer: Any) -> bool:
    """Whether a function is `...` or `pass`, with or without a docstring: a starter that gives None."""
    code = getattr(inspect.unwrap(answer), "__code__", None) if callable(answer) else None
    return code is not None and {each.opname for each in dis.get_instructions(code)} == _NOTHING


_NOTHING = {each.opname for each in dis.get_instructions(lambda: None)}


def words(error: BaseException) -> str:
    """Type and text of an exception in one line."""
    name = type(error).__name__
    try:
        text = " ".join(str(error)[:100_000].split())
    except Exception:  # an exception of the student's own may raise another while it is shown
        text = ""
    return plain(f"{name}: {text}" if text else name, LONGEST)


def line(error: BaseException) -> int | None:
    """The last line of the traceback that a student wrote."""
    own = None
    for frame in traceback.extract_tb(error.__traceback__):
        if not frame.filename.startswith(NOT_THEIRS):
            own = frame.lineno
    return own


def is_students(error: NotImplementedError) -> bool:
    """Whether a starter raised it: torch does, too, for operations and for modules that lack `forward`."""
    last = traceback.extract_tb(error.__traceback__)[-1].filename
    return not last.startswith(NOT_THEIRS) and "aten::" not in str(error)
