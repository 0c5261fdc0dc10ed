"""RealHeads: what every head of a trained model does with a sentence, prepared or your own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from mha_lessons.packed import Packed
from mha_lessons.sentences import MODELS, prepared, sentences
from mha_lessons.widgets.bundle import bundle
from mha_lessons.widgets.handed_in import MOST_TOKENS, packed_attentions, packed_model
from mha_lessons.widgets.lesson_widget import LessonWidget
from mha_lessons.widgets.still import still

if TYPE_CHECKING:
    import numpy as np

MEASURES = ("first", "last", "entropy", "distance", "previous", "self", "next", "far")
MOST_PAGE_BYTES = 4 * 2**20
"""Codes that a page of the book, or a saved notebook, carries in its text."""


class RealHeads(LessonWidget):
    """See every head of a trained model at once, one of them large, and what each does with a sentence.

    Example:
        >>> from mha_lessons.widgets import RealHeads
        >>> heads = RealHeads(sentence="she", layer=1, head=3)
        >>> heads.attn.shape  # [query, key] of the head shown
        (12, 12)

    Raises:
        ValueError: attention handed in that does not fit; the sentence says what would.
    """

    _esm = bundle("real_heads.js")
    _css = bundle("real_heads.css")
    page_name = "real_heads"
    asks = ("model", "sentence", "given")

    model = traitlets.Enum(MODELS, default_value="minilm", help="The model whose heads are shown.").tag(
        sync=True
    )
    sentence = traitlets.Enum(
        tuple(sentences()), default_value="she", help="The prepared sentence, by its name in `sentences()`."
    ).tag(sync=True)
    given = traitlets.Instance(
        Packed,
        allow_none=True,
        help="Attention handed in by `from_model` or `from_attentions`; it crosses to the front end once.",
    ).tag(fixed=True)
    layer = traitlets.Int(1, help="Layer of the head shown large, counted from 0.").tag(sync=True)
    head = traitlets.Int(3, help="The head shown large, counted from 0.").tag(sync=True)
    token = traitlets.Int(
        None,
        allow_none=True,
        help="The token that looks, counted from 0; None: the one that the question is about.",
    ).tag(sync=True)
    key = traitlets.Int(None, allow_none=True, help="The token looked at, counted from 0, or none.").tag(
        sync=True
    )
    measure = traitlets.Enum(
        MEASURES, default_value="first", help="What the bars under the heads show, and what sorts them."
    ).tag(sync=True)
    order = traitlets.Enum(
        ("model", "highest", "lowest"),
        default_value="model",
        help="By layer and head, or sorted by the measure.",
    ).tag(sync=True)
    at_least = traitlets.Float(
        0.0, help="Heads whose measure is smaller are faded or left out; 0 keeps all."
    ).tag(sync=True)
    hide_sink = traitlets.Bool(
        False, help="Whether the sink's column is taken out and each row divided by what is left."
    ).tag(sync=True)
    view = traitlets.Enum(
        ("lines", "matrix", "both"), default_value="lines", help="How the large head is drawn."
    ).tag(sync=True)

    @classmethod
    def from_model(
        cls, model: Any, tokenizer: Any, text: str, *, layers: Sequence[int] | None = None, **traits: Any
    ) -> RealHeads:
        """Run a model on a text and show its heads.

        Args:
            model: of Hugging Face's, encoder or decoder, however it computes attention; it is put into
                evaluation mode and otherwise left as it was.
            tokenizer: its fast tokenizer.
            text: at least a word, at most 1,024 tokens.
            layers: which layers to show, counted from 0; default all.
            traits: layer, head, token, measure, order, hide_sink, view ...

        Raises:
            LessonError: a model without attention, a text that is empty or too long.
        """
        return cls(given=packed_model(model, tokenizer, text, layers), **traits)

    @classmethod
    def from_attentions(
        cls, attentions: Any, tokens: Sequence[str], *, layers: Sequence[int] | None = None, **traits: Any
    ) -> RealHeads:
        """Show attention weights of any model.

        Args:
            attentions: what a Hugging Face model gives with `output_attentions=True`: its output, or a
                sequence of [1, head, query, key] or [head, query, key], one a layer.
            tokens: a word for each position.
            layers: which layers to show, counted from 0; default all.
            traits: layer, head, token, measure, order, hide_sink, view ...

        Raises:
            LessonError: no weights, another shape, NaN, tokens that do not match, more than 1,024 of them.

        Example:
            >>> import torch
            >>> from mha_lessons.widgets import RealHeads
            >>> two_layers = [torch.eye(3).expand(1, 2, 3, 3)] * 2
            >>> RealHeads.from_attentions(two_layers, ["the", "cat", "sat"]).given.num_heads
            2
        """
        return cls(given=packed_attentions(attentions, tokens, layers), **traits)

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """The page state of a new widget, which nothing was handed in to."""
        return super().defaults() | {"given": {}}

    @property
    def packed(self) -> Packed:
        """The attention shown: of all layers and heads that are there."""
        return self.given if self.given is not None else prepared(self.model, self.sentence).packed

    @property
    def shown(self) -> tuple[int, int]:
        """Layer and head that are drawn large: those chosen, or the nearest that are there."""
        packed = self.packed
        layer = min(packed.layers, key=lambda each: abs(each - self.layer))
        return layer, max(0, min(self.head, packed.num_heads - 1))

    @property
    def attn(self) -> np.ndarray:
        """Weights [query, key] of the head drawn large, as they are kept, the sink not hidden."""
        layer, head = self.shown
        found: np.ndarray = self.packed.attn(layer)[head]
        return found

    def fault(self) -> str | None:
        """Why what was handed in cannot be drawn, or None."""
        if self.given is not None and len(self.given.tokens) > MOST_TOKENS:
            return f"{len(self.given.tokens):,} tokens are more than {MOST_TOKENS:,}: give a shorter text"
        return None

    def numbers(self) -> Mapping[str, Any]:
        """Tokens and codes of all heads, as the front end takes them: the codes as bytes."""
        if self.given is not None:
            made = "attention handed in, read in the kernel"
            return _plain(self.given) | {"token": _first(self.given), "model": None, "made": made}
        found = prepared(self.model, self.sentence)
        made = f"measured in {self.model} ({found.source}), read in the kernel"
        return _plain(found.packed) | {"token": found.token, "model": self.model, "made": made}

    def page_state(self) -> dict[str, Any]:
        """The public traits, with what was handed in as text: a page has no other way to get it."""
        return super().page_state() | {"given": _for_page(self.given)}

    def still(self) -> str:
        """The head shown large, as a picture."""
        packed, (layer, head) = self.packed, self.shown
        of = f" of {self.model}" if self.given is None else ""
        title = f"Attention of head {layer}-{head}{of} (layer {layer}, head {head}, both counted from 0)"
        return still(
            title, packed.tokens, packed.attn(layer)[head : head + 1], names=[f"head {layer}-{head}"]
        )


def _plain(packed: Packed) -> dict[str, Any]:
    return {name: getattr(packed, name) for name in packed.__dataclass_fields__}


def _for_page(packed: Packed | None) -> dict[str, Any]:
    if packed is None:
        return {}
    if len(packed.codes) > MOST_PAGE_BYTES:
        return {
            "error": f"These heads need {len(packed.codes) / 2**20:.0f} MiB, too much for a page to carry: "
            "run the cell in JupyterLab, or show fewer layers."
        }
    return packed.as_json() | {"token": _first(packed)}


def _first(packed: Packed) -> int:
    """The first token of the text itself."""
    return next((place for place in range(len(packed.tokens)) if place not in packed.special), 0)
