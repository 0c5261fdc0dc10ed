"""One head before and after a mask, and what goes wrong around masks. Twin: `widgets/core/masked_head.ts`."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from mha_lessons.attention import MultiHeadAttention


class MaskedHead(NamedTuple):
    """Tables of one head, [query, key], and what comes out of it, [query, d_head]."""

    scores: Float[Tensor, "query key"]
    """Before the mask."""
    before: Float[Tensor, "query key"]
    """Attention with no mask at all."""
    after: Float[Tensor, "query key"]
    """Attention with the mask; a row that may look at nothing is all zeros."""
    wrong: Float[Tensor, "query key"]
    """Attention if the mask's True is taken for "may not look"."""
    plain: Float[Tensor, "query key"]
    """The softmax of the masked scores without a case for a row of -inf: NaN there."""
    z: Float[Tensor, "query d_head"]
    """after @ v"""
    plain_z: Float[Tensor, "query d_head"]
    """plain @ v"""


def masked_head(
    mha: MultiHeadAttention, x: Float[Tensor, "1 seq d_model"], mask: Bool[Tensor, "seq seq"], head: int
) -> MaskedHead:
    """Everything the picture of one head under a mask needs, computed by the module.

    >>> mha = MultiHeadAttention(d_model=4, num_heads=2)
    >>> nothing = torch.tensor([[True, False], [False, False]])
    >>> found = masked_head(mha, torch.ones(1, 2, 4), nothing, head=0)
    >>> found.after.tolist(), found.plain.isnan().any(-1).tolist()
    ([[1.0, 0.0], [0.0, 0.0]], [False, True])
    """
    with torch.no_grad():
        free, masked, wrong = (mha.trace(x, mask=chosen) for chosen in (None, mask, ~mask))
        plain = masked.scores[0, head].softmax(-1)
        return MaskedHead(
            free.scores[0, head],
            free.attn[0, head],
            masked.attn[0, head],
            wrong.attn[0, head],
            plain,
            masked.z[0, head],
            plain @ masked.v[0, head],
        )


class TorchSays(NamedTuple):
    """What torch's own functions do with the same mask, run now."""

    attn: Float[Tensor, "query key"]
    """The head's weights from `nn.MultiheadAttention(..., attn_mask=~mask)`."""
    z: Float[Tensor, "query d_head"]
    """What the head finds by `F.scaled_dot_product_attention(..., attn_mask=mask)`."""
    nan_paths: list[bool]
    """Whether NaN came out of `nn.MultiheadAttention` in evaluation, on each of `PATHS`."""


PATHS = (
    ("with weights, with gradients", True, True),
    ("with weights, without gradients", True, False),
    ("without weights, with gradients", False, True),
    ("without weights, without gradients", False, False),
)
"""The ways through `nn.MultiheadAttention.eval()`: name, `need_weights`, whether gradients are on."""


def torch_says(
    mha: MultiHeadAttention, x: Float[Tensor, "1 seq d_model"], mask: Bool[Tensor, "seq seq"], head: int
) -> TorchSays:
    """Run `nn.MultiheadAttention` on its four evaluation paths, and `F.scaled_dot_product_attention`.

    >>> mha = MultiHeadAttention(d_model=4, num_heads=2)
    >>> nothing = torch.tensor([[True, False], [False, False]])
    >>> torch_says(mha, torch.ones(1, 2, 4), nothing, head=0).nan_paths
    [True, True, False, True]
    """
    module = _with_biases(mha).to_torch().eval()
    nan_paths = [_has_nan(module, x, mask, weights, gradients) for _, weights, gradients in PATHS]
    with torch.no_grad():
        attn = module(x, x, x, attn_mask=~mask, average_attn_weights=False)[1]
        q, k, v = mha.project(x)
        z = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    return TorchSays(attn[0, head], z[0, head], nan_paths)


def _with_biases(mha: MultiHeadAttention) -> MultiHeadAttention:
    """The same layer with biases of 0: torch's module has some by default, and a fast path for those only."""
    if mha.b_o is not None:
        return mha
    return MultiHeadAttention.from_weights(
        *(mha.w_q, mha.w_k, mha.w_v, mha.w_o),
        num_heads=mha.num_heads,
        b_o=mha.w_o.new_zeros(mha.d_model),
        temperature=mha.temperature,
    )


def _has_nan(module: nn.MultiheadAttention, x: Tensor, mask: Tensor, weights: bool, gradients: bool) -> bool:
    with torch.set_grad_enabled(gradients):
        output = module(x, x, x, attn_mask=~mask, need_weights=weights)[0]
    return bool(output.isnan().any())
