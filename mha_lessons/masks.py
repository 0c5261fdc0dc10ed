"""Who may look at whom. A boolean mask says True for "may look"; a float mask is added to the scores.

The polarity is that of `F.scaled_dot_product_attention`. The masks of `nn.MultiheadAttention` say the
opposite (True = may *not* look): turn them round with `~` before you use them here.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

AnyMask = Bool[Tensor, "..."] | Float[Tensor, "..."]


def causal_mask(
    num_queries: int, num_keys: int | None = None, *, device: torch.device | str | None = None
) -> Bool[Tensor, "query key"]:
    """Each token may look at itself and at what came before it.

    Args:
        num_queries: how many tokens look.
        num_keys: how many are looked at (default: as many). The queries are the *last* ones among the
            keys, as when a cache holds the words before them. (`is_causal=True` of
            `F.scaled_dot_product_attention` takes them for the first ones.)
        device: where to put the mask.

    Raises:
        ValueError: a negative size, or more queries than keys.

    Source: Vaswani et al. 2017, section 3.2.3.

    >>> causal_mask(3).int().tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    >>> causal_mask(2, 3).int().tolist()
    [[1, 1, 0], [1, 1, 1]]
    """
    num_keys = num_queries if num_keys is None else num_keys
    if not 0 <= num_queries <= num_keys:
        raise ValueError(
            f"causal_mask wants 0 <= num_queries <= num_keys, got {num_queries} queries and {num_keys} keys"
        )
    return torch.ones(num_queries, num_keys, dtype=torch.bool, device=device).tril(num_keys - num_queries)


def padding_mask(lengths: Tensor | Sequence[int], seq: int) -> Bool[Tensor, "batch 1 1 {seq}"]:
    """Every token may look at the first `lengths[b]` tokens of sentence b; the rest is padding.

    Args:
        lengths: how many real tokens each sentence of the batch has, whole numbers, [batch].
        seq: the length to which the batch was padded.

    Raises:
        ValueError: lengths that are not one whole number in 0..seq for each sentence.

    >>> padding_mask([2, 3], seq=3).int().tolist()
    [[[[1, 1, 0]]], [[[1, 1, 1]]]]
    >>> (causal_mask(3) & padding_mask([2, 3], seq=3)).shape
    torch.Size([2, 1, 3, 3])
    """
    lengths = torch.as_tensor(lengths)
    if lengths.dim() != 1 or lengths.dtype not in (
        torch.int64,
        torch.int32,
        torch.int16,
        torch.int8,
        torch.uint8,
    ):
        raise ValueError(
            f"lengths should be whole numbers, one a sentence, got {lengths.dtype} {list(lengths.shape)}"
        )
    if ((lengths < 0) | (lengths > seq)).any():
        raise ValueError(f"lengths should lie in 0..seq={seq}, got {lengths.tolist()}")
    return (torch.arange(seq, device=lengths.device) < lengths[:, None])[:, None, None]


def as_four_axes(
    mask: AnyMask, q: Float[Tensor, "batch head query d_head"], num_keys: int
) -> Bool[Tensor, "... query_or_1 key_or_1"] | Float[Tensor, "... query_or_1 key_or_1"]:
    """The mask as a view with the axes [batch, head, query, key], each full or of length 1.

    A mask of two axes is [query, key]; of three, [batch, query, key]; of four, [batch, head, query, key].

    Args:
        mask: bool (True = may look) or floating point (added to the scores; -inf where none may look).
        q: the queries the mask is for.
        num_keys: how many keys they look at.

    Raises:
        TypeError: the mask is no tensor, or of whole numbers.
        ValueError: another shape or device, or a float mask with NaN or +inf in it (checked on the CPU).

    >>> as_four_axes(causal_mask(5), torch.ones(2, 3, 5, 4), num_keys=5).shape
    torch.Size([1, 1, 5, 5])
    """
    if not isinstance(mask, Tensor):
        raise TypeError(f"mask should be a tensor, got {type(mask).__name__}")
    if mask.dtype != torch.bool and not mask.is_floating_point():
        raise TypeError(
            "mask should be bool (True = may look) or floating point (added to the scores), "
            f"got {mask.dtype}: write mask.bool() if 1 means may look"
        )
    batch, heads, queries, _ = q.shape
    shape = tuple(mask.shape)
    four = {2: (1, 1, *shape), 3: (*shape[:1], 1, *shape[1:]), 4: shape}.get(len(shape), ())
    wanted = (batch, heads, queries, num_keys)
    if not four or any(got not in (1, want) for got, want in zip(four, wanted, strict=True)):
        hint = ": for one mask a head write mask[None]" if shape == (heads, queries, num_keys) else ""
        raise ValueError(
            f"mask should be [query={queries}, key={num_keys}], [batch={batch}, query, key] or "
            f"[batch, head={heads}, query, key], each axis full or 1, got {list(shape)}{hint}"
        )
    if mask.device != q.device:
        raise ValueError(f"mask should be on {q.device} like the queries, got {mask.device}")
    if mask.is_floating_point():
        if mask.is_cpu and not torch.compiler.is_compiling() and not float(mask.detach().sum()) < math.inf:
            raise ValueError("mask should hold finite numbers or -inf, got NaN or +inf")
        mask = mask.to(q.dtype)
    return mask.view(four)


def rows_with_nothing(mask: AnyMask) -> Bool[Tensor, "... 1"] | None:
    """True for the queries that may look at no key at all; None where there is no such query.

    The softmax of such a row is 0/0. Whoever attends fills the row with something harmless before the
    softmax and puts zeros after it, so that no NaN is made, forward or backward.

    >>> rows_with_nothing(torch.tensor([[True, False], [False, False]])).tolist()
    [[False], [True]]
    >>> rows_with_nothing(causal_mask(3)) is None
    True
    """
    may_look = mask if mask.dtype == torch.bool else mask != -math.inf
    rows = ~may_look.any(-1, keepdim=True)
    # While compiling there is no value to look at, and filling no row costs nothing once it is fused.
    return rows if torch.compiler.is_compiling() or rows.any() else None
