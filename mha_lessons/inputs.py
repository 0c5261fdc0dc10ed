"""What may come into a layer, and the sentence for what may not."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from mha_lessons.shapes import check_shape


def refuse_nan(name: str, x: Tensor) -> None:
    """Raise if there is a NaN in x, which would spread over its whole sentence.

    The look costs one sum. It is taken on the CPU outside `torch.compile` only: an accelerator would have
    to wait for the answer.

    >>> refuse_nan("x", torch.tensor([[[1.0, math.nan]]]))
    Traceback (most recent call last):
    ValueError: x should hold no NaN, got one at [batch, seq, d_model] = [0, 0, 1]
    """
    # a sum is NaN wherever a NaN is; so is inf - inf, hence the second look
    if x.is_cpu and not torch.compiler.is_compiling() and math.isnan(x.sum().item()):
        places = x.isnan().nonzero().tolist()
        if places:
            raise ValueError(f"{name} should hold no NaN, got one at [batch, seq, d_model] = {places[0]}")


def check_tokens(name: str, x: Tensor, weight: Float[Tensor, "d_model width"]) -> None:
    """Raise unless x is [batch, seq, d_model], of the weight's device and dtype.

    Raises:
        TypeError, ValueError: naming x, what was wanted and what came.

    >>> check_tokens("x", torch.ones(2, 5, 7), torch.ones(8, 24))
    Traceback (most recent call last):
    ValueError: x should be [batch, seq, d_model=8], got [2, 5, 7]
    """
    d_model = weight.shape[0]
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} should be a tensor [batch, seq, d_model={d_model}], got {type(x).__name__}")
    check_shape(name, x, batch=None, seq=None, d_model=d_model)
    if x.device != weight.device:
        raise ValueError(f"{name} should be on {weight.device} like the weights, got {x.device}")
    if x.dtype != weight.dtype and not (x.is_floating_point() and torch.is_autocast_enabled(x.device.type)):
        raise TypeError(f"{name} should be {weight.dtype} like the weights, got {x.dtype}")


def as_gates(
    gates: Tensor, z: Float[Tensor, "batch head query d_head"]
) -> Float[Tensor, "batch_or_1 head 1 1"]:
    """A factor for each head, [head] or [batch, head], as a view that broadcasts over z.

    Raises:
        ValueError: anything else, naming what came.

    >>> as_gates(torch.tensor([1.0, 0.0]), torch.ones(3, 2, 5, 4)).shape
    torch.Size([1, 2, 1, 1])
    """
    batch, heads = z.shape[:2]
    if not isinstance(gates, Tensor) or tuple(gates.shape) not in ((heads,), (batch, heads)):
        got = list(gates.shape) if isinstance(gates, Tensor) else type(gates).__name__
        raise ValueError(
            f"gates should be a tensor [head={heads}] or [batch={batch}, head={heads}], got {got}"
        )
    if gates.device != z.device:
        raise ValueError(f"gates should be on {z.device} like the weights, got {gates.device}")
    return gates.to(z.dtype).view(-1, heads, 1, 1)
