"""Attention that a user hands to RealHeads, checked and packed into one byte a weight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mha_lessons.packed import Packed, pack
from mha_lessons.problem import LessonError
from mha_lessons.widgets.attentions import layers_of, some_of, table_of, tensor_of, words

if TYPE_CHECKING:
    import numpy as np

MOST_TOKENS = 1024
MOST_CODES = 2**28
"""256 MiB: what a browser still takes in one piece."""


def packed_model(model: Any, tokenizer: Any, text: str, layers: Sequence[int] | None) -> Packed:
    """Run a Hugging Face model on a text and pack its attention; sdpa and flash are switched off meanwhile.

    Raises:
        LessonError: a model without attention, a text that is empty, too long, or not for this model.
    """
    from mha_lessons.models import from_huggingface
    from mha_lessons.models.model import require_huggingface
    from mha_lessons.taps import eager

    kept: dict[int, np.ndarray] = {}

    def keep(layer: int, attn: Any) -> None:
        if layer in wanted:
            kept[layer] = attn.detach().cpu().float().numpy().copy()

    require_huggingface(model)
    with eager(model):
        found = from_huggingface(model, tokenizer)
        encoded = found.encode(text)
        wanted = _wanted(layers, found.num_layers)
        _check_size(len(encoded.ids), len(wanted) * found.num_heads)
        found.visit(encoded, keep)
    layer_by_layer = (kept.pop(layer) for layer in wanted)
    with _one_sentence():
        return pack(
            layer_by_layer,
            encoded.tokens,
            layers=wanted,
            special=encoded.special_places,
            words=encoded.word_of_token,
        )


def packed_attentions(attentions: Any, tokens: Sequence[str], layers: Sequence[int] | None) -> Packed:
    """Pack the weights of a sequence of layers, or of a model's output.

    Raises:
        LessonError: no weights, another shape, weights that are not weights, tokens that do not match.
    """
    if getattr(attentions, "ndim", 0) == 4:
        attentions = list(attentions)  # layers in one tensor
    texts = words(tokens)
    if not texts:
        raise LessonError("tokens are empty: name each position that the attention is about")
    with _one_sentence():
        every = layers_of(attentions)
        wanted = _wanted(layers, len(every))
        heads = max(tensor_of(every[wanted[0]]).shape[-3:-2], default=1)
        _check_size(len(texts), len(wanted) * heads)
        tables = (table_of(every[layer]).float().numpy() for layer in wanted)
        special = [place for place in (0, len(texts) - 1) if texts[place].startswith(("[", "<"))]
        return pack(tables, texts, layers=wanted, special=special)


@contextmanager
def _one_sentence() -> Iterator[None]:
    """What cannot be packed is something that the reader can put right."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise LessonError(str(error)) from error


def _wanted(layers: Sequence[int] | None, count: int) -> list[int]:
    return list(range(count)) if layers is None else some_of("layers", layers, count)


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
