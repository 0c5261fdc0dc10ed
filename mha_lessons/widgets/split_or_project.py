"""SplitOrProject: is the embedding split, or projected? Every matrix of a layer, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from mha_lessons.params import Params, check
from mha_lessons.widgets.bundle import bundle
from mha_lessons.widgets.lesson_widget import LessonWidget

if TYPE_CHECKING:
    import numpy as np

    from mha_lessons.splitting import Readings
    from mha_lessons.trace import Trace

LAYER = ("text", "num_heads", "d_model", "causal", "seed")


class SplitOrProject(LessonWidget):
    """Follow a token vector through projection, heads, attention and W^O, one matrix at a time.

    Beside it: one big matrix, one small matrix a head (the same numbers), and the wrong reading, in which x
    is cut into slices first.

    Example:
        >>> from mha_lessons.widgets import SplitOrProject
        >>> widget = SplitOrProject(text="she read the book", num_heads=2, d_model=8, matrix="k")
        >>> widget.readings.cut_gap > 0.1  # cutting first gives another function
        True

    Raises:
        ValueError: the settings do not fit together (an empty sentence, a head count that does not divide
            `d_model`); the sentence says what would work.
    """

    _esm = bundle("split_or_project.js")
    _css = bundle("split_or_project.css")
    page_name = "split_or_project"
    asks = (*LAYER, "matrix")

    text = traitlets.Unicode("she read the book", help="The sentence; a short one can be read in full.").tag(
        sync=True
    )
    num_heads = traitlets.Int(2, help="Number of attention heads.").tag(sync=True)
    d_model = traitlets.Int(8, help="Width of a token vector.").tag(sync=True)
    causal = traitlets.Bool(False, help="Whether a word may look at earlier words only.").tag(sync=True)
    seed = traitlets.Int(0, help="Seed of the word vectors and of the weights.").tag(sync=True)
    matrix = traitlets.Enum(
        ("q", "k", "v"), default_value="q", help="The projection that is followed: queries, keys or values."
    ).tag(sync=True)
    step = traitlets.Int(1, min=0, max=6, help="The step shown, from 0 (x) to 6 (output).").tag(sync=True)
    row = traitlets.Int(
        0, min=0, max=1023, help="Row of the number whose making is shown, counted from 0."
    ).tag(sync=True)
    column = traitlets.Int(0, min=0, max=65_535, help="Its column, counted from 0 over all heads.").tag(
        sync=True
    )

    @property
    def params(self) -> Params:
        """The settings of the layer as one value."""
        return Params(**{name: getattr(self, name) for name in LAYER})

    @property
    def readings(self) -> Readings:
        """Every matrix shown, computed by the torch module.

        Raises:
            ValueError: the settings do not fit together; the sentence says what would work.
        """
        from mha_lessons.splitting import readings

        return readings(self.params, self.matrix)

    @property
    def trace(self) -> Trace:
        """The `Trace` of the layer, with a batch of one, computed by the torch module.

        Raises:
            ValueError: the settings do not fit together; the sentence says what would work.
        """
        return self.readings.trace

    def fault(self) -> str | None:
        """Why the settings do not fit together, or None."""
        return check(self.params)

    def numbers(self) -> dict[str, Any]:
        """Every matrix of the steps, the three ways to project, and how far they are apart."""
        found = self.readings
        trace = found.trace
        return {
            "tokens": found.tokens,
            "num_heads": self.num_heads,
            "d_model": self.d_model,
            "d_head": self.params.head_width,
            **{name: getattr(found, name) for name in ("sliced_gap", "cut_gap", "output_gap")},
            **{
                name: getattr(found, name)
                for name in ("x", "w", "w_o", "projected", "sliced", "cut_first", "cut_output")
            },
            **{
                name: getattr(trace, name)[0]
                for name in ("q", "k", "v", "scores", "attn", "z", "concat", "output")
            },
        }

    def still_figure(self) -> tuple[str, list[str], np.ndarray]:
        """All heads' attention for the still: title, tokens, attn [head, query, key]."""
        found = self.readings
        title = f"Attention of {self.num_heads} heads, d_model = {self.d_model}, random weights"
        return title, found.tokens, found.trace.attn[0].numpy()
