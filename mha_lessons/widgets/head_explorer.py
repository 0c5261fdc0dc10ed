"""HeadExplorer: a sentence, a head count, and everything one attention layer computes from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from mha_lessons.params import Params, check
from mha_lessons.widgets.bundle import bundle
from mha_lessons.widgets.given import (
    given_attentions,
    given_fault,
    given_still,
    given_trace,
    unpack,
)
from mha_lessons.widgets.layer_widget import LAYER, LayerWidget

if TYPE_CHECKING:
    import numpy as np

    from mha_lessons.trace import Trace

DRAWN = ("q", "k", "v", "scores", "attn", "z", "output")


class HeadExplorer(LayerWidget):
    """Move the head count of a real attention module and watch its patterns and its output change.

    Example:
        >>> from mha_lessons.widgets import HeadExplorer
        >>> explorer = HeadExplorer(text="The cat sat because it was tired", num_heads=4)
        >>> explorer.trace.attn.shape  # [batch, head, query, key]
        torch.Size([1, 4, 7, 7])

    Raises:
        ValueError: the settings do not fit together (an empty sentence, a head count that does not divide
            `d_model`); the sentence says what would work.
    """

    _esm = bundle("head_explorer.js")
    _css = bundle("head_explorer.css")
    page_name = "head_explorer"
    asks = (*LAYER, "compare", "given")

    text = traitlets.Unicode("The doctor thanked Mary because she helped him", help="The sentence.").tag(
        sync=True
    )
    compare = traitlets.Int(
        None, allow_none=True, help="Show the same matrices in this number of heads, too."
    ).tag(sync=True)
    given = traitlets.Dict(
        help="Tensors handed in by `from_trace` or `from_attentions`; nothing is computed then.",
    ).tag(sync=True, fixed=True)
    head = traitlets.Int(0, min=0, max=1023, help="The head shown large, counted from 0.").tag(sync=True)
    query = traitlets.Int(0, min=0, max=1023, help="The word that looks, counted from 0.").tag(sync=True)
    key = traitlets.Int(0, min=0, max=1023, help="The word looked at, counted from 0.").tag(sync=True)

    @classmethod
    def from_trace(cls, trace: Trace, tokens: Sequence[str], **traits: Any) -> HeadExplorer:
        """Show a `Trace` of one sequence, of any module and any input.

        Args:
            trace: with a batch of one.
            tokens: a word for each position, seq of them.
            traits: head, query, key, group.

        Raises:
            TypeError: no trace, or tokens that are no list of words.
            ValueError: tokens that do not match, or more than one sequence.

        Example:
            >>> import torch
            >>> from mha_lessons import MultiHeadAttention
            >>> from mha_lessons.widgets import HeadExplorer
            >>> trace = MultiHeadAttention(12, 3).trace(torch.randn(1, 2, 12))
            >>> HeadExplorer.from_trace(trace, ["hello", "world"]).given["num_heads"]
            3
        """
        return cls._with_trace(trace, given_trace(trace, tokens), traits)

    @classmethod
    def from_attentions(
        cls, attentions: Any, tokens: Sequence[str], *, layer: int = 0, **traits: Any
    ) -> HeadExplorer:
        """Show attention weights of any model.

        Two lines for an `nn.MultiheadAttention`, and two for a model of Hugging Face's; `mha_lessons.watch`
        shows every layer of either.

        Args:
            attentions: [head, query, key], [1, head, query, key], or a list of such, one a layer, or the
                output of a Hugging Face model that was asked for them. Any precision, any device but meta.
            tokens: a word for each position.
            layer: which of a list, counted from 0.
            traits: head, query, key, group.

        Raises:
            TypeError: what is no tensor, array or list of them, or tokens that are no list of words.
            ValueError: another shape, no such layer, no weights, or tokens that do not match.

        Example:
            >>> import torch
            >>> from mha_lessons.widgets import HeadExplorer
            >>> mha, x = torch.nn.MultiheadAttention(8, 2, batch_first=True), torch.randn(1, 3, 8)
            >>> output, attn = mha(x, x, x, average_attn_weights=False)
            >>> HeadExplorer.from_attentions(attn, ["she", "read", "it"]).given["num_heads"]
            2

            >>> from transformers import BertConfig, BertModel
            >>> config = BertConfig(hidden_size=8, num_attention_heads=2, intermediate_size=16, vocab_size=9)
            >>> model = BertModel._from_config(config, attn_implementation="eager").eval()
            >>> output = model(torch.tensor([[1, 2, 3]]), output_attentions=True)
            >>> HeadExplorer.from_attentions(output, ["she", "read", "it"], layer=5).given["num_heads"]
            2
        """
        return cls(given=given_attentions(attentions, tokens, layer), **traits)

    @property
    def trace(self) -> Trace:
        """The `Trace` shown, with a batch of one: of the settings, by the torch module, or the one handed in.

        Raises:
            ValueError: the settings do not fit together, or only attention weights were handed in; the
                sentence says what would work.
        """
        if self.given:
            return self._trace_behind()
        from mha_lessons.compute import compute

        return compute(self.params)[2]

    def fault(self) -> str | None:
        """Why the settings do not fit together, or None."""
        if self.given:
            return given_fault(self.given)
        return check(self.params) or (
            None if self.compare is None else regrouping_fault(self.params, self.compare)
        )

    def numbers(self) -> dict[str, Any]:
        """The tensors of the trace that the picture needs, and the words."""
        if self.given:
            return unpack(self.given)
        from mha_lessons.compute import compute

        tokens, roles, trace = compute(self.params)
        return {
            **({} if self.compare is None else regrouped(self.params, self.compare)),
            "tokens": tokens,
            "roles": roles,
            "num_heads": self.num_heads,
            "d_model": self.d_model,
            "d_head": trace.q.shape[-1],
            **{name: getattr(trace, name)[0] for name in DRAWN},
        }

    def still_figure(self) -> tuple[str, list[str], np.ndarray]:
        """All heads' attention for the still: title, tokens, attn [head, query, key]."""
        if self.given:
            return "Attention handed in", *given_still(self.given)
        from mha_lessons.compute import compute

        tokens, _roles, trace = compute(self.params)
        title = f"Attention of {self.num_heads} heads, d_model = {self.d_model}, {self.source} weights"
        return title, tokens, trace.attn[0].detach().numpy()


def regrouping_fault(params: Params, num_heads: int) -> str | None:
    """Why the matrices of `params` cannot be cut into `num_heads` equal heads, or None."""
    width = params.num_heads * params.head_width
    if num_heads >= 1 and width % num_heads == 0:
        return None
    return (
        f"{params.num_heads} heads of {params.head_width} dimensions are {width} wide, "
        f"which cannot be cut into {num_heads} equal heads to compare."
    )


def regrouped(params: Params, num_heads: int) -> dict[str, Any]:
    """The same x and the same matrices, cut into another number of heads.

    Raises:
        ValueError: `num_heads` does not divide the width of all heads together.
    """
    import torch

    from mha_lessons.attention import MultiHeadAttention
    from mha_lessons.compute import layer

    if fault := regrouping_fault(params, num_heads):
        raise ValueError(fault)
    _tokens, _roles, x, mha, mask = layer(params)
    cut = MultiHeadAttention.from_weights(
        mha.w_q, mha.w_k, mha.w_v, mha.w_o, num_heads=num_heads, temperature=params.temperature
    )
    with torch.no_grad():
        trace = cut.trace(x, mask=mask)
    return {
        "other_num_heads": num_heads,
        "other_d_head": trace.q.shape[-1],
        **{f"other_{name}": getattr(trace, name)[0] for name in ("scores", "attn", "output")},
    }
