"""Multi-head attention with every intermediate in the open.

    q, k, v       = x W^Q, x W^K, x W^V          cut into heads
    scores        = q kᵀ / √d_head               may be masked
    attn          = softmax(scores)              over the keys
    z             = attn v
    contributions = z_i W^O_i                    one for each head i
    output        = sum of the contributions + b^O

`mha(x)` gives the output, through `F.scaled_dot_product_attention`; `mha.trace(x)` gives all of it.
Weights act from the right, `x @ w_q`; head i owns columns i·d_head to (i+1)·d_head of w_q, and the same
rows of w_o. Source: Vaswani et al. 2017, section 3.2; grouped heads: Ainslie et al. 2023.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody gives it
from jaxtyping import Float
from torch import Tensor, nn

from mha_lessons.dot_product import attend_fitting
from mha_lessons.inputs import as_gates, check_tokens, refuse_nan
from mha_lessons.masks import AnyMask, as_four_axes, rows_with_nothing
from mha_lessons.shapes import check_shape, choose_d_head
from mha_lessons.trace import Trace, side_by_side

Rotate = Callable[[Float[Tensor, "batch head seq d_head"], int], Float[Tensor, "batch head seq d_head"]]


class MultiHeadAttention(nn.Module):
    """Multi-head attention: outputs, or with `trace` every intermediate of them.

    Args:
        d_model: width of a token vector.
        num_heads: query heads.
        d_head: width of one head; default d_model // num_heads, but any width works.
        num_kv_heads: key/value heads, each shared by num_heads // num_kv_heads query heads; default
            num_heads; 1 is multi-query attention (Shazeer 2019).
        bias: whether the four projections add a bias.
        dropout: share of the attention weights set to 0 in training.
        temperature: the scores are divided by √d_head · temperature; more is flatter.
        rotary: turns queries and keys by their positions, such as `mha_lessons.rotary.Rotary(d_head)`.
        device, dtype: of the weights.

    Raises:
        ValueError: sizes that do not fit each other; the sentence says which would.

    >>> mha = MultiHeadAttention(d_model=8, num_heads=2)
    >>> x = torch.randn(3, 5, 8)
    >>> mha(x).shape
    torch.Size([3, 5, 8])
    >>> trace = mha.trace(x)
    >>> torch.allclose(trace.contributions.sum(1) + mha.b_o, mha(x), atol=1e-6)
    True
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        *,
        d_head: int | None = None,
        num_kv_heads: int | None = None,
        bias: bool = True,
        dropout: float = 0.0,
        temperature: float = 1.0,
        rotary: Rotate | None = None,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.d_model, self.num_heads = d_model, num_heads
        self.num_kv_heads = num_heads if num_kv_heads is None else num_kv_heads
        self.d_head = choose_d_head(d_model, num_heads, d_head, self.num_kv_heads)
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout should lie in [0, 1), got {dropout}")
        if not 0 < temperature < math.inf:
            raise ValueError(f"temperature should be above 0, got {temperature}")
        self.dropout, self.temperature, self.rotary = dropout, temperature, rotary

        def weight(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(*shape, device=device, dtype=dtype))

        self._heads: tuple[int, ...] = (num_heads, self.num_kv_heads, self.num_kv_heads)
        width = sum(self._heads) * self.d_head
        self.w_qkv = weight(d_model, width)  # W^Q, W^K, W^V side by side: one product is faster than three
        self.b_qkv = weight(width) if bias else None
        self.w_o = weight(num_heads * self.d_head, d_model)
        self.b_o = weight(d_model) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the weights anew: Glorot uniform as in `nn.MultiheadAttention`, biases 0."""
        for weight in (self.w_qkv, self.w_o):
            nn.init.xavier_uniform_(weight)
        for bias in (self.b_qkv, self.b_o):
            if bias is not None:
                nn.init.zeros_(bias)

    def forward(
        self,
        x: Float[Tensor, "batch query d_model"],
        context: Float[Tensor, "batch key d_model"] | None = None,
        values: Float[Tensor, "batch key d_model"] | None = None,
        *,
        mask: AnyMask | None = None,
        gates: Tensor | None = None,
    ) -> Float[Tensor, "batch query d_model"]:
        """The output alone. x, context and values are torch's `query`, `key` and `value`.

        Args:
            x: the tokens that look; queries are made of them.
            context: the tokens that are looked at, of which keys are made; default x itself.
            values: what is found there, of which v is made, one for each of the context; default the context.
            mask: bool (True = may look) or floating point (added to the scores): [query, key],
                [batch, query, key] or [batch, head, query, key], each axis full or 1.
            gates: a factor for each head's contribution, [head] or [batch, head]; 0 switches it off.

        Raises:
            TypeError, ValueError: naming what came and what was wanted. NaN is looked for on the CPU,
                outside `torch.compile`; elsewhere the look would make the device wait.
        """
        q, k, v = self.project(x, context, values)
        dropout = self.dropout if self.training else 0.0
        return self.combine(attend_fitting(q, k, v, mask, self.temperature, dropout), gates)

    def trace(
        self,
        x: Float[Tensor, "batch query d_model"],
        context: Float[Tensor, "batch key d_model"] | None = None,
        values: Float[Tensor, "batch key d_model"] | None = None,
        *,
        mask: AnyMask | None = None,
        gates: Tensor | None = None,
    ) -> Trace:
        """Every intermediate; the same arguments and errors as calling the module."""
        q, k, v = self.project(x, context, values)
        if mask is not None:
            mask = as_four_axes(mask, q, k.shape[2])
        return Trace(
            q,
            k,
            v,
            self._parameter("w_o"),
            self._parameter("b_o"),
            scale=1 / (math.sqrt(self.d_head) * self.temperature),
            mask=mask,
            nothing=None if mask is None else rows_with_nothing(mask),
            gates=None if gates is None else as_gates(gates, q),
            dropout=self.dropout if self.training else 0.0,
        )

    def project(
        self,
        x: Float[Tensor, "batch query d_model"],
        context: Float[Tensor, "batch key d_model"] | None = None,
        values: Float[Tensor, "batch key d_model"] | None = None,
        *,
        start: int = 0,
    ) -> tuple[
        Float[Tensor, "batch head query d_head"],
        Float[Tensor, "batch kv_head key d_head"],
        Float[Tensor, "batch kv_head key d_head"],
    ]:
        """Queries of x, keys of the context, v of `values`; `start` is the position of their first tokens."""
        if context is None and values is None:
            q, k, v = self._project("x", x, 0, 3)
        else:
            until = 3 if values is None else 2  # k and v of the same tokens are made at once
            made = self._project("x", x, 0, until if context is None else 1)
            if context is not None:
                made += self._project("context", context, 1, until)
            if values is not None:
                made += self._project("values", values, 2, 3)
            q, k, v = made
            if len(k) != len(q):
                raise ValueError(f"context should have the batch of x, {len(q)}, got {len(k)}")
            if values is not None:
                check_shape("values", values, batch=len(k), seq=k.shape[2], d_model=self.d_model)
        if self.rotary is not None:
            q, k = self.rotary(q, start), self.rotary(k, start)
        return q, k, v

    def combine(
        self, z: Float[Tensor, "batch head query d_head"], gates: Tensor | None = None
    ) -> Float[Tensor, "batch query d_model"]:
        """The output made of what each head found."""
        if gates is not None:
            z = z * as_gates(gates, z)
        return F.linear(side_by_side(z), self._parameter("w_o").mT, self._parameter("b_o"))

    def _project(self, name: str, tokens: Tensor, first: int, until: int) -> tuple[Tensor, ...]:
        """The parts of q, k, v from `first` to before `until`, [batch, head, seq, d_head] each."""
        w, b, heads = self._parameter("w_qkv"), self._parameter("b_qkv"), self._heads
        if until - first < 3:
            columns = slice(sum(heads[:first]) * self.d_head, sum(heads[:until]) * self.d_head)
            w, b, heads = w[:, columns], None if b is None else b[columns], heads[first:until]
        try:
            packed = F.linear(tokens, w.mT, b)
            batch, seq, _ = packed.shape
        except (RuntimeError, TypeError, ValueError):
            check_tokens(name, tokens, w)  # torch has checked already, for nothing: this says it in words
            raise
        refuse_nan(name, tokens)
        return packed.view(batch, seq, -1, self.d_head).transpose(1, 2).split_with_sizes(heads, 1)

    def _parameter(self, name: str) -> Any:
        """`getattr(self, name)`, for which nn.Module looks everywhere else first: a tenth of a small call."""
        return self._parameters[name] if name in self._parameters else getattr(self, name)

    def _part(self, of: Tensor | None, part: int) -> Tensor | None:
        return None if of is None else of.split([n * self.d_head for n in self._heads], dim=-1)[part]

    # views of the parts of w_qkv and b_qkv: writing into them under `no_grad` changes the layer
    w_q = property(lambda self: self._part(self.w_qkv, 0), doc="W^Q, [d_model, head·d_head].")
    w_k = property(lambda self: self._part(self.w_qkv, 1), doc="W^K, [d_model, kv_head·d_head].")
    w_v = property(lambda self: self._part(self.w_qkv, 2), doc="W^V, [d_model, kv_head·d_head].")
    b_q = property(lambda self: self._part(self.b_qkv, 0), doc="b^Q, [head·d_head], or None.")
    b_k = property(lambda self: self._part(self.b_qkv, 1), doc="b^K, [kv_head·d_head], or None.")
    b_v = property(lambda self: self._part(self.b_qkv, 2), doc="b^V, [kv_head·d_head], or None.")

    @classmethod
    def from_weights(cls, *weights: Tensor, num_heads: int, **others: Any) -> "MultiHeadAttention":
        """A layer with copies of w_q, w_k, w_v and w_o; see `mha_lessons.interop.from_weights`."""
        from mha_lessons.interop import from_weights

        return from_weights(*weights, num_heads=num_heads, **others)

    @classmethod
    def from_torch(cls, module: nn.MultiheadAttention) -> "MultiHeadAttention":
        """The same layer as a `nn.MultiheadAttention`; see `mha_lessons.interop.from_torch`."""
        from mha_lessons.interop import from_torch

        return from_torch(module)

    def to_torch(self) -> nn.MultiheadAttention:
        """The same layer as a `nn.MultiheadAttention`; see `mha_lessons.interop.to_torch`."""
        from mha_lessons.interop import to_torch

        return to_torch(self)

    def extra_repr(self) -> str:
        """The sizes, for `print`."""
        sizes = f"d_model={self.d_model}, num_heads={self.num_heads}, d_head={self.d_head}"
        return f"{sizes}, num_kv_heads={self.num_kv_heads}, bias={self.b_o is not None}"
