"""The attention tables of a model's last call, in bounded memory."""

from __future__ import annotations

import weakref
from collections.abc import Collection
from dataclasses import dataclass

from torch import Tensor

from mha_lessons.shares import shared_out


@dataclass(frozen=True)
class Record:
    """One layer of one call.

    Attributes:
        name: of the layer in its model.
        training: whether the layer was in training mode, where dropout changes the weights.
        attn: the weights, [batch, head, query, key], on the CPU; or why they were not kept.
    """

    name: str
    training: bool
    attn: Tensor | str


class Recorder:
    """Takes the tables of a call as they come, and keeps those that are wanted and fit.

    Args:
        layers: numbers of the layers to keep; None keeps all.
        limit_mb: megabytes to keep.

    Raises:
        ValueError: a layer or a limit that cannot be.
    """

    def __init__(self, layers: Collection[int] | None, limit_mb: float) -> None:
        if layers is not None and any(not isinstance(layer, int) or layer < 0 for layer in layers):
            raise ValueError(f"layers should be numbers from 0 on, got {list(layers)}")
        if not limit_mb > 0:
            raise ValueError(f"limit_mb should be above 0, got {limit_mb}")
        self._layers, self._limit_mb = layers, limit_mb
        self.records: list[Record] = []
        self._inside = False
        self._given: list[weakref.ref[Tensor]] = []

    @property
    def kept_bytes(self) -> int:
        """Bytes of the tables that are kept."""
        return sum(each.attn.nbytes for each in self.records if isinstance(each.attn, Tensor))

    def kept(self) -> list[int]:
        """The numbers of the layers whose tables are kept."""
        return [layer for layer, each in enumerate(self.records) if isinstance(each.attn, Tensor)]

    def start(self) -> None:
        """A call of the model begins; forget the one before."""
        self.records = []
        self._inside = True

    def end(self) -> None:
        """The call is over, well or not."""
        self._inside, self._given = False, []

    def add(self, name: str, attn: Tensor, training: bool) -> None:
        """Take a layer's weights, [batch, head, query, key]."""
        if any(given() is attn for given in self._given):
            return  # what holds a layer hands on what the layer gave
        self._given = [given for given in self._given if given() is not None] + [weakref.ref(attn)]
        if not self._inside:  # a part of the model was called by itself
            self.records = [each for each in self.records if each.name != name]
        self.records.append(Record(name, training, self._kept(attn)))

    def _kept(self, attn: Tensor) -> Tensor | str:
        if self._layers is not None and len(self.records) not in self._layers:
            return f"layers={sorted(self._layers)} were asked for: name this one, too"
        if attn.is_meta:
            return "the model is on the device meta, which has shapes and no numbers: move it to a real one"
        if self.kept_bytes + attn.nbytes > self._limit_mb * 1e6:
            return (
                f"it has {attn.nbytes / 1e6:.1f} MB, and those before it left no room in "
                f"limit_mb={self._limit_mb:g}: raise limit_mb, choose layers, or give a shorter text"
            )
        return attn.detach().to("cpu", copy=True)

    def attn(self, layer: int) -> Tensor:
        """A layer's weights, [batch, head, query, key].

        Raises:
            IndexError: no such layer in the last call.
            ValueError: it ran and was not kept.
        """
        count = len(self.records)
        if not count:
            raise IndexError(
                "no attention has been recorded: call the model while it is watched "
                "(one that keeps its weights to itself may need output_attentions=True)"
            )
        if not -count <= layer < count:
            raise IndexError(f"the last call ran attention layers 0 to {count - 1}, got layer={layer}")
        record = self.records[layer]
        if isinstance(record.attn, str):
            raise ValueError(f"layer {layer} ({record.name}) was not kept: {record.attn}")
        return record.attn

    def table(self, layer: int, sequence: int) -> Tensor:
        """A layer's weights on one sequence, [head, query, key], as a picture can show them.

        Raises:
            IndexError, ValueError: as for `attn`; or there is no such sequence, or its table is not square,
                or dropout was at work.
        """
        attn = self.attn(layer)
        batch, _, queries, keys = attn.shape
        where = f"layer {layer} ({self.records[layer].name})"
        if not -batch <= sequence < batch:
            raise IndexError(f"{where} saw sequences 0 to {batch - 1}, got sequence={sequence}")
        if queries != keys:
            raise ValueError(
                f"{where} has {queries} queries and {keys} keys, and the picture needs a square: call the "
                "model on the whole text, without a cache; cross-attention can be read but not shown"
            )
        if self.records[layer].training and not shared_out(attn.float()).all():
            raise ValueError(
                f"{where} ran in training mode, where dropout takes some weights away and scales the others: "
                "call model.eval() and run it again"
            )
        return attn[sequence]
