"""Find the attention layers of any Hugging Face model, and read their weights one layer at a time.

A module is an attention layer if it hands out, beside its result, what `place_of_weights` knows as weights,
and nothing inside it does. That is a property of what it computes: no list of class names to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from mha_lessons.models.problem import ModelError
from mha_lessons.taps import place_of_weights

Visit = Callable[[int, Float[Tensor, "head query key"]], None]


@dataclass(frozen=True)
class Probe:
    """What one run on a few tokens shows about a model.

    Attributes:
        modules: its attention layers in the order in which they run; one that runs twice is there twice.
        place: where in a module's output the weights are.
        num_heads: query heads of a layer.
        causal: whether no token sees a later one.
    """

    modules: list[nn.Module]
    place: int
    num_heads: int
    causal: bool


def probe(network: nn.Module, ids: list[int]) -> Probe:
    """Run a model once and see which of its modules are attention layers.

    Raises:
        ModelError: NaN in the weights, no module that hands out attention, layers with different head counts.
    """
    seen: list[tuple[nn.Module, int, Tensor]] = []

    def look(module: nn.Module, _: Any, output: Any) -> None:
        place = place_of_weights(output, module.training)
        if place is not None and list(output[place].shape[2:]) == [len(ids)] * 2:
            seen.append((module, place, output[place][0]))

    with _hooks(list(network.modules()), look), torch.no_grad():
        network(input_ids=torch.tensor([ids], device=next(network.parameters()).device))
    holders = {id(module) for module, _, _ in seen}
    inner = [each for each in seen if not _holds_another(each[0], holders)]
    if not inner:
        raise ModelError(_why_no_attention(network))
    heads = {attn.shape[0] for _, _, attn in inner}
    if len(heads) > 1:
        raise ModelError(
            f"The layers should have equally many heads, got {sorted(heads)}: this is not supported."
        )
    for layer, (_, _, attn) in enumerate(inner):
        refuse_nan(layer, attn)
    causal = all(attn.triu(1).abs().max().item() == 0 for _, _, attn in inner)
    return Probe([module for module, _, _ in inner], inner[0][1], heads.pop(), causal)


def stream(network: nn.Module, found: Probe, ids: list[int], visit: Visit) -> None:
    """Run a model on a text and show each layer's attention to `visit` while the model is at that layer.

    Only the layer at work is in memory, unless `visit` keeps something.

    Raises:
        ModelError: NaN in a layer's attention.
    """
    layer = 0

    def show(_: nn.Module, __: Any, output: Any) -> None:
        nonlocal layer
        attn = output[found.place][0]
        refuse_nan(layer, attn)
        visit(layer, attn)
        layer += 1

    with _hooks(list(dict.fromkeys(found.modules)), show), torch.no_grad():
        network(input_ids=torch.tensor([ids], device=next(network.parameters()).device))


def refuse_nan(layer: int, attn: Tensor) -> None:
    """Raise if there is a NaN in a layer's attention."""
    if attn.isnan().any():
        raise ModelError(
            f"The attention of layer {layer} is NaN (not a number): the model's weights are damaged; "
            "load them anew."
        )


def _holds_another(module: nn.Module, holders: set[int]) -> bool:
    return any(id(each) in holders for each in module.modules() if each is not module)


def _why_no_attention(network: nn.Module) -> str:
    kind = getattr(getattr(network, "config", None), "_attn_implementation", None)
    if kind not in (None, "eager"):
        return (
            f"The model computes attention by {kind!r}, which never has the weights as a table: "
            'load it with attn_implementation="eager", or call model.set_attn_implementation("eager").'
        )
    return (
        f"{type(network).__name__} hands out no attention weights: give a transformer with softmax attention."
    )


@contextmanager
def _hooks(modules: list[nn.Module], hook: Callable[[nn.Module, Any, Any], None]) -> Iterator[None]:
    handles = [module.register_forward_hook(hook) for module in modules]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
