"""Puzzles: set w_q and w_k by hand until each word looks where it should. Twin: `widgets/core/puzzles.ts`.

A word is a few named features. A column of w_q says what each feature asks, the same column of w_k what it
offers. The columns are one head, or are cut into two. What a word finds is reported in slots: two heads fill
a slot each, one head fills every slot, and where there is one slot for two heads, it holds their mean. So w_v
and w_o are fixed: a report is a share for each word of the sentence.

The puzzles are `data/puzzles.json`; their solutions are not in this package.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_DATA = json.loads((Path(__file__).parent / "data" / "puzzles.json").read_text(encoding="utf-8"))

LIMIT: int = _DATA["limit"]
"""Entries of w_q and w_k are whole numbers from -LIMIT to LIMIT."""
TOLERANCE: float = _DATA["tolerance"]
"""The share of a row's attention that may be astray where a puzzle is solved."""


class Slot(NamedTuple):
    """One report that is wanted."""

    title: str
    goal: tuple[tuple[int, ...], ...]
    """For each query the keys that should share its attention alike; none where the row is free."""


@dataclass(frozen=True)
class Puzzle:
    """Words, what they are, and where they should look."""

    name: str
    title: str
    task: str
    tokens: tuple[str, ...]
    features: dict[str, tuple[float, ...]]
    """For each feature its number in every word."""
    width: int
    """Columns of w_q and of w_k, of all heads together."""
    heads: tuple[int, ...]
    """The head counts that may be tried; the first one is set at the start."""
    slots: tuple[Slot, ...]
    hints: tuple[str, ...]
    lesson: str
    """What to remember, shown once the puzzle is solved."""
    marks: tuple[str, ...] | None = None
    """A sign under each word, where its features are no words."""
    nearest: dict[str, Any] | None = None
    """The best attempt a search has found with the head count that cannot do it: num_heads, w_q, w_k."""

    @property
    def x(self) -> NDArray[np.float32]:
        """The words as vectors [seq, feature]."""
        return np.array(list(self.features.values()), dtype=np.float32).T

    @property
    def entries(self) -> int:
        """How many numbers w_q has, and w_k: a row a feature, a column each of `width`."""
        return len(self.features) * self.width

    @property
    def goals(self) -> NDArray[np.float32]:
        """What the reports should be [slot, query, key]; a free row is all zeros.

        >>> PUZZLES["own_question"].goals[1].tolist()
        [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
        """
        seq = len(self.tokens)
        goals = np.zeros((len(self.slots), seq, seq), dtype=np.float32)
        for slot, (_, rows) in enumerate(self.slots):
            for query, keys in enumerate(rows):
                goals[slot, query, list(keys)] = 1 / max(1, len(keys))
        return goals


def _read(raw: dict[str, Any]) -> Puzzle:
    slots = tuple(Slot(slot["title"], tuple(map(tuple, slot["goal"]))) for slot in raw["slots"])
    features = {name: tuple(numbers) for name, numbers in raw["features"].items()}
    lists = {name: tuple(raw[name]) for name in ("tokens", "heads", "hints")}
    marks = tuple(raw["marks"]) if "marks" in raw else None
    return Puzzle(**raw | lists | {"slots": slots, "features": features, "marks": marks})


PUZZLES: dict[str, Puzzle] = {raw["name"]: _read(raw) for raw in _DATA["puzzles"]}
"""All puzzles by name, from easy to hard."""


def check_attempt(puzzle: object, num_heads: object, w_q: object, w_k: object) -> str | None:
    """None, or one sentence that says what is wrong with an attempt, which may come from a link or a kernel.

    >>> check_attempt("noun", 2, [], [])
    'The puzzle noun is for 1 head, got num_heads=2.'
    """
    if not isinstance(puzzle, str) or puzzle not in PUZZLES:
        return f"puzzle should be one of {', '.join(PUZZLES)}."
    found = PUZZLES[puzzle]
    if isinstance(num_heads, bool) or num_heads not in found.heads:
        wanted = "1 or 2 heads" if len(found.heads) > 1 else f"{found.heads[0]} head"
        got = num_heads if isinstance(num_heads, int) and not isinstance(num_heads, bool) else "no number"
        return f"The puzzle {puzzle} is for {wanted}, got num_heads={got}."
    for name, weights in (("w_q", w_q), ("w_k", w_k)):
        if not isinstance(weights, list | tuple) or not all(_is_step(step) for step in weights):
            return f"{name} should be a list of whole numbers from -{LIMIT} to {LIMIT}."
        if len(weights) not in (0, found.entries):
            return (
                f"{name} should have {found.entries} numbers, {len(found.features)} features times width "
                f"{found.width}, or none for zeros; got {len(weights)}."
            )
    return None


def _is_step(step: object) -> bool:
    whole = isinstance(step, int) or (isinstance(step, float) and step.is_integer())
    return whole and not isinstance(step, bool) and abs(step) <= LIMIT  # type: ignore[arg-type]


class Reason(NamedTuple):
    """Why no setting with this many heads solves a puzzle."""

    bound: float
    """At least this share is astray in the row that is farthest off, whatever w_q and w_k are."""
    sentence: str


def why_not(puzzle: Puzzle, num_heads: int) -> Reason | None:
    """Why this many heads cannot do it, whatever their weights; None where nothing speaks against it.

    Two reasons are known. A row that fills two slots cannot be near two goals: by the triangle inequality it
    is at least half their distance from one of them. And a head of width 1 scores by one product, q times k:
    of three words with different targets, the one whose target has the middle k gives another word as much
    or more, so it gives its own target at most half.

    >>> why_not(PUZZLES["two_reports"], 1).bound
    0.5
    >>> why_not(PUZZLES["two_reports"], 2) is None
    True
    """
    if num_heads == 1 and (blend := _two_goals(puzzle)):
        return blend
    if puzzle.width == num_heads:
        return _three_targets(puzzle, num_heads)
    return None


def _two_goals(puzzle: Puzzle) -> Reason | None:
    """One row in two slots."""
    worst, found = 0.0, (0, 0, 0)
    for one, other in combinations(range(len(puzzle.slots)), 2):
        for query, (near, far) in enumerate(zip(puzzle.goals[one], puzzle.goals[other], strict=True)):
            apart = float(np.abs(near - far).sum()) / 2 if near.any() and far.any() else 0.0
            if apart / 2 > worst:
                worst, found = apart / 2, (query, one, other)
    if worst <= TOLERANCE:
        return None
    query, one, other = found
    first, second = (_named(puzzle, puzzle.slots[slot].goal[query]) for slot in (one, other))
    return Reason(
        worst,
        f"One head has one row of attention for each word, and both reports are made of it. "
        f"“{puzzle.tokens[query]}” should look at {first} for one report and at {second} for the other. "
        f"Whatever its row is, at least {worst:.2f} of its attention is astray in one of them: "
        "a blend is neither.",
    )


def _three_targets(puzzle: Puzzle, num_heads: int) -> Reason | None:
    """Three favourites of a head of width 1."""
    for _, goal in puzzle.slots:
        targets = list(dict.fromkeys(keys[0] for keys in goal if len(keys) == 1))
        if len(targets) < 3:
            continue
        bound = 0.5 / (num_heads if len(puzzle.slots) == 1 else 1)
        return Reason(
            bound,
            "A head of width 1 scores by one product. So all words that ask with plus have one favourite, "
            f"and all that ask with minus have one: two at most. Here {len(targets)} are wanted: "
            f"{_named(puzzle, targets)}. In each head one of them gets half of what it should, or less, so "
            f"somewhere at least {bound:.2f} of the attention is astray.",
        )
    return None


def _named(puzzle: Puzzle, keys: Sequence[int]) -> str:
    words = [f"“{puzzle.tokens[key]}”" for key in keys]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
