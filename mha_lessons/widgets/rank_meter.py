"""RankMeter: how many independent patterns a head's tables mix, as the head count moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from mha_lessons.params import Params, check
from mha_lessons.tokens import tokenize
from mha_lessons.widgets.bundle import bundle
from mha_lessons.widgets.lesson_widget import LessonWidget

if TYPE_CHECKING:
    import numpy as np

    from mha_lessons.trace import Trace

MOST_RANKED = 64
"""Words of the picture: beyond that a page takes longer than a frame for one head."""
TEXT = (
    "Many thin heads can each look for one simple thing at once, while a single wide head weighs many clues "
    "together but has only one answer for every word it meets"
)
"""As many as 32 words and marks: the tables are then 32 x 32, half of the default d_model."""


class RankMeter(LessonWidget):
    """Singular values and rank of one head's scores, of its attention, and of all heads' scores summed.

    The scores of a head are made of d_head products, so their rank is at most d_head. The softmax lifts
    that bound. All is computed in float64; the rank is that of `torch.linalg.matrix_rank`.

    Example:
        >>> from mha_lessons.widgets import RankMeter
        >>> meter = RankMeter(num_heads=16, d_model=64)
        >>> set(meter.ranks["scores"]), set(meter.ranks["attn"]), meter.ranks["sum"]
        ({4}, {32}, 32)

    Raises:
        ValueError: the settings do not fit together; the sentence says what would work.
    """

    _esm = bundle("rank_meter.js")
    _css = bundle("rank_meter.css")
    page_name = "rank_meter"
    asks = ("text", "num_heads", "d_model", "seed", "source", "head")

    text = traitlets.Unicode(TEXT, help="The sentence.").tag(sync=True)
    num_heads = traitlets.Int(8, help="Number of attention heads, a divisor of d_model.").tag(sync=True)
    d_model = traitlets.Int(64, help="Width of a token vector; a head has d_model // num_heads.").tag(
        sync=True
    )
    seed = traitlets.Int(0, help="Seed of the word vectors and of the weights.").tag(sync=True)
    source = traitlets.Enum(
        ("designed", "random"),
        default_value="random",
        help="Where the heads come from: queries and keys set by hand, or random weights.",
    ).tag(sync=True)
    head = traitlets.Int(0, min=0, max=1023, help="The head shown, counted from 0.").tag(sync=True)

    @property
    def params(self) -> Params:
        """The settings of the layer."""
        names = ("text", "num_heads", "d_model", "seed", "source")
        return Params(**{name: getattr(self, name) for name in names})

    @property
    def ranks(self) -> dict[str, Any]:
        """Numerical ranks: of each head's `scores`, of each head's `attn`, and of the `sum` of all scores."""
        found = self._spectra()[2]
        return {"scores": found.scores.rank, "attn": found.attn.rank, "sum": found.total.rank}

    @property
    def trace(self) -> Trace:
        """The `Trace` whose tables are ranked, with a batch of one, computed by the torch module in float32.

        Raises:
            ValueError: the settings do not fit together; the sentence says what would work.
        """
        from mha_lessons.compute import compute

        if fault := self.fault():
            raise ValueError(fault)
        return compute(self.params).trace

    def fault(self) -> str | None:
        """Why the settings do not fit together, or None."""
        fault = check(self.params)
        seq = 0 if fault else len(tokenize(self.text))
        if seq > MOST_RANKED:
            return (
                f"The sentence has {seq} words and punctuation marks. "
                f"At most {MOST_RANKED} fit in this picture: shorten it."
            )
        return fault

    def _spectra(self) -> tuple[list[str], list[str] | None, Any]:
        from mha_lessons.compute import layer
        from mha_lessons.head_rank import head_ranks

        if fault := self.fault():
            raise ValueError(fault)
        tokens, roles, x, mha, _ = layer(self.params)
        return tokens, roles, head_ranks(mha, x)

    def numbers(self) -> dict[str, Any]:
        """Singular values and ranks of every head, and of the sum."""
        tokens, roles, found = self._spectra()
        return {
            "tokens": tokens,
            "roles": roles,
            "num_heads": self.num_heads,
            "d_model": self.d_model,
            "d_head": self.d_model // self.num_heads,
            # Fewer heads may leave the choice outside: the nearest one that is there.
            "head": max(0, min(self.head, self.num_heads - 1)),
            "scores_values": found.scores.values,
            "attn_values": found.attn.values,
            "sum_values": found.total.values,
            "scores_ranks": found.scores.rank,
            "attn_ranks": found.attn.rank,
            "sum_rank": found.total.rank,
        }

    def still_figure(self) -> tuple[str, list[str], np.ndarray]:
        """Each head's attention for the still, its ranks in the title."""
        from mha_lessons.compute import compute

        ranks = self.ranks
        tokens, _, trace = compute(self.params)
        title = (
            f"Attention of {self.num_heads} heads of width {self.d_model // self.num_heads}; "
            f"rank of the scores {_span(ranks['scores'])}, of the attention {_span(ranks['attn'])}"
        )
        return title, tokens, trace.attn[0].detach().numpy()


def _span(ranks: list[int]) -> str:
    low, high = min(ranks), max(ranks)
    return str(low) if low == high else f"{low} to {high}"
