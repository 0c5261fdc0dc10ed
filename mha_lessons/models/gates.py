"""A factor for each head of a real model: 1 leaves the head as it is, 0 takes it out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, cast

from jaxtyping import Float
from torch import Tensor, nn

from mha_lessons.models.model import Model
from mha_lessons.models.problem import ModelError
from mha_lessons.shapes import check_shape

PROJECTIONS = ("o_proj", "out_proj", "c_proj", "out_lin", "wo", "o", "dense")
"""What libraries call W^O."""


@contextmanager
def gated(model: Model, gates: Float[Tensor, "layer head"]) -> Iterator[None]:
    """Within the block, head h of layer l adds gates[l, h] times what it would add to its layer's output.

    The factor goes in where the heads lie side by side, before W^O; its gradient is the importance of
    Michel et al. 2019, "Are Sixteen Heads Really Better than One?", section 4.1.

    Raises:
        ValueError: gates of another shape.
        ModelError: a layer whose W^O is not found by name.
    """
    check_shape("gates", gates, layer=model.num_layers, head=model.num_heads)
    with ExitStack() as stack:
        for layer, module in enumerate(model.layers):
            handle = projection(model.network, module).register_forward_pre_hook(_times(gates[layer]))
            stack.callback(handle.remove)
        yield


def projection(network: nn.Module, module: nn.Module) -> nn.Module:
    """W^O of an attention layer: inside it, or, as in BERT, beside it.

    Raises:
        ModelError: none is there under a name we know.
    """
    names = {id(each): name for name, each in network.named_modules()}
    parent = network.get_submodule(names[id(module)].rpartition(".")[0])
    for place in (module, parent):
        inside = {name.rpartition(".")[2]: each for name, each in place.named_modules() if name}
        for name in PROJECTIONS:
            if isinstance(getattr(inside.get(name), "weight", None), Tensor):
                return cast(nn.Module, inside[name])
    raise ModelError(
        f"Heads of {type(module).__name__} cannot be gated: it has no output projection called "
        f"{', '.join(PROJECTIONS[:-1])} or {PROJECTIONS[-1]}."
    )


def _times(gates: Float[Tensor, " head"]) -> Any:
    def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        concat, *rest = inputs
        width = concat.shape[-1] // len(gates)  # of one head
        return (concat * gates.repeat_interleave(width).to(concat), *rest)

    return hook
