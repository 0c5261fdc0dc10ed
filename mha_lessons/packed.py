"""Attention weights in one byte each, so that a page can hold all heads of a model.

A weight w is kept as the whole number nearest to 255 √w: the root leaves small weights more steps than
large ones. To read them, square the codes and divide each row by its sum, so that every row sums to 1 again.
Where a model is causal, only the lower triangle is kept. A page carries the codes as text: deflated, which it
undoes with what every browser has, and in base64. Twin of widgets/core/packed.ts.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from mha_lessons.shares import shared_out, weights_fault

STEPS = 255


@dataclass(frozen=True)
class Packed:
    """The attention of several layers on one text.

    Attributes:
        tokens: the tokens, to read.
        special: places of the tokens that the tokenizer added, such as [CLS] and [SEP].
        words: for each token the index of its word, None for special ones; None: each token is a word.
        layers: which of the model's layers these are, counted from 0.
        num_heads: heads of a layer.
        causal: whether a token sees only itself and what is before it.
        codes: layer after layer, head after head, row after row; causal rows end with the token itself.
        loss: how far the weights are from those that were packed, by the names of `Loss`.
    """

    tokens: list[str]
    special: list[int]
    words: list[int | None] | None
    layers: list[int]
    num_heads: int
    causal: bool
    codes: bytes
    loss: dict[str, float]

    @cached_property
    def places(self) -> np.ndarray:
        """Where in a [query, key] table the codes of a head belong."""
        seq = len(self.tokens)
        return np.flatnonzero(np.tri(seq, dtype=bool)) if self.causal else np.arange(seq * seq)

    def attn(self, layer: int) -> Float[np.ndarray, "head query key"]:
        """The weights of a layer of the model; each row sums to 1, or to 0 where nothing was looked at.

        Raises:
            ValueError: the layer was not packed.
        """
        if layer not in self.layers:
            raise ValueError(f"layer should be one of {self.layers}, got {layer}")
        seq, size = len(self.tokens), self.num_heads * len(self.places)
        codes = np.frombuffer(self.codes, np.uint8, size, self.layers.index(layer) * size)
        return weights(codes.reshape(self.num_heads, -1), self.places, seq)

    def as_json(self) -> dict[str, Any]:
        """All of it as values that JSON can carry, the codes as text."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {"codes": as_text(self.codes)}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Packed:
        """The inverse of `as_json`; what else is in `found` is left alone.

        >>> import numpy as np
        >>> packed = pack([np.eye(2)[None]], ["a", "b"])
        >>> Packed.from_json(packed.as_json()) == packed
        True
        """
        own = {name: found[name] for name in cls.__dataclass_fields__}
        return cls(**own | {"codes": from_text(own["codes"])})


def as_text(data: bytes) -> str:
    """The bytes deflated (RFC 1950: with a sum that tells when they were damaged), in base64.

    >>> from_text(as_text(bytes(1000) + b"end")) == bytes(1000) + b"end"
    True
    """
    # Weights hardly ever repeat: what is gained comes from small codes being frequent. Looking for repeats
    # makes random attention a tenth larger, and prepared sentences a hundredth smaller.
    deflate = zlib.compressobj(9, zlib.DEFLATED, strategy=zlib.Z_RLE)
    return b64encode(deflate.compress(data) + deflate.flush()).decode("ascii")


def from_text(text: str) -> bytes:
    """The inverse of `as_text`."""
    return zlib.decompress(b64decode(text))


class Loss:
    """What packing costs, over all rows: collected layer by layer.

    `max_abs` and `mean_abs` are of a weight, `max_tv` and `mean_tv` of a row: its total variation, half the
    sum of the differences, is the share of attention that stands at a wrong token.
    """

    def __init__(self) -> None:
        self.cells = self.rows = 0
        self.total = self.max_abs = self.max_tv = 0.0

    def add(self, wanted: np.ndarray, got: np.ndarray, cells: int) -> None:
        """Count [head, query, key] weights before and after, of which `cells` a head could be above 0."""
        gap = np.abs(wanted - got)
        rows = gap.sum(-1, dtype=np.float64) / 2
        self.cells += cells * len(gap)
        self.rows += rows.size
        self.total += float(rows.sum())
        self.max_abs = max(self.max_abs, float(gap.max()))
        self.max_tv = max(self.max_tv, float(rows.max()))

    def as_dict(self) -> dict[str, float]:
        """The four numbers, to six decimals."""
        mean_abs, mean_tv = 2 * self.total / self.cells, self.total / self.rows
        numbers = {"max_abs": self.max_abs, "mean_abs": mean_abs, "max_tv": self.max_tv, "mean_tv": mean_tv}
        return {name: round(value, 6) for name, value in numbers.items()}


def pack(
    attentions: Iterable[Float[np.ndarray, "head query key"]],
    tokens: Sequence[str],
    *,
    special: Sequence[int] = (),
    words: Sequence[int | None] | None = None,
    layers: Sequence[int] | None = None,
) -> Packed:
    """Pack the layers one after the other; only one of them need be in memory.

    Args:
        attentions: weights of each layer; rows sum to 1, or to 0.
        tokens: a word for each position.
        special: places of the tokens that the tokenizer added.
        words: for each token the index of its word; default each token is one.
        layers: which layers these are; default 0, 1, 2 ...

    Raises:
        ValueError: no layer, another shape, tokens that do not match, weights that are not weights.

    >>> import numpy as np
    >>> packed = pack([np.array([[[1.0, 0.0], [0.25, 0.75]]])], ["a", "b"])
    >>> packed.causal, list(packed.codes), packed.attn(0)[0, 1].round(2).tolist()
    (True, [255, 128, 221], [0.25, 0.75])
    """
    kept = [_checked(np.asarray(layer, np.float32), len(tokens)) for layer in attentions]
    if not kept:
        raise ValueError("attentions have no layer: give one or more, each [head, query, key]")
    if len(counts := {len(layer) for layer in kept}) > 1:
        raise ValueError(f"the layers should have equally many heads, got {sorted(counts)}")
    seq = len(tokens)
    causal = seq > 1 and not any(np.triu(layer, 1).any() for layer in kept)
    places = np.flatnonzero(np.tri(seq, dtype=bool)) if causal else np.arange(seq * seq)
    loss, codes = Loss(), []
    for layer in kept:
        own = encode(layer.reshape(len(layer), -1)[:, places])
        loss.add(layer, weights(own, places, seq), len(places))
        codes.append(own.tobytes())
    names = list(range(len(kept))) if layers is None else [int(layer) for layer in layers]
    return Packed(
        [str(token) for token in tokens],
        [int(place) for place in special],
        None if words is None else list(words),
        names,
        len(kept[0]),
        causal,
        b"".join(codes),
        loss.as_dict(),
    )


def encode(attn: Float[np.ndarray, "*any"]) -> UInt8[np.ndarray, "*any"]:
    """The nearest code of each weight."""
    codes: np.ndarray = np.rint(STEPS * np.sqrt(np.clip(attn, 0, 1))).astype(np.uint8)
    return codes


def weights(
    codes: UInt8[np.ndarray, "head code"], places: np.ndarray, seq: int
) -> Float[np.ndarray, "head query key"]:
    """The weights that codes stand for, each row divided by its sum."""
    squares = np.zeros((len(codes), seq * seq), np.float32)
    squares[:, places] = codes.astype(np.float32) ** 2
    rows = squares.reshape(-1, seq, seq)
    sums = rows.sum(-1, keepdims=True)
    attn: np.ndarray = np.divide(rows, sums, out=np.zeros_like(rows), where=sums > 0)
    return attn


def _checked(attn: np.ndarray, seq: int) -> np.ndarray:
    if attn.ndim != 3 or attn.shape[1] != attn.shape[2]:
        raise ValueError(f"attn should be [head, query, key] of one sequence, got {list(attn.shape)}")
    if attn.shape[1] != seq:
        raise ValueError(f"tokens should name the {attn.shape[1]} queries and keys of attn, got {seq} tokens")
    if fault := weights_fault(attn):
        raise ValueError(fault)
    if not shared_out(attn).all():
        sums = attn.sum(-1)
        worst = sums.flat[np.abs(sums - 1).argmax()]
        raise ValueError(
            f"each row of attn should sum to 1, got {worst:.2f}; "
            "call model.eval(), since dropout changes the sums"
        )
    return attn
