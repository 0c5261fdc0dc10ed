"""Attention that a user hands to RealHeads, checked and packed into one byte a weight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mha_lessons.packed import Packed, pack
from mha_lessons.problem import LessonError
from mha_lessons.widgets.given import refuse_no_numbers
from mha_lessons.widgets.given import words as texts

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

MOST_TOKENS = 1024
MOST_CODES = 2**28
"""256 MiB: what a browser still takes in one piece."""


def packed_model(model: Any, tokenizer: Any, text: str, layers: Sequence[int] | None) -> Packed:
    """Run a Hugging Face model on a text and pack its attention.

    Raises:
        LessonError: a model without attention, a text that is empty, too long, or not for this model.
    """
    from mha_lessons.models import from_huggingface

    found = from_huggingface(model, tokenizer)
    encoded = found.encode(text)
    wanted = _wanted(layers, found.num_layers)
    _check_size(len(encoded.ids), len(wanted) * found.num_heads)
    kept: dict[int, np.ndarray] = {}

    def keep(layer: int, attn: Any) -> None:
        if layer in wanted:
            kept[layer] = attn.detach().cpu().float().numpy().copy()

    found.visit(encoded, keep)
    special = [place for place, flag in enumerate(encoded.special) if flag]
    layer_by_layer = (kept.pop(layer) for layer in wanted)
    return _packed(layer_by_layer, encoded.tokens, wanted, special, encoded.word_of_token)


def packed_attentions(attentions: Any, tokens: Sequence[str], layers: Sequence[int] | None) -> Packed:
    """Pack the weights of a sequence of layers, or of a model's output.

    Raises:
        LessonError: no weights, another shape, weights that are not weights, tokens that do not match.
    """
    import torch

    attentions = getattr(attentions, "attentions", attentions)  # what a Hugging Face model gives
    if isinstance(attentions, torch.Tensor) and attentions.ndim in (2, 3):
        attentions = [attentions]
    if attentions is None or len(attentions) == 0 or any(layer is None for layer in attentions):
        raise LessonError(
            "the attentions are None: load the model with attn_implementation='eager', since sdpa and flash "
            "never have the weights, and call it with output_attentions=True"
        )
    words = texts(tokens)
    if not words:
        raise LessonError("tokens are empty: name each position that the attention is about")
    wanted = _wanted(layers, len(attentions))
    first = _tensor(attentions[wanted[0]])
    heads = first.shape[-3] if first.ndim > 2 else 1
    _check_size(len(words), len(wanted) * heads)
    special = [place for place in (0, len(words) - 1) if words[place].startswith(("[", "<"))]
    return _packed((_one_sequence(attentions[layer]) for layer in wanted), words, wanted, special)


def _tensor(layer: Any) -> Tensor:
    import torch

    try:
        return torch.as_tensor(layer).detach()
    except (TypeError, ValueError, RuntimeError) as error:
        kind = type(layer).__name__
        raise LessonError(
            f"attentions should be tensors [head, query, key], one a layer, got {kind}"
        ) from error


def _one_sequence(layer: Any) -> np.ndarray:
    attn = _tensor(layer)
    refuse_no_numbers("attention", attn)
    attn = attn.cpu().float()
    if attn.ndim == 4 and attn.shape[0] != 1:
        raise ValueError(
            f"attention should be of one sequence, got a batch of {attn.shape[0]}: give one alone"
        )
    return (attn[0] if attn.ndim == 4 else attn).numpy()


def _packed(
    attentions: Iterator[np.ndarray],
    tokens: Sequence[str],
    layers: Sequence[int],
    special: Sequence[int],
    words: Sequence[int | None] | None = None,
) -> Packed:
    try:
        return pack(attentions, tokens, layers=layers, special=special, words=words)
    except ValueError as error:
        raise LessonError(str(error)) from error


def _wanted(layers: Sequence[int] | None, count: int) -> list[int]:
    wanted = list(range(count)) if layers is None else sorted(set(layers))
    if not wanted or wanted[0] < 0 or wanted[-1] >= count:
        raise LessonError(f"layers should be some of 0 to {count - 1}, got {list(layers or [])}")
    return wanted


def _check_size(tokens: int, heads: int) -> None:
    if tokens > MOST_TOKENS:
        raise LessonError(
            f"the text has {tokens:,} tokens and RealHeads shows {MOST_TOKENS:,} at most: show a part of it"
        )
    if heads * tokens**2 > MOST_CODES:
        raise LessonError(
            f"{heads} heads x {tokens:,} x {tokens:,} weights are {heads * tokens**2 / 2**20:.0f} MiB, more "
            f"than a browser takes ({MOST_CODES / 2**20:.0f} MiB): choose layers=[...] or a shorter text"
        )
