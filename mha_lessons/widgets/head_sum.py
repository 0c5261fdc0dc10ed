"""HeadSum: the output as the sum of what each head adds, with a gate for each head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from mha_lessons.params import check, check_gates
from mha_lessons.widgets.bundle import bundle
from mha_lessons.widgets.given import MADE, given_still, given_trace, sum_fault, summands
from mha_lessons.widgets.layer_widget import LAYER, LayerWidget

if TYPE_CHECKING:
    import numpy as np

    from mha_lessons.gates import HeadSum as Sum
    from mha_lessons.trace import Trace


class HeadSum(LayerWidget):
    """Switch heads off, to half or to double, and see what is left of each word's output.

    Example:
        >>> from mha_lessons.widgets import HeadSum
        >>> widget = HeadSum(text="The cat sat because it was tired", num_heads=4, gates=[1, 0])
        >>> widget.sum.movement.angle.shape  # how far each of seven words turned, in degrees
        torch.Size([7])

    Raises:
        ValueError: the settings do not fit together (an empty sentence, a gate that is no number); the
            sentence says what would work.
    """

    _esm = bundle("head_sum.js")
    _css = bundle("head_sum.css")
    page_name = "head_sum"
    asks = (*LAYER, "gates", "given")

    text = traitlets.Unicode("Anna gave Ben the book because she had read it.", help="The sentence.").tag(
        sync=True
    )
    gates = traitlets.List(
        traitlets.Float(),
        help="A factor for what each head adds: 0 is off, 1 as it is; a shorter list means 1 for the rest.",
    ).tag(sync=True)
    query = traitlets.Int(
        0, min=0, max=1023, help="The word whose output is taken apart, counted from 0."
    ).tag(sync=True)
    dimension = traitlets.Int(
        0, min=0, max=1023, help="The dimension that is added up number by number, from 0."
    ).tag(sync=True)
    given = traitlets.Dict(help="Tensors handed in by `from_trace`; only the gates act on them then.").tag(
        sync=True, fixed=True
    )

    @classmethod
    def from_trace(cls, trace: Trace, tokens: Sequence[str], **traits: Any) -> HeadSum:
        """Sum a `Trace` of one sequence over its heads, of any module and any input.

        Attention weights alone cannot be summed: they do not say what a head adds.

        Args:
            trace: with a batch of one; what its heads add counts as gate 1.
            tokens: a word for each position, seq of them.
            traits: gates, query, dimension, group.

        Raises:
            TypeError: no trace, or tokens that are no list of words.
            ValueError: tokens that do not match, or more than one sequence.

        Example:
            >>> import torch
            >>> from mha_lessons import MultiHeadAttention
            >>> from mha_lessons.widgets import HeadSum
            >>> trace = MultiHeadAttention(12, 3).trace(torch.randn(1, 2, 12))
            >>> HeadSum.from_trace(trace, ["hello", "world"], gates=[1, 0, 1]).sum.contributions.shape
            torch.Size([3, 2, 12])
        """
        return cls._with_trace(trace, given_trace(trace, tokens, contributions=True), traits)

    @property
    def sum(self) -> Sum:
        """The sum shown, computed by the torch module: contributions, outputs, how far they moved.

        Raises:
            ValueError: the settings do not fit together; the sentence says what would work.
        """
        from mha_lessons.gates import given_sum, head_sum

        if self.given:
            return given_sum(**summands(self.given), gates=self.gates)
        return head_sum(self.params, self.gates)

    @property
    def trace(self) -> Trace:
        """The `Trace` shown, gates included, with a batch of one, computed by the torch module.

        A trace that was handed in is as it was: the gates act in `sum`.

        Raises:
            ValueError: the settings do not fit together, or tensors without a trace were handed in; the
                sentence says what would work.
        """
        if self.given:
            return self._trace_behind()
        import torch

        from mha_lessons.compute import layer
        from mha_lessons.gates import all_gates

        if fault := self.fault():
            raise ValueError(fault)
        _tokens, _roles, x, mha, mask = layer(self.params)
        with torch.no_grad():
            return mha.trace(x, mask=mask, gates=all_gates(self.gates, self.num_heads))

    def fault(self) -> str | None:
        """Why the settings do not fit together, or None."""
        return (sum_fault(self.given) if self.given else check(self.params)) or check_gates(self.gates)

    def numbers(self) -> dict[str, Any]:
        """What each head adds, the outputs, and how far they moved."""
        found = self.sum
        return {
            **({"made": MADE} if self.given else {}),
            **({} if found.bias is None else {"bias": found.bias}),
            "tokens": found.tokens,
            "roles": found.roles,
            "num_heads": len(found.gates),
            "d_model": found.output.shape[-1],
            "d_head": self.given["d_head"] if self.given else self.params.head_width,
            "gap": found.gap,
            "change_gap": found.change_gap,
            "gates": found.gates,
            "contributions": found.contributions,
            "output": found.output,
            "reference": found.reference,
            **found.movement._asdict(),
        }

    def still_figure(self) -> tuple[str, list[str], np.ndarray]:
        """All heads' attention for the still, which no gate changes: title, tokens, [head, query, key]."""
        from mha_lessons.compute import compute
        from mha_lessons.gates import all_gates

        gates = all_gates(self.gates, self.given["num_heads"] if self.given else self.num_heads)
        act = f"gates {', '.join(f'{gate:g}' for gate in gates)} act on what the heads add"
        if self.given:
            return f"Attention handed in; {act}", *given_still(self.given)
        tokens, _roles, trace = compute(self.params)
        return f"Attention of {self.num_heads} heads; {act}", tokens, trace.attn[0].numpy()
