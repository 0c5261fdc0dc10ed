"""Rotary positions: queries and keys are turned by an angle that grows with their place.

A dot product of two turned vectors depends only on how far apart they stand. Composed into a layer by
`MultiHeadAttention(..., rotary=Rotary(d_head))`.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Rotary(nn.Module):
    """Turns pairs of features; pair i at position p by p · base^(-2i / d_head).

    Feature i is paired with feature i + d_head/2, as Llama in Hugging Face does (the paper pairs
    neighbours: the same up to the order of the columns of W^Q and W^K).

    Args:
        d_head: width of a head, even.
        base: how slowly the slowest pair turns.
        frequencies: radians per position for each pair, [d_head / 2], in place of those of `base`.

    Raises:
        ValueError: an odd d_head, a base not above 0, frequencies of another shape.

    Source: Su et al. 2021, "RoFormer", equation 34.

    >>> turn = Rotary(d_head=4)
    >>> x = torch.randn(2, 3, 5, 4)
    >>> torch.allclose(turn(x).norm(dim=-1), x.norm(dim=-1))
    True
    >>> torch.equal(turn(x)[:, :, 2:], turn(x[:, :, 2:], start=2))
    True
    """

    def __init__(
        self, d_head: int, *, base: float = 10_000.0, frequencies: Float[Tensor, " pair"] | None = None
    ) -> None:
        super().__init__()
        if d_head < 2 or d_head % 2:
            raise ValueError(f"d_head should be even for rotary positions, got {d_head}")
        if not base > 0:
            raise ValueError(f"base should be above 0, got {base}")
        if frequencies is None:
            frequencies = base ** (-torch.arange(0, d_head, 2, dtype=torch.float64) / d_head)
        elif tuple(frequencies.shape) != (d_head // 2,):
            raise ValueError(f"frequencies should be [pair={d_head // 2}], got {list(frequencies.shape)}")
        self.d_head = d_head
        # No buffer: `layer.bfloat16()` would round it, and far positions need all the digits there are.
        self.frequencies = frequencies.detach().double().cpu()

    def forward(
        self, x: Float[Tensor, "batch head seq d_head"], start: int = 0
    ) -> Float[Tensor, "batch head seq d_head"]:
        """x turned, where its first token stands at position `start`."""
        if x.shape[-1] != self.d_head:
            raise ValueError(f"x should be [batch, head, seq, d_head={self.d_head}], got {list(x.shape)}")
        positions = torch.arange(start, start + x.shape[2], dtype=self.frequencies.dtype)
        angles = torch.outer(positions, self.frequencies)
        cos, sin = angles.cos().to(x), angles.sin().to(x)
        left, right = x.chunk(2, dim=-1)
        return torch.cat((left * cos - right * sin, right * cos + left * sin), dim=-1)
