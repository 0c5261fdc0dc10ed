"""How a layer of each kind is made to give its attention weights while it runs, and how that is undone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from mha_lessons.attention import MultiHeadAttention
from mha_lessons.loan import borrow
from mha_lessons.shares import ROW_SUM

Keep = Callable[[Tensor], None]
Undo = Callable[[], None]

EAGER = "_attn_implementation_internal"  # where a Hugging Face config says how attention is computed


def refuse(model: object) -> None:
    """Raise if there is no attention in a model that can be heard.

    Raises:
        TypeError: no module, a compiled one, or one without such a layer.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"watch takes a torch.nn.Module, got {type(model).__name__}")
    modules = list(model.modules())
    if any("_orig_mod" in each._modules or each._compiled_call_impl is not None for each in modules):
        raise TypeError(
            "watch takes a model that is not compiled, since compiled code passes it by: "
            "watch the model before torch.compile, or a copy that is not compiled"
        )
    if not any(
        isinstance(each, nn.MultiheadAttention | MultiHeadAttention) or _config(each) for each in modules
    ):
        raise TypeError(
            f"{type(model).__name__} has no attention that can be watched: give a model with "
            "nn.MultiheadAttention or mha_lessons.MultiHeadAttention in it, or one of Hugging Face's"
        )


def tap(module: nn.Module, keep: Keep) -> Iterator[Undo]:
    """Have a module give its attention weights, [batch, head, query, key], to `keep` whenever it runs.

    A module that is no attention layer gives none; some are changed so that a layer inside them can.

    Yields:
        What undoes a change.
    """
    if isinstance(module, nn.MultiheadAttention):
        asking = _Asking(keep)
        yield module.register_forward_pre_hook(asking.ask, with_kwargs=True).remove
        # Before the hooks that are there: of two watches, the last to ask is the first to be answered.
        yield module.register_forward_hook(asking.answer, prepend=True).remove
    elif isinstance(module, MultiHeadAttention):
        yield from _trace(module, keep)
    elif isinstance(module, nn.TransformerEncoder):
        yield borrow(module, "use_nested_tensor", False)  # it would cut the padding off the table
    elif not type(module).__module__.startswith("torch.nn."):
        yield from _switch(module)

        def look(_module: nn.Module, _args: Any, output: Any) -> None:
            if (attn := weights_in(output, module.training)) is not None:
                keep(attn)

        yield module.register_forward_hook(look).remove


class _Asking:
    """Asks a `nn.MultiheadAttention` for each head's weights, and gives its caller what that asked for."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._wanted: tuple[bool, bool] = (True, True)

    def ask(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            call = inspect.signature(module.forward).bind(*args, **kwargs)
        except TypeError:
            return None  # the module says what is wrong with the call
        call.apply_defaults()
        asked = call.arguments
        self._wanted = asked["need_weights"], asked["average_attn_weights"]
        asked.update(need_weights=True, average_attn_weights=False)
        return call.args, call.kwargs

    def answer(self, _module: nn.Module, _args: Any, output: tuple[Tensor, Tensor]) -> Any:
        found, weights = output
        self._keep(
            weights if weights.ndim == 4 else weights[None]
        )  # an input without batch gives none, either
        need, average = self._wanted
        return found, (weights.mean(-3) if average else weights) if need else None


class _Traced:
    """What a watched `MultiHeadAttention` runs in place of its `forward`: its `trace`."""

    def __init__(self, module: MultiHeadAttention) -> None:
        self.module = module
        self.keeps: list[Keep] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        trace = self.module.trace(*args, **kwargs)
        for keep in self.keeps:
            keep(trace.attn)
        return trace.output


def _trace(module: MultiHeadAttention, keep: Keep) -> Iterator[Undo]:
    give_back = borrow(module, "forward", _Traced(module))
    traced: Any = module.forward  # that of the first watch, if this is the second
    traced.keeps.append(keep)
    yield lambda: traced.keeps.remove(keep)
    yield give_back


@contextmanager
def eager(model: nn.Module) -> Iterator[None]:
    """Within the block a Hugging Face model computes attention in the way that has the weights as a table.

    After it the model is as it was: sdpa, flash or whatever it was loaded with.
    """
    with ExitStack() as stack:
        for module in model.modules():
            for give_back in _switch(module):
                stack.callback(give_back)
        yield


def _switch(module: nn.Module) -> Iterator[Undo]:
    if config := _config(module):
        for each in _with_inner(config):
            yield borrow(each, EAGER, "eager")


def _config(module: nn.Module) -> Any:
    """The config of a Hugging Face model, or None."""
    config = getattr(module, "config", None)
    return config if hasattr(config, EAGER) else None


def _with_inner(config: Any) -> Iterator[Any]:
    """A config, and those of the models inside its model."""
    yield config
    for name in getattr(config, "sub_configs", {}):
        if (inner := getattr(config, name, None)) is not None:
            yield from _with_inner(inner)


def weights_in(output: Any, training: bool) -> Tensor | None:
    """The attention weights that a layer gives beside its output, [batch, head, query, key], or None.

    >>> import torch
    >>> weights_in((torch.ones(1, 2, 4), torch.full((1, 3, 2, 2), 0.5)), training=False).shape
    torch.Size([1, 3, 2, 2])
    """
    place = place_of_weights(output, training)
    return None if place is None else output[place]


def place_of_weights(output: Any, training: bool) -> int | None:
    """Where in its output a layer gives its attention weights, known by what they are: shares.

    They are a [batch, head, query, key] without negative numbers, its rows at most 1 (or less: some models
    let a head look nowhere). In training, dropout breaks the sums. The last such table counts: T5 gives
    position biases before its weights, and zeros where it has none. Weights that are NaN are found, too.
    """
    if not isinstance(output, tuple):
        return None
    for place in range(len(output) - 1, 0, -1):
        item = output[place]
        if not isinstance(item, Tensor) or item.ndim != 4 or not item.is_floating_point():
            continue
        if item.is_meta:
            return place
        too_much = not training and (item.sum(-1) > 1 + ROW_SUM).any()
        if not (too_much or (item < 0).any() or (item == 0).all()):
            return place
    return None
