"""Everything that multi-head attention computes on the way, each tensor made when it is first read."""

import math
from collections.abc import Callable
from typing import Any, overload

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody gives it
from jaxtyping import Bool, Float
from torch import Tensor

SHORT_ROW = 64  # keys below which softmax is faster down the columns (see `Trace.scores`)


class lazy:  # noqa: N801 - reads like `property`
    """A field that is computed on first read, once, under the grad mode in which its trace was taken."""

    def __init__(self, compute: Callable[[Any], Tensor]) -> None:
        self.compute, self.__doc__ = compute, compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, trace: None, owner: type) -> "lazy": ...
    @overload
    def __get__(self, trace: object, owner: type) -> Tensor: ...
    def __get__(self, trace: Any, owner: type | None = None) -> "Tensor | lazy":
        if trace is None:
            return self
        if torch.is_grad_enabled() == trace._grad:
            value = self.compute(trace)
        else:
            with torch.set_grad_enabled(trace._grad):
                value = self.compute(trace)
        setattr(trace, self.name, value)  # Python finds it there from now on
        return value


class Trace:
    """The intermediates of one call of `MultiHeadAttention`, made by its `trace` method.

    `q`, `k` and `v` are there from the start; every other field is computed when it is first read, and
    kept, with the fields it is made of. So a trace costs the time and memory of what is read. The last
    three fields need W^O: read them before an optimiser changes it (a trace that is too old says so).

    | field | meaning | shape |
    |---|---|---|
    | `q` | queries | [batch, head, query, d_head] |
    | `k`, `v` | keys and values, shared if kv_head < head | [batch, kv_head, key, d_head] |
    | `scores` | q·k / (√d_head · temperature), -inf where masked | [batch, head, query, key] |
    | `attn` | softmax of the scores; 0 where a query may look nowhere | [batch, head, query, key] |
    | `z` | attn v, what each head found | [batch, head, query, d_head] |
    | `concat` | z, times the gates, side by side | [batch, query, head·d_head] |
    | `contributions` | what each head adds: (gate_i z_i) W^O_i | [batch, head, query, d_model] |
    | `output` | concat W^O + b^O = sum of contributions + b^O | [batch, query, d_model] |

    Of grouped heads, query head i uses keys and values number i // (head // kv_head).
    In training, `attn` is what is left after dropout, so that z = attn v holds. If `contributions` are read
    before `output`, the output is their sum, else the projection of `concat`: less arithmetic either way,
    and the same to rounding. Tensors may be views that are not contiguous.

    Source: Vaswani et al. 2017, section 3.2; the contributions as in Elhage et al. 2021, "A Mathematical
    Framework for Transformer Circuits".

    >>> from mha_lessons import MultiHeadAttention
    >>> trace = MultiHeadAttention(d_model=6, num_heads=2).trace(torch.ones(1, 4, 6))
    >>> trace.attn.shape, trace.contributions.shape
    (torch.Size([1, 2, 4, 4]), torch.Size([1, 2, 4, 6]))
    """

    FIELDS = ("q", "k", "v", "scores", "attn", "z", "contributions", "output", "concat")

    def __init__(
        self,
        q: Float[Tensor, "batch head query d_head"],
        k: Float[Tensor, "batch kv_head key d_head"],
        v: Float[Tensor, "batch kv_head key d_head"],
        w_o: Float[Tensor, "concat d_model"],
        b_o: Float[Tensor, " d_model"] | None,
        *,
        scale: float,
        mask: Tensor | None = None,
        nothing: Bool[Tensor, "... 1"] | None = None,
        gates: Float[Tensor, "batch_or_1 head 1 1"] | None = None,
        dropout: float = 0.0,
    ) -> None:
        if w_o.dtype is not q.dtype:  # under autocast, which may be over when the fields are read
            w_o, b_o = w_o.to(q.dtype), None if b_o is None else b_o.to(q.dtype)
        self.q, self.k, self.v = q, k, v
        self._w_o, self._b_o, self._scale = w_o, b_o, scale
        self._mask, self._nothing, self._gates, self._dropout = mask, nothing, gates, dropout
        self._grad, self._age = torch.is_grad_enabled(), _times_written(w_o)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_age": self._age - _times_written(self._w_o)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._age += _times_written(self._w_o)  # the copy's W^O is counted anew

    @lazy
    def scores(self) -> Float[Tensor, "batch head query key"]:
        """Scaled dot products of queries and keys, mask applied, [batch, head, query, key]."""
        q, k = self.q, self.k
        if q.shape[1] == k.shape[1] and k.shape[2] < SHORT_ROW:
            # torch's softmax walks short rows one at a time, but many columns at once: lay keys out as rows
            scores = (k @ (q * self._scale).mT).mT
        else:
            # 0 · ignored + scale · q kᵀ: scaled as they are made, not in a pass of its own
            rows, ignored = self._group(q).flatten(0, 1), q.new_empty(())
            scores = torch.baddbmm(ignored, rows, k.flatten(0, 1).mT, beta=0, alpha=self._scale)
            scores = scores.view(*q.shape[:3], k.shape[2])
        if self._mask is None:
            return scores
        if self._mask.dtype == torch.bool:
            return scores.masked_fill_(~self._mask, -math.inf)
        return scores.add_(self._mask)

    @lazy
    def attn(self) -> Float[Tensor, "batch head query key"]:
        """Attention weights, [batch, head, query, key]; each row sums to 1, or to 0 where all is masked."""
        scores, nothing = self.scores, self._nothing
        if nothing is not None:  # 0/0: look anywhere, and forget what was seen
            scores = scores.masked_fill(nothing, 0)
        dtype = scores.dtype  # autocast would take another
        attn = scores.softmax(-1, dtype) if scores.stride(-1) == 1 else scores.mT.softmax(-2, dtype).mT
        if nothing is not None:
            attn = attn.masked_fill(nothing, 0)
        return F.dropout(attn, self._dropout) if self._dropout else attn

    @lazy
    def z(self) -> Float[Tensor, "batch head query d_head"]:
        """What each head found, attn v, [batch, head, query, d_head]."""
        attn, v = self.attn, self.v
        if attn.shape[1] == v.shape[1]:
            return attn @ v
        return (self._group(attn) @ v).view(self.q.shape)

    @lazy
    def concat(self) -> Float[Tensor, "batch query concat"]:
        """The heads' outputs, times the gates, side by side, [batch, query, head·d_head]."""
        return side_by_side(self.z if self._gates is None else self.z * self._gates)

    @lazy
    def contributions(self) -> Float[Tensor, "batch head query d_model"]:
        """What each head adds to the output, [batch, head, query, d_model]."""
        z = self.z if self._gates is None else self.z * self._gates
        return z @ self._fresh_w_o().view(z.shape[1], z.shape[3], -1)

    @lazy
    def output(self) -> Float[Tensor, "batch query d_model"]:
        """What the layer gives, [batch, query, d_model]."""
        if "contributions" not in self.__dict__:
            return F.linear(self.concat, self._fresh_w_o().mT, self._b_o)
        total = self.contributions.sum(1)
        return total if self._b_o is None else total.add_(self._b_o)

    def _fresh_w_o(self) -> Float[Tensor, "concat d_model"]:
        if _times_written(self._w_o) != self._age:
            raise RuntimeError(
                "W^O has changed since this trace was taken: "
                "read contributions and output before, or take a new trace"
            )
        return self._w_o

    def _group(
        self, tensor: Float[Tensor, "batch head query any"]
    ) -> Float[Tensor, "batch kv_head rows any"]:
        """The queries of all heads that share a key/value head, as one longer list."""
        return tensor.reshape(tensor.shape[0], self.k.shape[1], -1, tensor.shape[3])


def side_by_side(z: Float[Tensor, "batch head query d_head"]) -> Float[Tensor, "batch query concat"]:
    """Head i's output goes to columns i·d_head to (i+1)·d_head."""
    return z.transpose(1, 2).flatten(2)


def _times_written(tensor: Tensor) -> int:
    """How often a tensor was written in place; 0 where torch does not count."""
    return 0 if torch.compiler.is_compiling() or tensor.is_inference() else tensor._version
