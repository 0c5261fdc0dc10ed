"""The kernel's answer to a widget: numbers as one flat float32 buffer, or a sentence that says what is wrong.

One buffer crosses the wire as raw bytes; nested lists of the same numbers cost hundreds of times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def answer(numbers: Callable[[], Mapping[str, Any]], request: int) -> dict[str, Any]:
    """Compute and pack what a widget shows.

    Args:
        numbers: gives tensors and plain values by name; a ValueError becomes the sentence shown.
        request: the front end's counter, returned so that it can tell which request was answered.

    Returns:
        The plain values; `by`, who computed: torch, if `numbers` names nobody; `fields`, name and length
        of each tensor in buffer order; `data`, the float32 buffer. Or `error`, one sentence.
    """
    import torch

    try:
        named = numbers()
    except ValueError as error:
        return {"request": request, "error": str(error)}
    tensors = {name: value for name, value in named.items() if isinstance(value, torch.Tensor)}
    flat = [tensor.detach().to("cpu", torch.float32).reshape(-1) for tensor in tensors.values()]
    return {
        "by": f"torch {torch.__version__.split('+')[0]}",
        **{name: value for name, value in named.items() if name not in tensors},
        "request": request,
        "fields": [[name, tensor.numel()] for name, tensor in zip(tensors, flat, strict=True)],
        "data": torch.cat(flat).numpy().tobytes() if flat else b"",
    }
