"""Sizes of a stack of attention layers: any that fit each other, and those of well-known models.

Twin: `widgets/core/stack.ts`, the same sentences word for word.
"""

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mha_lessons.cost import Heads
from mha_lessons.params import describe, is_whole
from mha_lessons.shapes import divisors

MODELS = Path(__file__).parent / "data" / "models.json"
MOST = {"d_model": 2**16, "num_heads": 2**10, "layers": 2**8, "context": 2**20}
"""The largest sizes: products of them stay whole numbers in a page, which counts exactly up to 2**53."""
MOST_WIDTH = 2**17
"""Of all heads side by side."""
BITS = (4, 8, 16, 32)


@dataclass(frozen=True)
class Stack:
    """Equal layers of attention and how far they look back. Nothing is checked here: see `check`."""

    d_model: int = 64
    num_heads: int = 4
    num_kv_heads: int | None = None
    """None: num_heads"""
    d_head: int | None = None
    """None: d_model // num_heads"""
    latent: bool = False
    """Whether keys and values come from one small vector (MLA); then num_kv_heads and bias mean nothing."""
    layers: int = 1
    context: int = 1024
    bits: int = 16
    """Of a number in memory."""
    bias: bool = True

    @property
    def heads(self) -> Heads:
        """The sizes of one layer, each filled in."""
        groups = 0 if self.latent else self.num_kv_heads or 0
        # 4.0 is a whole number, too: see `is_whole`
        return Heads(int(self.d_model), int(self.num_heads), int(groups), int(self.d_head or 0))


def check(stack: Stack) -> str | None:
    """None, or one sentence that says what is wrong and what would work.

    Fields may hold anything, since they may come from a page or a link; the first fault is named.

    >>> check(Stack(num_heads=3))
    'd_model = 64 cannot be split into 3 equal heads. Try 2 or 4, or give d_head.'
    >>> check(Stack()) is None
    True
    """
    fields = asdict(stack)
    sizes = {**MOST, "num_kv_heads": MOST["num_heads"], "d_head": MOST["d_model"]}
    for name, most in sizes.items():
        unset = fields[name] is None and name not in MOST
        if not unset and not is_whole(fields[name], 1, most):
            return f"{name} should be a whole number from 1 to {most}, got {describe(fields[name])}."
    for name in ("latent", "bias"):
        if not isinstance(fields[name], bool):
            return f"{name} should be true or false, got {describe(fields[name])}."
    if stack.bits not in BITS:
        return f"bits should be 4, 8, 16 or 32, got {describe(stack.bits)}."
    groups, d_head = (None if size is None else int(size) for size in (stack.num_kv_heads, stack.d_head))
    return _check_heads(int(stack.d_model), int(stack.num_heads), groups, d_head, stack.latent)


def _check_heads(
    d_model: int, num_heads: int, groups: int | None, d_head: int | None, latent: bool
) -> str | None:
    if d_head is None and d_model % num_heads:
        near = _nearest(divisors(d_model), num_heads)
        return (
            f"d_model = {d_model} cannot be split into {num_heads} equal heads. Try {near}, or give d_head."
        )
    if not latent and groups is not None and num_heads % groups:
        near = _nearest(divisors(num_heads), groups)
        return f"{num_heads} heads cannot share {groups} key/value heads evenly. Try {near}."
    width = num_heads * (d_model // num_heads if d_head is None else d_head)
    if width > MOST_WIDTH:
        return (
            f"{num_heads} heads of width {d_head} are {width} numbers side by side. "
            f"At most {MOST_WIDTH} fit: try d_head = {MOST_WIDTH // num_heads}."
        )
    return None


def _nearest(good: list[int], wrong: int) -> str:
    fewer = [number for number in good if number < wrong][-1:]
    more = [number for number in good if number > wrong][:1]
    return " or ".join(map(str, fewer + more))


@cache
def models() -> dict[str, dict[str, Any]]:
    """Sizes of well-known models by name, each with its `source` and how it was `read`.

    >>> models()["Falcon 7B"]["num_heads"]
    71
    """
    return {model["name"]: model for model in json.loads(MODELS.read_text(encoding="utf-8"))}


def of_model(name: str, **changed: Any) -> Stack:
    """The stack of a well-known model, without biases.

    Raises:
        KeyError: no such model; the sentence lists those there are.

    >>> of_model("Llama-3 8B", context=8192).num_kv_heads
    8
    """
    if name not in models():
        raise KeyError(f"no model is called {name!r}; there are {', '.join(models())}")
    model = models()[name]
    count, latent = model["num_heads"], model.get("latent", False)
    sizes = {
        "d_model": model["d_model"],
        "num_heads": count,
        "num_kv_heads": None if latent or model["num_kv_heads"] == count else model["num_kv_heads"],
        "d_head": None if count * model["d_head"] == model["d_model"] else model["d_head"],
        "layers": model["layers"],
    }
    return Stack(**{**sizes, "latent": latent, "bias": False, **changed})
