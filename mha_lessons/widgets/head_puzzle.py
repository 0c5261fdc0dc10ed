"""HeadPuzzle: set the queries and keys of one head, then of two, until each word looks where it should."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from mha_lessons.puzzles import LIMIT, PUZZLES, check_attempt
from mha_lessons.widgets.bundle import bundle
from mha_lessons.widgets.lesson_widget import LessonWidget

if TYPE_CHECKING:
    import numpy as np

    from mha_lessons.head_puzzle import Attempt

_NAMES = tuple(PUZZLES)


class HeadPuzzle(LessonWidget):
    """Eight puzzles, from one head of width 1 to two heads that look both ways.

    Each word is a few named features. `w_q` says what a feature asks and `w_k` what it offers, in steps from
    -2 to 2; the widget shows where each word looks and how much of its attention is astray. Where a head
    count cannot solve a puzzle, it says why.

    Example:
        >>> from mha_lessons.widgets import HeadPuzzle
        >>> puzzle = HeadPuzzle(puzzle="each_other", w_q=[1, -1], w_k=[0, 1])
        >>> puzzle.attempt.distance[0].mul(100).round().tolist()  # percent astray in each row
        [27.0, 27.0, 27.0, 27.0]

    Raises:
        ValueError: the settings do not fit together; the sentence says what would work.
    """

    _esm = bundle("head_puzzle.js")
    _css = bundle("head_puzzle.css")
    page_name = "head_puzzle"
    asks = ("puzzle", "num_heads", "w_q", "w_k")

    puzzle = traitlets.Enum(_NAMES, default_value=_NAMES[0], help="The puzzle, by name.").tag(sync=True)
    num_heads = traitlets.Int(1, help="Number of attention heads: 1, or 2 where the puzzle allows it.").tag(
        sync=True
    )
    w_q = traitlets.List(
        traitlets.Int(),
        help=f"What each feature asks, from -{LIMIT} to {LIMIT}: a row a feature, a column a dimension of "
        "the heads, in one list; empty: zeros.",
    ).tag(sync=True)
    w_k = traitlets.List(traitlets.Int(), help="What each feature offers, written like w_q.").tag(sync=True)
    solved = traitlets.Unicode(
        "", help="The puzzles that the reader has solved, by name, with a space between them."
    ).tag(sync=True, fixed=True)

    def __init__(self, **traits: Any) -> None:
        if traits.get("puzzle") in PUZZLES:
            traits = {"num_heads": PUZZLES[traits["puzzle"]].heads[0]} | traits
        super().__init__(**traits)

    @property
    def attempt(self) -> Attempt:
        """Queries, keys, attention, the reports and their distance from the goal, computed by torch.

        Raises:
            ValueError: the settings do not fit together; the sentence says what would work.
        """
        from mha_lessons.head_puzzle import attempt

        return attempt(self.puzzle, self.num_heads, self.w_q, self.w_k)

    def fault(self) -> str | None:
        """Why the settings do not fit together, or None."""
        return check_attempt(self.puzzle, self.num_heads, self.w_q, self.w_k)

    def numbers(self) -> dict[str, Any]:
        """The attempt, and which one it is."""
        return {"puzzle": self.puzzle, "num_heads": self.num_heads, **self.attempt._asdict()}

    def still_figure(self) -> tuple[str, list[str], np.ndarray]:
        """Where the words should look, as long as nothing is set, and then where they do."""
        found = PUZZLES[self.puzzle]
        if any([*self.w_q, *self.w_k]):
            return f"“{found.title}”, as it is set", list(found.tokens), self.attempt.report.numpy()
        return f"“{found.title}”: {found.task} This is the goal", list(found.tokens), found.goals
