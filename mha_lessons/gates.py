"""The output as the sum of what each head adds, each times its gate, and how far a gate moves it.

Twin: `widgets/core/gates.ts`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from mha_lessons.compute import layer
from mha_lessons.params import Params, check_gates


class Movement(NamedTuple):
    """How far vectors moved, a number for each."""

    change: Float[Tensor, "*rows"]
    """|output - reference|"""
    relative: Float[Tensor, "*rows"]
    """change / |reference|"""
    angle: Float[Tensor, "*rows"]
    """Degrees between output and reference; NaN where one of them is zero and has no direction."""


class HeadSum(NamedTuple):
    """One layer with a gate for each head, and beside it the same layer with all gates 1."""

    tokens: list[str]
    roles: list[str] | None
    gates: Float[Tensor, " head"]
    contributions: Float[Tensor, "head query d_model"]
    """What each head adds at gate 1."""
    output: Float[Tensor, "query d_model"]
    """With these gates."""
    reference: Float[Tensor, "query d_model"]
    """With all gates 1."""
    gap: float
    """Largest |output - sum of gate times contribution|: rounding. Of tensors handed in with all gates 1, as
    their output is."""
    change_gap: float
    """Largest |output - reference - sum of (gate - 1) times contribution|: what a gate takes away is exactly
    its head's part."""
    movement: Movement
    bias: Float[Tensor, " d_model"] | None = None
    """What no gate changes; of a layer that was handed in and has one."""


def head_sum(params: Params, gates: Sequence[float] = ()) -> HeadSum:
    """The output as a sum over heads.

    Args:
        params: the layer.
        gates: a factor for what each head adds; a shorter list means 1 for the rest, what is over is unused.

    Raises:
        ValueError: with the sentence of `check` or `check_gates`.

    Source: Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"; a gate per head as in
    Voita et al. 2019 and Michel et al. 2019.

    >>> without_one = head_sum(Params("she left him", num_heads=2, d_model=8), gates=[1, 0])
    >>> torch.allclose(without_one.output, without_one.contributions[0], atol=1e-6)
    True
    """
    tokens, roles, x, mha, mask = layer(params)
    fault = check_gates(gates)
    if fault is not None:
        raise ValueError(fault)
    factors = all_gates(gates, mha.num_heads)
    with torch.no_grad():
        plain = mha.trace(x, mask=mask)
        # Read first, so that it is the projection of `concat`, another way than the sum it is compared with.
        reference = plain.output[0]
        contributions = plain.contributions[0]
        output = mha.trace(x, mask=mask, gates=factors).output[0]
    gap = _largest_gap(output, _add_up(contributions, factors))
    return _compared(tokens, roles, factors, contributions, output, reference, gap)


def given_sum(
    tokens: list[str],
    contributions: Float[Tensor, "head query d_model"],
    output: Float[Tensor, "query d_model"],
    bias: Float[Tensor, " d_model"] | None = None,
    gates: Sequence[float] = (),
) -> HeadSum:
    """The sum over heads of a layer whose tensors were handed in.

    Args:
        tokens: a word for each query.
        contributions: what each head adds.
        output: the layer's own, which the sum is held against.
        bias: what the layer adds at every word.
        gates: as in `head_sum`.

    Raises:
        ValueError: with the sentence of `check_gates`.

    >>> contributions = torch.tensor([[[1.0, 2.0]], [[3.0, 4.0]]])
    >>> found = given_sum(["a"], contributions, torch.tensor([[4.0, 6.0]]), gates=[0])
    >>> found.output, found.gap
    (tensor([[3., 4.]]), 0.0)
    """
    fault = check_gates(gates)
    if fault is not None:
        raise ValueError(fault)
    factors = all_gates(gates, len(contributions))
    plain = _add_up(contributions, torch.ones_like(factors), bias)
    gated = _add_up(contributions, factors, bias)
    gap = _largest_gap(output, plain)
    return _compared(tokens, None, factors, contributions, gated.float(), plain.float(), gap, bias)


def _compared(
    tokens: list[str],
    roles: list[str] | None,
    factors: Float[Tensor, " head"],
    contributions: Float[Tensor, "head query d_model"],
    output: Float[Tensor, "query d_model"],
    reference: Float[Tensor, "query d_model"],
    gap: float,
    bias: Float[Tensor, " d_model"] | None = None,
) -> HeadSum:
    """What the gates changed, beside what they changed it from."""
    change_gap = _largest_gap(output - reference, _add_up(contributions, factors - 1))
    moved = movement(output, reference)
    return HeadSum(tokens, roles, factors, contributions, output, reference, gap, change_gap, moved, bias)


def _add_up(
    contributions: Float[Tensor, "head query d_model"],
    factors: Float[Tensor, " head"],
    bias: Float[Tensor, " d_model"] | None = None,
) -> Float[Tensor, "query d_model"]:
    """The other way to the same vectors: head by head, and the bias at every word."""
    total = (factors.double()[:, None, None] * contributions.double()).sum(0)
    return total if bias is None else total + bias.double()


def _largest_gap(output: Float[Tensor, "query d_model"], total: Float[Tensor, "query d_model"]) -> float:
    """What is left between the two ways is rounding."""
    return (output.double() - total).abs().max().item()


def all_gates(gates: Sequence[float], num_heads: int) -> Float[Tensor, " head"]:
    """A gate for each head: the list, cut or filled up with 1.

    >>> all_gates([0.5], 3).tolist()
    [0.5, 1.0, 1.0]
    """
    return torch.tensor([*gates, *[1.0] * num_heads][:num_heads], dtype=torch.float32)


def movement(output: Float[Tensor, "*rows width"], reference: Float[Tensor, "*rows width"]) -> Movement:
    """How far each row of `output` is from the row of `reference`.

    The angle is W. Kahan's, from the difference and the sum of the unit vectors: the arc cosine of the dot
    product would lose small angles to rounding.

    >>> right, up = torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 3.0]])
    >>> [round(float(value), 4) for value in movement(up, right)]
    [4.2426, 1.4142, 90.0]
    """
    a, b = output.double(), reference.double()
    unit_a, unit_b = (vector / vector.norm(dim=-1, keepdim=True) for vector in (a, b))
    change = (a - b).norm(dim=-1)
    relative = change / b.norm(dim=-1)
    half = torch.atan2((unit_a - unit_b).norm(dim=-1), (unit_a + unit_b).norm(dim=-1))
    return Movement(change.float(), relative.float(), (half * 360 / math.pi).float())
