"""`watch(model)`: the attention of every layer of a running model, recorded while the model runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from mha_lessons.record import Recorder
from mha_lessons.taps import refuse, tap

if TYPE_CHECKING:
    from mha_lessons.widgets.head_explorer import HeadExplorer
    from mha_lessons.widgets.real_heads import RealHeads


class watch:  # noqa: N801 - a verb, as `open` is one
    """Record the attention of every layer while a model runs, and show it.

    Watched are `nn.MultiheadAttention`, alone or anywhere in a model (`nn.TransformerEncoder`, say), our
    `MultiHeadAttention`, and the attention of Hugging Face models. The last call of the model is kept; layers
    are counted from 0 in the order in which they ran. A part of the model that is called by itself replaces
    the records of its own layers only.

    A watched layer takes the way that has its weights as a table: the outputs are the same to rounding, and
    gradients flow as before. `nn.MultiheadAttention` is asked for each head's weights, and its caller gets
    what it asked for; a hook on it keeps `nn.TransformerEncoderLayer` off its fast path, which has no table,
    and `nn.TransformerEncoder` pads instead of nesting. Our module runs as its `trace` does. A Hugging Face
    model is switched to eager attention. `remove()`, or the end of a `with` block, puts all of this back;
    save or copy the model after that. In training the weights are those that dropout has left.

    Args:
        model: any module with such a layer in it; not compiled.
        tokenizer: of a Hugging Face model; `show` then knows the words of the last call.
        layers: numbers of the layers to keep; default all.
        limit_mb: keep so many megabytes (a million bytes each) of weights, on the CPU, from the first layer
            on; a layer that no longer fits is not kept, and reading it says so.

    Raises:
        TypeError: no module, a compiled one, or one without attention that can be watched.
        ValueError: a layer or a limit that cannot be.

    Example:
        >>> import torch
        >>> from mha_lessons import watch
        >>> layer = torch.nn.TransformerEncoderLayer(8, nhead=2, batch_first=True)
        >>> model = torch.nn.TransformerEncoder(layer, num_layers=3).eval()
        >>> with watch(model) as seen:
        ...     output = model(torch.randn(1, 4, 8))
        >>> len(seen), seen.names[2], seen[2].shape  # [batch, head, query, key]
        (3, 'layers.2.self_attn', torch.Size([1, 2, 4, 4]))
        >>> every_head = seen.show(tokens=["she", "read", "the", "book"])
        >>> one_layer = seen.show(layer=2, tokens=["she", "read", "the", "book"])
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        tokenizer: Any = None,
        layers: Sequence[int] | None = None,
        limit_mb: float = 256,
    ) -> None:
        refuse(model)
        self.tokenizer = tokenizer
        self._recorder = Recorder(layers, limit_mb)
        self._ids: Tensor | None = None
        self._undo = [
            model.register_forward_pre_hook(self._enter, with_kwargs=True).remove,
            model.register_forward_hook(self._leave, always_call=True).remove,
        ]
        for name, module in model.named_modules():
            self._undo += tap(module, partial(self._keep, name or type(model).__name__, module))

    def _keep(self, name: str, module: nn.Module, attn: Tensor) -> None:
        self._recorder.add(name, attn, module.training)

    def _enter(self, _model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        ids = kwargs.get("input_ids", args[0] if args else None)
        readable = isinstance(ids, Tensor) and ids.ndim == 2 and not ids.is_floating_point()
        self._ids = ids if readable else None
        self._recorder.start()

    def _leave(self, *_call: Any) -> None:
        self._recorder.end()

    def remove(self) -> None:
        """Stop watching and leave the model exactly as it was; what was recorded can still be read."""
        while self._undo:
            self._undo.pop()()

    def __enter__(self) -> watch:
        return self

    def __exit__(self, *_error: object) -> None:
        self.remove()

    @property
    def names(self) -> list[str]:
        """The layers of the last call by their names in the model, in the order in which they ran."""
        return [record.name for record in self._recorder.records]

    def __len__(self) -> int:
        return len(self._recorder.records)

    def __getitem__(self, layer: int) -> Tensor:
        """The weights of a layer, [batch, head, query, key], on the CPU, in the model's precision.

        Raises:
            IndexError: no such layer in the last call; the sentence says which there are.
            ValueError: the layer ran and was not kept; the sentence says why.
        """
        return self._recorder.attn(layer)

    def __repr__(self) -> str:
        return f"<watch: {len(self)} layers in the last call, {self._recorder.kept_bytes / 1e6:.1f} MB>"

    def show(
        self,
        layer: int | None = None,
        tokens: Sequence[str] | None = None,
        *,
        sequence: int = 0,
        **traits: Any,
    ) -> HeadExplorer | RealHeads:
        """The last call as a widget: all heads of all layers, or one layer from near.

        Args:
            layer: counted from 0, for a `HeadExplorer`; None, for a `RealHeads` of the layers that were kept.
            tokens: a word for each position; default the tokenizer's words, or the numbers of the positions.
            sequence: which one of the batch.
            traits: of the widget, such as `head` or `group`.

        Raises:
            IndexError, ValueError, LessonError: there is no such layer or sequence, it was not kept, its
                table is not that of a whole sequence, or the tokens do not match; the sentence says what to
                do.
        """
        if layer is not None:
            from mha_lessons.widgets.head_explorer import HeadExplorer

            attn = self._recorder.table(layer, sequence)
            return HeadExplorer.from_attentions(attn, self._words(tokens, sequence, attn), **traits)
        from mha_lessons.widgets.real_heads import RealHeads

        kept = self._recorder.kept() or [0]  # reading the first says why there is none
        tables = {number: self._recorder.table(number, sequence) for number in kept}
        every = [tables.get(number, tables[kept[0]]) for number in range(kept[-1] + 1)]
        return RealHeads.from_attentions(
            every, self._words(tokens, sequence, every[0]), layers=kept, **{"layer": kept[0], **traits}
        )

    def _words(self, tokens: Sequence[str] | None, sequence: int, attn: Tensor) -> Sequence[str]:
        seq = attn.shape[-1]
        if tokens is not None:
            return tokens
        if self.tokenizer is None or self._ids is None or self._ids.shape[1] != seq:
            return [str(place) for place in range(seq)]
        return [str(token) for token in self.tokenizer.convert_ids_to_tokens(self._ids[sequence].tolist())]
