"""Do heads follow grammar? For each relation the head that points best from a word to its partner.

The rival is the best fixed offset ("always the next word"), which answers the same questions. Head and offset
are chosen on one half of the sentences and reported on the other.

Source: Clark et al. 2019, section 4.2, with Universal Dependencies in place of Stanford's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from mha_lessons.heads.held_out import best_head
from mha_lessons.heads.relations import Asked, Questions
from mha_lessons.heads.resampling import halves, holm, interval

FEWEST = 25
"""A relation with fewer questions in either half is not reported."""


@dataclass(frozen=True)
class Score:
    """The best head for a relation against the best fixed offset, both on sentences that did not choose them.

    Attributes:
        relation, direction: what was asked.
        chosen_on, n: questions in the half that chose, and in the half reported here.
        head: layer and head.
        score, interval: its share of right answers, and 95 % by sentences.
        chosen_score, chosen_baseline: the shares on the half that chose head and offset: what luck added.
        offset: the best fixed offset, in words.
        baseline, baseline_interval: its share.
        gain, gain_interval: score minus baseline, drawn together.
        p, p_holm: that the two are alike; corrected for all relations and directions.
        median_head: the share of the head in the middle.
    """

    relation: str
    direction: str
    chosen_on: int
    n: int
    head: tuple[int, int]
    score: float
    interval: tuple[float, float]
    chosen_score: float
    chosen_baseline: float
    offset: int
    baseline: float
    baseline_interval: tuple[float, float]
    gain: float
    gain_interval: tuple[float, float]
    p: float
    p_holm: float
    median_head: float


def score_relations(asked: Asked, num_heads: int, num_sentences: int, seed: int) -> list[Score]:
    """The best head of each relation and direction with enough questions, most frequent first.

    Args:
        asked: what `ask_all` gives.
        num_heads: heads of a layer.
        num_sentences: how many there are to halve.
        seed: of the halves and the draws.
    """
    choose = halves(range(num_sentences), seed)
    scored = []
    for (relation, direction), questions in sorted(asked.items(), key=lambda each: (-len(each[1]), each[0])):
        ours = choose[questions.sentence]
        if min(ours.sum(), (~ours).sum()) >= FEWEST:
            scored.append(_score(relation, direction, questions, ours, num_heads=num_heads, seed=seed))
    corrected = holm([each["p"] for each in scored])
    return [Score(**each, p_holm=p) for each, p in zip(scored, corrected, strict=True)]


def _score(
    relation: str, direction: str, questions: Questions, choose: Bool[np.ndarray, " question"], **how: int
) -> dict[str, Any]:
    offsets, counts = np.unique(questions.distance[choose], return_counts=True)
    offset = int(offsets[counts.argmax()])
    rival = (questions.distance == offset).astype(float)
    units = questions.sentence[~choose]
    return {
        "relation": relation,
        "direction": direction,
        "offset": offset,
        "chosen_baseline": float(rival[choose].mean()),
        "baseline": float(rival[~choose].mean()),
        "baseline_interval": interval(rival[~choose], units, how["seed"]),
        **best_head(questions.right.astype(float), rival, choose, questions.sentence, **how),
    }


def best_direction(scores: Iterable[Score], relation: str) -> Score | None:
    """Of a relation's directions the one with more questions; None if it was too rare.

    A model that sees both ways is asked as many in both: of equals, the one with more gain on the half that
    chose.
    """
    rows = [score for score in scores if score.relation == relation]
    return max(
        rows, key=lambda row: (row.chosen_on + row.n, row.chosen_score - row.chosen_baseline), default=None
    )


def held_out_scores(
    asked: Asked, score: Score, num_heads: int, num_sentences: int, seed: int
) -> Float[np.ndarray, "layer head"]:
    """The share of every head for one relation, on the same half as the reported one."""
    questions = asked[score.relation, score.direction]
    held_out = ~halves(range(num_sentences), seed)[questions.sentence]
    share: Float[np.ndarray, "layer head"] = questions.right[held_out].mean(0).reshape(-1, num_heads)
    return share
