"""The head that is best at answering questions, told of questions that did not choose it."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from mha_lessons.heads.resampling import interval, p_value


def best_head(
    points: Float[np.ndarray, "question head"],
    rival: Float[np.ndarray, " question"],
    choose: Bool[np.ndarray, " question"],
    units: Int[np.ndarray, " question"],
    *,
    num_heads: int,
    seed: int,
) -> dict[str, Any]:
    """Choose a head on one part of the questions, and compare it with its rival on the rest.

    Args:
        points: of each head for its answer, 0 to 1; heads of all layers in a row.
        rival: points of what needs no head.
        choose: the questions that choose.
        units: what a question was drawn with, such as its sentence.
        num_heads: heads of a layer.
        seed: of the draws.

    Returns:
        chosen_on and n, questions of either part; head, layer and place; score, its interval, and
        chosen_score, that on the part that chose; gain over the rival, its interval, drawn together, and p,
        that the two are alike; median_head, the score of the head in the middle.
    """
    best = int(points[choose].mean(0).argmax())
    head, other, drawn = points[~choose, best], rival[~choose], units[~choose]
    return {
        "chosen_on": int(choose.sum()),
        "n": len(head),
        "head": divmod(best, num_heads),
        "score": float(head.mean()),
        "interval": interval(head, drawn, seed),
        "chosen_score": float(points[choose, best].mean()),
        "gain": float((head - other).mean()),
        "gain_interval": interval(head - other, drawn, seed),
        "p": p_value(head, other, drawn, seed),
        "median_head": float(np.median(points[~choose].mean(0))),
    }
