"""Tensors that a user hands to a widget, packed so that a page can show them, too."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

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
NOT_WHOLE = "What was handed in is not whole: hand it in again, with HeadSum.from_trace."


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
            f"trace should be what MultiHeadAttention.trace gives, got {_kind(trace)}; "
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
    attn = _tensor(_of_layer(attentions, layer))
    if attn.ndim == 4 and attn.shape[0] == 1:
        attn = attn[0]
    if attn.ndim != 3 or attn.shape[1] != attn.shape[2]:
        more = "; take one: attn[0]" if attn.ndim == 4 else ""
        raise ValueError(f"attn should be [head, query, key] of one sequence, got {list(attn.shape)}{more}")
    if not bool(((attn >= 0) & (attn <= 1.001)).all()):
        raise ValueError(
            "attn should hold weights from 0 to 1; got NaN or other numbers (scores before the softmax?)"
        )
    # A weight of zero is a word that was not looked at; what its score was, nobody can tell.
    tensors = {"attn": attn, "scores": attn.float().log()}
    return _pack(tensors, words(tokens), {"d_head": 0, "d_model": 0})


def words(tokens: Sequence[str]) -> list[str]:
    """The tokens as texts.

    Raises:
        TypeError: one text, which would fall apart into letters, or no list at all.

    >>> words(("a", 1))
    ['a', '1']
    """
    if isinstance(tokens, str):
        raise TypeError(
            f"tokens should be a list of words, got one text; write {tokens.split()[:3]} or tokens.split()"
        )
    if not isinstance(tokens, Sequence):
        raise TypeError(f"tokens should be a list of words, got {_kind(tokens)}")
    return [str(token) for token in tokens]


def refuse_no_numbers(name: str, tensor: Tensor) -> None:
    """Raise if a tensor has a shape and no numbers.

    Raises:
        ValueError: it is on the device meta.
    """
    if tensor.is_meta:
        raise ValueError(
            f"{name} is on the device meta, which has shapes and no numbers; compute it on a real device"
        )


def trace_behind(handed_in: tuple[object, Trace | None], given: object) -> Trace:
    """The trace that `given` was made of, if `handed_in` remembers it.

    Raises:
        ValueError: `given` was made of something else.
    """
    made, trace = handed_in
    if trace is None or made is not given:
        raise ValueError(
            "only tensors were handed in, and a trace has a layer behind it: use from_trace, or read "
            "numbers()"
        )
    return trace


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
    try:
        found = unpack(given)
        shape = len(found["tokens"]), found["d_model"]
        if "contributions" in found:
            return {
                "tokens": found["tokens"],
                "contributions": found["contributions"].view(found["num_heads"], *shape),
                "output": found["output"].view(*shape),
                "bias": found["bias"].view(found["d_model"]) if "bias" in found else None,
            }
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError):
        raise ValueError(NOT_WHOLE) from None
    raise ValueError(NOTHING_TO_SUM)


def sum_fault(given: Mapping[str, Any]) -> str | None:
    """Why the output cannot be summed over heads, or None. Twin of `checkSum` in widgets/core/given.ts."""
    try:
        summands(given)
    except ValueError as error:
        return str(error)
    return None


def _of_layer(attentions: Any, layer: int) -> Any:
    """One layer of a sequence; anything else as it is."""
    if hasattr(attentions, "attentions"):  # the whole output of a Hugging Face model
        attentions = attentions.attentions
    if isinstance(attentions, (list, tuple)):
        if not isinstance(layer, int) or not -len(attentions) <= layer < len(attentions):
            there = f"layers 0 to {len(attentions) - 1}" if attentions else "no layer"
            raise ValueError(f"attentions have {there}, got layer={layer!r}")
        attentions = attentions[layer]
    if attentions is None:
        raise ValueError(
            "attentions are None: load the model with attn_implementation='eager' and ask for them, "
            "or let mha_lessons.watch do both"
        )
    return attentions


def _tensor(weights: Any) -> Tensor:
    """Weights as a dense real tensor on the CPU without a graph."""
    import torch

    try:
        attn = torch.as_tensor(weights)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"attentions should be a tensor, or a list of them, got {_kind(weights)}") from None
    refuse_no_numbers("attn", attn)
    if attn.is_complex():
        raise ValueError("attn should hold weights from 0 to 1; got complex numbers")
    attn = attn.detach().cpu()
    return attn if attn.layout is torch.strided else attn.to_dense()


def _kind(value: object) -> str:
    return type(value).__name__


def unpack(given: Mapping[str, Any]) -> dict[str, Any]:
    """The packed tensors, flat, and the plain values beside them."""
    import numpy as np
    import torch

    flat = torch.from_numpy(np.frombuffer(b64decode(given["data"]), dtype=np.float32).copy())
    names, lengths = zip(*given["fields"], strict=True)
    plain = {name: value for name, value in given.items() if name not in ("fields", "data")}
    return {
        **plain,
        "roles": None,
        "made": MADE,
        **dict(zip(names, flat.split(list(lengths)), strict=True)),
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
