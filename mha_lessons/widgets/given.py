"""Tensors that a user hands to a widget, packed so that a page can show them, too."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mha_lessons.widgets.attentions import layers_of, refuse_no_numbers, table_of, words

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from mha_lessons.trace import Trace

MOST_WEIGHTS = 2**22  # 16 MiB of float32, which a page still draws
MADE = "tensors handed in"
"""What stands beside the picture in place of who computed it."""
NOTHING_TO_SUM = (
    "What was handed in does not hold what each head adds to the output, and attention weights alone do not "
    "say it: hand in a trace, with HeadSum.from_trace."
)
NOT_WHOLE = "What was handed in is not whole: hand it in again, with from_trace."


def given_trace(trace: Trace, tokens: Sequence[str], *, contributions: bool = False) -> dict[str, Any]:
    """Pack a `Trace` of one sequence.

    Args:
        trace: of a batch of one, query and key of the same length.
        tokens: a word for each position.
        contributions: whether what each head adds is packed, too, and the bias: for a sum over heads.

    Raises:
        TypeError: no trace, or tokens that are no list of words.
        ValueError: more than one sequence, another context, no numbers, or tokens that do not match.
    """
    import torch

    from mha_lessons.trace import Trace

    if not isinstance(trace, Trace):
        raise TypeError(
            f"trace should be what MultiHeadAttention.trace gives, got {type(trace).__name__}; "
            "for weights alone there is HeadExplorer.from_attentions"
        )
    if trace.q.shape[0] != 1:
        raise ValueError(
            f"trace should be of one sequence, got a batch of {trace.q.shape[0]}; trace one alone"
        )
    refuse_no_numbers("trace", trace.q)
    # Grouped heads share keys and values: each query head gets a copy of its own.
    groups = trace.q.shape[1] // trace.k.shape[1]
    tensors = {
        "q": trace.q,
        "k": torch.repeat_interleave(trace.k, groups, dim=1),
        "v": torch.repeat_interleave(trace.v, groups, dim=1),
        "scores": trace.scores,
        "attn": trace.attn,
        "z": trace.z,
        "output": trace.output,
    }
    if contributions:
        tensors["contributions"] = trace.contributions  # after the output, which is then not their sum
        if trace._b_o is not None:
            tensors["bias"] = trace._b_o[None]
    sizes = {"d_head": trace.z.shape[-1], "d_model": trace.output.shape[-1]}
    return _pack({name: tensor[0] for name, tensor in tensors.items()}, words(tokens), sizes)


def given_attentions(attentions: Any, tokens: Sequence[str], layer: int) -> dict[str, Any]:
    """Pack attention weights: [head, query, key], [1, head, query, key], or a sequence of such, one a layer.

    Raises:
        TypeError: what is no tensor, array or list of them, or tokens that are no list of words.
        ValueError: another shape, no such layer, weights that are not weights, or tokens that do not match.
    """
    layers = layers_of(attentions)
    if not isinstance(layer, int) or not -len(layers) <= layer < len(layers):
        raise ValueError(f"attentions have layers 0 to {len(layers) - 1}, got layer={layer!r}")
    attn = table_of(layers[layer])
    # A weight of zero is a word that was not looked at; what its score was, nobody can tell.
    tensors = {"attn": attn, "scores": attn.float().log()}
    return _pack(tensors, words(tokens), {"d_head": 0, "d_model": 0})


def given_still(given: Mapping[str, Any]) -> tuple[list[str], np.ndarray]:
    """Tokens and attn [head, query, key] for a still."""
    numbers = unpack(given)
    seq = len(numbers["tokens"])
    return numbers["tokens"], numbers["attn"].view(-1, seq, seq).numpy()


def summands(given: Mapping[str, Any]) -> dict[str, Any]:
    """What `given_sum` needs: tokens, contributions [head, query, d_model], output and bias.

    Raises:
        ValueError: there are no contributions, or tensors that do not fit together.
    """
    found = unpack(given)
    if not {"contributions", "output"} <= found.keys():
        raise ValueError(NOTHING_TO_SUM)
    shape = len(found["tokens"]), found["d_model"]
    return {
        "tokens": found["tokens"],
        "contributions": found["contributions"].view(found["num_heads"], *shape),
        "output": found["output"].view(*shape),
        "bias": found.get("bias"),
    }


def given_fault(given: Mapping[str, Any]) -> str | None:
    """Why what was handed in cannot be drawn, or None."""
    return _sentence(unpack, given)


def sum_fault(given: Mapping[str, Any]) -> str | None:
    """Why the output cannot be summed over heads, or None. Twin of `checkSum` in widgets/core/given.ts."""
    return _sentence(summands, given)


def _sentence(read: Callable[[Mapping[str, Any]], object], given: Mapping[str, Any]) -> str | None:
    try:
        read(given)
    except ValueError as error:
        return str(error)
    return None


def unpack(given: Mapping[str, Any]) -> dict[str, Any]:
    """The packed tensors, flat, and the plain values beside them.

    Raises:
        ValueError: attn is not there, or tensors have other sizes than the plain values say.
    """
    import numpy as np
    import torch

    plain = {name: value for name, value in given.items() if name not in ("fields", "data")}
    try:
        sizes = _sizes(len(plain["tokens"]), *(plain[name] for name in ("num_heads", "d_head", "d_model")))
        flat = torch.from_numpy(np.frombuffer(b64decode(given["data"]), dtype=np.float32).copy())
        names, lengths = zip(*given["fields"], strict=True)
        tensors = dict(zip(names, flat.split(list(lengths)), strict=True))
        whole = "attn" in tensors and all(tensor.numel() == sizes[name] for name, tensor in tensors.items())
    except (KeyError, TypeError, ValueError, RuntimeError):
        whole = False
    if not whole:
        raise ValueError(NOT_WHOLE)
    return {**plain, "roles": None, "made": MADE, **tensors}


def _sizes(seq: int, num_heads: int, d_head: int, d_model: int) -> dict[str, int]:
    """Numbers in each tensor that may be handed in."""
    heads, tables = num_heads * seq * d_head, num_heads * seq * seq
    return {
        **dict.fromkeys(("q", "k", "v", "z"), heads),
        **dict.fromkeys(("scores", "attn"), tables),
        "contributions": num_heads * seq * d_model,
        "output": seq * d_model,
        "bias": d_model,
    }


def _pack(tensors: Mapping[str, Tensor], tokens: list[str], sizes: Mapping[str, int]) -> dict[str, Any]:
    import torch

    num_heads, queries, keys = tensors["attn"].shape
    if queries != keys:
        raise ValueError(
            f"attn should be of words that look at each other, got {queries} queries, {keys} keys"
        )
    if num_heads == 0 or keys == 0:
        raise ValueError(f"attn should have a head and a word, got {num_heads} heads and {keys} words")
    if len(tokens) != keys:
        raise ValueError(
            f"tokens should name the {queries} queries and {keys} keys of attn, got {len(tokens)} tokens"
        )
    if num_heads * queries * keys > MOST_WEIGHTS:
        raise ValueError(
            f"{num_heads} heads x {queries} x {keys} weights are more than a page can draw "
            f"({MOST_WEIGHTS} at most); show fewer heads or a shorter text"
        )
    if "contributions" in tensors and tensors["contributions"].numel() > MOST_WEIGHTS:
        raise ValueError(
            f"{num_heads} heads x {queries} words x {sizes['d_model']} dimensions are more than a page can "
            f"draw ({MOST_WEIGHTS} at most); trace a shorter text"
        )
    flat = {name: tensor.detach().to("cpu", torch.float32).reshape(-1) for name, tensor in tensors.items()}
    return {
        "tokens": tokens,
        "num_heads": num_heads,
        **sizes,
        "fields": [[name, tensor.numel()] for name, tensor in flat.items()],
        "data": b64encode(torch.cat(list(flat.values())).numpy().tobytes()).decode("ascii"),
    }
