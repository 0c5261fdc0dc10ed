"""Why many heads? A tested multi-head attention module, and the widgets of the book around it.

Names are imported when they are first used (PEP 562), so that `import mha_lessons` needs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mha_lessons.attention import MultiHeadAttention as MultiHeadAttention
    from mha_lessons.dot_product import attend as attend
    from mha_lessons.interop import from_huggingface as from_huggingface
    from mha_lessons.interop import from_torch as from_torch
    from mha_lessons.interop import to_torch as to_torch
    from mha_lessons.masks import causal_mask as causal_mask
    from mha_lessons.masks import padding_mask as padding_mask
    from mha_lessons.trace import Trace as Trace
    from mha_lessons.watching import watch as watch

__version__ = "0.1.0"

_HOME = {
    "MultiHeadAttention": "attention",
    "attend": "dot_product",
    "Trace": "trace",
    "causal_mask": "masks",
    "padding_mask": "masks",
    "from_torch": "interop",
    "to_torch": "interop",
    "from_huggingface": "interop",
    "watch": "watching",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'mha_lessons' has no attribute {name!r}; it has {', '.join(_HOME)}")
    value = getattr(import_module(f"mha_lessons.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
