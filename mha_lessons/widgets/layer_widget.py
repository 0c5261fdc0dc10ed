"""What widgets share that show one attention layer: its settings, or a trace that was handed in."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self

import traitlets

from mha_lessons.params import Params
from mha_lessons.widgets.lesson_widget import LessonWidget

if TYPE_CHECKING:
    from mha_lessons.trace import Trace

LAYER = tuple(field.name for field in fields(Params))
"""The settings of a layer."""


class LayerWidget(LessonWidget):
    """A widget about one layer; a subclass has the traits `text` and `given`."""

    num_heads = traitlets.Int(4, help="Number of attention heads.").tag(sync=True)
    d_model = traitlets.Int(64, help="Width of a token vector.").tag(sync=True)
    d_head = traitlets.Int(
        None, allow_none=True, help="Width of one head; None means d_model // num_heads."
    ).tag(sync=True)
    causal = traitlets.Bool(False, help="Whether a word may look at earlier words only.").tag(sync=True)
    temperature = traitlets.Float(
        1.0, help="Divides the scores before the softmax: below 1 sharper, above 1 flatter."
    ).tag(sync=True)
    seed = traitlets.Int(0, help="Seed of the word vectors and of the weights.").tag(sync=True)
    source = traitlets.Enum(
        ("designed", "random"),
        default_value="designed",
        help="Where the heads come from: queries and keys set by hand, or random weights.",
    ).tag(sync=True)

    _handed_in: tuple[object, Trace | None] = (None, None)  # what `given` was made of

    @classmethod
    def _with_trace(cls, trace: Trace, given: dict[str, Any], traits: dict[str, Any]) -> Self:
        widget = cls(given=given, **traits)
        widget._handed_in = widget.given, trace
        return widget

    def _trace_behind(self) -> Trace:
        """The trace that `given` was made of.

        Raises:
            ValueError: `given` was made of something else.
        """
        made, trace = self._handed_in
        if trace is None or made is not self.given:
            raise ValueError(
                "only tensors were handed in, and a trace has a layer behind it: use from_trace, or read "
                "numbers()"
            )
        return trace

    @property
    def params(self) -> Params:
        """The settings of the layer as one value."""
        return Params(**{name: getattr(self, name) for name in LAYER})
