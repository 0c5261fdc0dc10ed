"""Any Hugging Face model as a source of attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor, nn

from mha_lessons.models.attentions import Attentions
from mha_lessons.models.capture import Probe, Visit, probe, stream
from mha_lessons.models.problem import ModelError
from mha_lessons.models.text import Encoded, encode
from mha_lessons.models.words import Span

MOST_BYTES = 2 << 30
"""Attention of one text may take this much memory, unless the caller allows more."""


@dataclass(frozen=True)
class Model:
    """A model and its tokenizer.

    Attributes:
        name: what to call it.
        network: the model as it was given, in evaluation mode.
        backbone: the part of it that has the attention layers, without a head for words or classes.
        tokenizer: a fast tokenizer of Hugging Face's.
        found: its attention layers.
        start: id of the token we put in front of a text; None where the tokenizer does it.
    """

    name: str
    network: nn.Module
    backbone: nn.Module
    tokenizer: Any
    found: Probe
    start: int | None

    @property
    def layers(self) -> list[nn.Module]:
        """The attention layers, in the order in which they run."""
        return self.found.modules

    @property
    def num_layers(self) -> int:
        """Attention layers."""
        return len(self.found.modules)

    @property
    def num_heads(self) -> int:
        """Query heads of a layer."""
        return self.found.num_heads

    @property
    def causal(self) -> bool:
        """Whether a token sees only itself and what is before it."""
        return self.found.causal

    @property
    def most_tokens(self) -> int | None:
        """The longest text the model was built for, special tokens included; None where it does not say."""
        return _most_tokens(self.backbone.config, self.tokenizer)

    def encode(self, text: str, spans: Sequence[Span] | None = None) -> Encoded:
        """Tokens and words of a text.

        Args:
            text: not empty.
            spans: first and last-plus-one character of each word; by default words and punctuation marks.

        Raises:
            ModelError: an empty text, one in a script without tokens, one too long for the model, a tokenizer
                of another model.
        """
        encoded = encode(self.tokenizer, text, spans, start=self.start)
        known = getattr(self.backbone.config, "vocab_size", None)
        if isinstance(known, int) and max(encoded.ids) >= known:
            raise ModelError(
                f"The tokenizer gives token {max(encoded.ids):,} and {self.name} knows {known:,} of them: "
                "give the tokenizer that was saved with the model."
            )
        most, tokens = self.most_tokens, len(encoded.ids)
        if most is not None and tokens > most:
            raise ModelError(
                f"The text has {tokens:,} tokens and {self.name} takes at most {most:,}: give a shorter text."
            )
        return encoded

    def visit(self, encoded: Encoded, visit: Visit, *, most_bytes: int = MOST_BYTES) -> None:
        """Show each layer's attention, [head, query, key], to `visit(layer, attn)` while the model runs.

        Memory holds one layer at a time, whatever the number of layers.

        Raises:
            ModelError: one layer's tables would not fit, or hold NaN.
        """
        self._check_memory(encoded, 0, most_bytes)
        stream(self.backbone, self.found, encoded.ids, visit)

    def hidden(self, ids: Int[Tensor, "text token"], there: Int[Tensor, "text token"]) -> Tensor:
        """The vectors after the last layer, [text, token, d_model]; gradients as they are set outside.

        Args:
            ids: tokens of several texts, filled up on the right.
            there: 1 for a token, 0 for filling.
        """
        states: Tensor = self.backbone(input_ids=ids, attention_mask=there).last_hidden_state
        return states

    def attentions(
        self,
        text: str,
        *,
        spans: Sequence[Span] | None = None,
        layers: Sequence[int] | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> Attentions:
        """The attention of the heads on a text.

        Args:
            text: not empty, and not longer than the model takes.
            spans: first and last-plus-one character of each word; by default words and punctuation marks.
            layers: which layers to keep, counted from 0; default all.
            most_bytes: refuse a text whose tables need more memory.

        Raises:
            ModelError: a text that cannot be read, or is too long for the model or the memory; NaN.
            ValueError: a layer that is not there.
        """
        wanted = list(range(self.num_layers)) if layers is None else list(layers)
        if absent := [layer for layer in wanted if layer not in range(self.num_layers)]:
            raise ValueError(f"layers should be from 0 to {self.num_layers - 1}, got {absent[0]}")
        encoded = self.encode(text, spans)
        self._check_memory(encoded, len(wanted), most_bytes)
        kept: dict[int, Tensor] = {}

        def keep(layer: int, attn: Tensor) -> None:
            if layer in wanted:
                kept[layer] = attn.float().clone()

        stream(self.backbone, self.found, encoded.ids, keep)
        tokens = len(encoded.ids)
        empty = torch.empty(0, self.num_heads, tokens, tokens)
        attn = torch.stack([kept[layer] for layer in wanted]) if wanted else empty
        return Attentions(encoded, attn, wanted, self.causal)

    def _check_memory(self, encoded: Encoded, kept: int, most_bytes: int) -> None:
        tokens = len(encoded.ids)
        # A layer at work has scores, mask, softmax and a copy; what is kept is there twice when stacked.
        needs = (4 + 2 * kept) * self.num_heads * tokens**2 * 4
        if needs > most_bytes:
            gb, allowed = f"{needs / 1e9:.1f} GB", f"{most_bytes / 1e9:.1f} GB"
            raise ModelError(
                f"The attention on {tokens:,} tokens needs about {gb} and {allowed} are allowed: "
                "give a shorter text, keep fewer layers, or raise most_bytes."
            )


def require_huggingface(network: Any) -> None:
    """Refuse what is no model of Hugging Face's.

    Raises:
        ModelError: it has no config, which says what its layers are.
    """
    if not (isinstance(network, nn.Module) and hasattr(network, "config")):
        raise ModelError(
            f"{type(network).__name__} is no Hugging Face model: give one that from_pretrained or a class of "
            "transformers made, or hand its weights to RealHeads.from_attentions."
        )


def from_huggingface(network: Any, tokenizer: Any, *, name: str | None = None) -> Model:
    """Any Hugging Face model with its tokenizer: encoder, decoder, or the encoder of a pair.

    The model is put into evaluation mode and otherwise left as it is. A decoder whose tokenizer adds no start
    token gets one in front of each text, if the tokenizer has one: attention that has nowhere to go then
    gathers there (Xiao et al. 2023) and not on the first word.

    Args:
        network: loaded with `attn_implementation="eager"`, since the faster ways keep no weights.
        tokenizer: a fast one, since it has to say which characters a token comes from.
        name: what to call the model; default its class.

    Raises:
        ModelError: no Hugging Face model, one that hands out no attention, NaN in its weights, a slow
            tokenizer.
    """
    require_huggingface(network)
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError(
            f"{type(tokenizer).__name__} cannot say which characters a token comes from: "
            "give the fast tokenizer, AutoTokenizer.from_pretrained(..., use_fast=True)."
        )
    network.eval()
    if getattr(network.config, "is_encoder_decoder", False):
        backbone = network.get_encoder()
    else:
        backbone = getattr(network, "base_model", network)
    few = list(range(min(5, getattr(network.config, "vocab_size", 5))))
    found = probe(backbone, few)
    start = tokenizer.bos_token_id if found.causal else None
    return Model(name or type(network).__name__, network, backbone, tokenizer, found, start)


def _most_tokens(config: Any, tokenizer: Any) -> int | None:
    names = ("max_position_embeddings", "n_positions", "max_seq_len")
    given = [getattr(config, name, None) for name in names] + [tokenizer.model_max_length]
    # A tokenizer without a limit says 10^30; relative positions say -1.
    limits = [each for each in given if isinstance(each, int) and 0 < each < 10**9]
    return min(limits, default=None)
