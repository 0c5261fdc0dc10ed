"""A head with hand-set weights: every word looks at the word before it."""

from __future__ import annotations

import math

import numpy as np

from mha_lessons.exercises.case import Case
from mha_lessons.exercises.draw import normal
from mha_lessons.exercises.exercise import Arrays, Difference, Exercise, Wanted

ENOUGH = 0.9
"""The share of its attention that a word has to give to the word before it."""


def draw(rng: np.random.Generator) -> list[Case]:
    """Sentences of words that nobody has seen; the places are the first channels of x."""

    def made(stage: str, seq: int, d_model: int, size: float = 1.0, label: str = "") -> Case:
        x = np.concatenate([np.eye(seq, dtype=np.float32), size * normal(rng, seq, d_model - seq)], axis=1)
        args = {"seq": seq, "d_model": d_model}
        return Case(stage, "hand_set_head", args=args, hidden={"x": x}, label=label)

    return [
        made("shape", 5, 8),
        made("values", 5, 8, 0.01),
        made("values", 7, 9, 0.01, "a longer sentence"),
        made("edge cases", 5, 8, 30.0, "words whose own numbers are large"),
        made("edge cases", 12, 16, 1.0, "twelve words"),
        made("edge cases", 2, 4, 1.0, "two words"),
        made("edge cases", 1, 3, 1.0, "one word"),
        made("edge cases", 4, 4, 1.0, "vectors that hold the place and nothing else"),
    ]


def pattern(x: np.ndarray, w_q: np.ndarray, w_k: np.ndarray) -> np.ndarray:
    """The attention weights [query, key] of one head, in numpy."""
    with np.errstate(all="ignore"):  # weights that are no numbers are found afterwards
        scores = (x @ w_q) @ (x @ w_k).T / math.sqrt(max(w_q.shape[1], 1))
        parts = np.exp(scores - scores.max(1, keepdims=True))
        attn: np.ndarray = parts / parts.sum(1, keepdims=True)
    return attn


def fault(case: Case, came: Arrays) -> Difference | None:
    """Any weights will do that make the pattern."""
    d_model = case.args["d_model"]
    for name in ("w_q", "w_k"):
        if came[name].ndim != 2 or came[name].shape[0] != d_model:
            return Difference(
                f"{name} came as {list(came[name].shape)}, wanted [d_model={d_model}, d_head].",
                *_turned(case, came),
            )
    w_q, w_k = (came[name].astype(np.float64) for name in ("w_q", "w_k"))
    if w_q.shape != w_k.shape:
        return Difference(
            f"w_q came as {list(w_q.shape)} and w_k as {list(w_k.shape)}, wanted the same d_head for both."
        )
    if case.stage == "shape":
        return None
    x = case.hidden["x"].astype(np.float64)
    attn = pattern(x, w_q, w_k)
    seq = len(x)
    wanted = np.maximum(np.arange(seq) - 1, 0)
    share = attn[np.arange(seq), wanted]
    if np.isfinite(attn).all() and (share >= ENOUGH).all():
        return None
    worst = int(np.nan_to_num(share, nan=-1).argmin())
    message = (
        f"Word {worst} gives {share[worst]:.2f} of its attention to word {wanted[worst]}, "
        f"wanted at least {ENOUGH:g}."
    )
    return Difference(message, *_why(x, w_q, w_k, attn, wanted))


def _turned(case: Case, came: Arrays) -> tuple[str, str]:
    if all(came[name].ndim == 2 and came[name].shape[1] == case.args["d_model"] for name in ("w_q", "w_k")):
        return (
            "the matrices are turned round: here weights act from the right, x @ w_q.",
            "weights transposed",
        )
    return "", ""


def _why(
    x: np.ndarray, w_q: np.ndarray, w_k: np.ndarray, attn: np.ndarray, wanted: np.ndarray
) -> tuple[str, str]:
    """The likely cause and its key, by where the words look."""
    seq = len(x)
    places, looks = np.arange(seq), attn.argmax(1)
    bare = x.copy()
    bare[:, seq:] = 0
    if not np.isfinite(attn).all():
        return "the weights are so large that the scores are no numbers any more.", "no numbers"
    share = attn[places, wanted]
    if share[0] < ENOUGH and (share[1:] >= ENOUGH).all() and np.ptp(attn[0]) < 1e-6:
        return (
            "the first word asks for nothing: it has none before it, and should look at itself.",
            "asks for nothing",
        )
    if np.ptp(attn) < 1e-6:
        return "all words get the same: the scores do not differ, as if w_q or w_k were 0.", "even"
    if (pattern(bare, w_q, w_k)[places, wanted] >= ENOUGH).all():
        return (
            "the pattern depends on the words themselves. Only the first seq channels tell the place; "
            "what do the "
            "weights do with the others?",
            "words count",
        )
    if (looks[1:-1] == places[2:]).all():
        return "the words look at the word after them: the question and the answer are swapped.", "next word"
    if (looks == places).all():
        return "each word looks at itself: a query has to ask for another place than its own.", "itself"
    if (looks[1:] == wanted[1:]).all() and looks[0] != 0:
        return (
            "only the first word looks elsewhere: there is none before it, so it should look at itself.",
            "first word",
        )
    if (looks[1:] == wanted[1:]).all():
        return (
            "the words look the right way, and not firmly enough: the scores are too close together.",
            "too weak",
        )
    return "", ""


EXERCISE = Exercise(
    name="hand_set_head",
    wanted=(
        Wanted(
            "hand_set_head(seq, d_model)",
            {"w_q": ("d_model", "d_head"), "w_k": ("d_model", "d_head")},
            fault=fault,
        ),
    ),
    draw=draw,
    fault_keys=(
        "weights transposed",
        "no numbers",
        "even",
        "words count",
        "next word",
        "itself",
        "asks for nothing",
        "first word",
        "too weak",
    ),
)
