"""The question "is the embedding split, or projected?": its readings, with what they differ by.

Twin: `widgets/core/splitting.ts`.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from mha_lessons.attention import MultiHeadAttention
from mha_lessons.compute import layer
from mha_lessons.params import Params, describe
from mha_lessons.trace import Trace


class Readings(NamedTuple):
    """One pass of a layer, and three ways to make one of its projections.

    Heads have the width d_model // num_heads: else x could not be cut into slices.
    """

    tokens: list[str]
    x: Float[Tensor, "seq d_model"]
    w: Float[Tensor, "d_model concat"]
    """The projection that is followed."""
    w_o: Float[Tensor, "concat d_model"]
    projected: Float[Tensor, "seq concat"]
    """x W: one big matrix."""
    sliced: Float[Tensor, "seq concat"]
    """x W_0, x W_1, ... side by side: a small matrix for each head."""
    cut_first: Float[Tensor, "seq concat"]
    """x_0 W_00, x_1 W_11, ... side by side: x is cut first, and each slice has a smaller matrix."""
    trace: Trace
    """With a batch of one."""
    cut_output: Float[Tensor, "query d_model"]
    """The output if q, k and v were all made of an x cut first."""

    @property
    def sliced_gap(self) -> float:
        """Largest difference between `sliced` and `projected`: 0 or rounding."""
        return (self.sliced - self.projected).abs().max().item()

    @property
    def cut_gap(self) -> float:
        """Largest difference between `cut_first` and `projected`."""
        return (self.cut_first - self.projected).abs().max().item()

    @property
    def output_gap(self) -> float:
        """Largest difference between `cut_output` and the output."""
        return (self.cut_output - self.trace.output[0]).abs().max().item()


def readings(params: Params, followed: str = "q") -> Readings:
    """Project with one big matrix, with one small matrix a head, and (the wrong reading) cut x first.

    Args:
        params: the layer.
        followed: which projection, "q", "k" or "v".

    Raises:
        ValueError: with the sentence of `check`, or another projection.

    >>> found = readings(Params("she read the book", num_heads=2, d_model=8))
    >>> found.sliced_gap < 1e-6 < found.cut_gap
    True
    """
    if followed not in ("q", "k", "v"):
        raise ValueError(f'matrix should be "q", "k" or "v", got {describe(followed)}.')
    tokens, _roles, batch, mha, mask = layer(params)
    x, d_head = batch[0], mha.d_head
    w: Tensor = getattr(mha, f"w_{followed}")
    slices = [slice(start, start + d_head) for start in range(0, mha.d_model, d_head)]
    with torch.no_grad():
        projected = x @ w
        sliced = torch.cat([x @ w[:, own] for own in slices], dim=1)
        cut_first = torch.cat([x[:, own] @ w[own, own] for own in slices], dim=1)
        trace = mha.trace(batch, mask=mask)
        cut_output = _cut(mha)(batch, mask=mask)[0]
    w, w_o = w.detach(), mha.w_o.detach()
    return Readings(tokens, x, w, w_o, projected, sliced, cut_first, trace, cut_output)


def _cut(mha: MultiHeadAttention) -> MultiHeadAttention:
    """The layer that does what "cut x first" says: by no weight does a head see another slice of x."""
    kept = torch.block_diag(*[torch.ones(mha.d_head, mha.d_head)] * mha.num_heads)
    return MultiHeadAttention.from_weights(
        mha.w_q * kept,
        mha.w_k * kept,
        mha.w_v * kept,
        mha.w_o,
        num_heads=mha.num_heads,
        temperature=mha.temperature,
    )
