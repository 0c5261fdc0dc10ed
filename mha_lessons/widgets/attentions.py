"""Attention weights as users have them, from any model, and the words that go with them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import TYPE_CHECKING, Any

from mha_lessons.problem import LessonError
from mha_lessons.shares import weights_fault

if TYPE_CHECKING:
    from torch import Tensor


def layers_of(attentions: Any) -> Sequence[Any]:
    """The layers one after the other, unread: of a model's output, of a list of them, or the one there is.

    Args:
        attentions: the output of a Hugging Face model that was asked for them, a `Trace`, one layer, or a
            list of layers.

    Raises:
        ValueError: there are none.
    """
    for name in ("attentions", "attn"):  # of a model's output; of a `Trace`
        attentions = getattr(attentions, name, attentions)
    layers = attentions if isinstance(attentions, (list, tuple)) else [attentions]
    if not layers:
        raise ValueError("attentions have no layer; give one or more, each [head, query, key]")
    if any(layer is None for layer in layers):
        raise ValueError(
            "attentions are None: load the model with attn_implementation='eager' and ask for them, "
            "or let mha_lessons.watch do both"
        )
    return layers


def tensor_of(layer: Any) -> Tensor:
    """The weights of a layer as torch has them: on any device, with any shape.

    Raises:
        TypeError: neither a tensor nor an array.
    """
    import torch

    try:
        return torch.as_tensor(layer).detach()
    except (TypeError, ValueError, RuntimeError):
        kind = type(layer).__name__
        raise TypeError(f"attentions should be a tensor, or a list of them, got {kind}") from None


def table_of(layer: Any) -> Tensor:
    """The weights of a layer, [head, query, key], dense and on the CPU, in the precision they have.

    Args:
        layer: [head, query, key] of one sequence, or a batch of one.

    Raises:
        TypeError: neither a tensor nor an array.
        ValueError: another shape, no numbers, or numbers that are no weights.
    """
    import torch

    attn = tensor_of(layer)
    refuse_no_numbers("attn", attn)
    if attn.ndim == 4 and attn.shape[0] == 1:
        attn = attn[0]
    if attn.ndim != 3 or attn.shape[1] != attn.shape[2]:
        more = "; take one: attn[0]" if attn.ndim == 4 else ""
        raise ValueError(f"attn should be [head, query, key] of one sequence, got {list(attn.shape)}{more}")
    if attn.is_complex():
        raise ValueError("attn should hold weights from 0 to 1; got complex numbers")
    attn = attn.cpu()
    attn = attn if attn.layout is torch.strided else attn.to_dense()
    if fault := weights_fault(attn):
        raise ValueError(fault)
    return attn


def refuse_no_numbers(name: str, tensor: Tensor) -> None:
    """Raise if a tensor has a shape and no numbers.

    Raises:
        ValueError: it is on the device meta.
    """
    if tensor.is_meta:
        raise ValueError(
            f"{name} is on the device meta, which has shapes and no numbers; compute it on a real device"
        )


def some_of(name: str, asked: Any, count: int) -> list[int]:
    """Places that a user chose, in order and each once.

    Args:
        name: what the user calls them.
        asked: whole numbers.
        count: how many there are to choose from.

    Raises:
        LessonError: none, others than 0 to count - 1, or no list of whole numbers.

    >>> some_of("layers", (2, 0), 3)
    [0, 2]
    """
    try:
        chosen = sorted({index(each) for each in asked})
    except TypeError:
        chosen = []  # no list, or not of whole numbers
    if not chosen or chosen[0] < 0 or chosen[-1] >= count:
        raise LessonError(f"{name} should be a list of some of 0 to {count - 1}, got {asked!r}")
    return chosen


def words(tokens: Sequence[str]) -> list[str]:
    """The tokens as texts.

    Raises:
        TypeError: one text, which would fall apart into letters, or no list at all.

    >>> words(("a", 1))
    ['a', '1']
    """
    if isinstance(tokens, str):
        raise TypeError(
            f"tokens should be a list of words, got one text; write {tokens.split()[:3]} or tokens.split()"
        )
    if not isinstance(tokens, Sequence):
        raise TypeError(f"tokens should be a list of words, got {type(tokens).__name__}")
    return [str(token) for token in tokens]
