"""Does a head know whom a pronoun means? Right name of two, on questions that did not choose the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from mha_lessons.heads.held_out import best_head
from mha_lessons.heads.referent import RULES, Question
from mha_lessons.heads.resampling import halves


@dataclass(frozen=True)
class NameScore:
    """The best head on a set of questions, against what needs no understanding.

    Attributes:
        chosen_on, n, groups: questions that chose, questions reported on, and the groups those come from.
        head: layer and head.
        score, interval: its share of right answers, and 95 % by groups; a tie counts half.
        chosen_score: its share on the half that chose it.
        rules: the share of each simple rule on the same questions: nearest, first, longer, and chance.
        rule: the rule that was best on the choosing half: the rival.
        gain, gain_interval, p: score minus rival, drawn together, and that they are alike.
        median_head: the share of the head in the middle.
    """

    chosen_on: int
    n: int
    groups: int
    head: tuple[int, int]
    score: float
    interval: tuple[float, float]
    chosen_score: float
    rules: dict[str, float]
    rule: str
    gain: float
    gain_interval: tuple[float, float]
    p: float
    median_head: float


def score_names(
    questions: Sequence[Question], attention: Float[np.ndarray, "question layer head 2"], seed: int
) -> NameScore:
    """Choose the head that picks the right name most often on one half, report it on the other.

    Args:
        questions: each with a right name; "neither" has to be left out before.
        attention: what `ask` gives for each.
        seed: of the halves and the draws.

    Raises:
        ValueError: fewer than two groups, which cannot be halved.
    """
    groups = [question.group for question in questions]
    if len(set(groups)) < 2:
        raise ValueError(f"questions should come from at least 2 groups, got {len(set(groups))}")
    num_heads = attention.shape[2]
    wanted = np.array([question.right for question in questions])
    points = _points(attention, wanted).reshape(len(questions), -1)
    choose = halves(groups, seed)
    rules = {name: np.array([rule(each) for each in questions]) == wanted for name, rule in RULES.items()}
    rivals = {name: right.astype(float) for name, right in rules.items()}
    rivals["chance"] = np.full(len(questions), 0.5)
    rule = max(rivals, key=lambda name: (rivals[name][choose].mean(), name == "chance"))
    units = np.unique(groups, return_inverse=True)[1]
    return NameScore(
        groups=len(set(units[~choose].tolist())),
        rules={name: float(right[~choose].mean()) for name, right in rivals.items()},
        rule=rule,
        **best_head(points, rivals[rule], choose, units, num_heads=num_heads, seed=seed),
    )


def _points(
    attention: Float[np.ndarray, "question layer head 2"], wanted: np.ndarray
) -> Float[np.ndarray, "question layer head"]:
    """1 for a head that gives the right name more, 0 for less, 1/2 for the same."""
    places = np.arange(len(wanted))
    right, wrong = attention[places, ..., wanted], attention[places, ..., 1 - wanted]
    points: Float[np.ndarray, "question layer head"] = (right > wrong) + 0.5 * (right == wrong)
    return points
