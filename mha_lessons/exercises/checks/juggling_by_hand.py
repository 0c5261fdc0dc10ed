"""As many heads as answers: a layer that reports k places at once, with weights set by hand."""

from __future__ import annotations

import math

import numpy as np

from mha_lessons.exercises.case import Case
from mha_lessons.exercises.compare import axes_text
from mha_lessons.exercises.exercise import Arrays, Difference, Exercise, Wanted

GIVES = {
    "w_q": ("head", "seq", "d_head"),
    "w_k": ("head", "seq", "d_head"),
    "w_v": ("head", "symbol", "d_value"),
    "w_o": ("head", "d_value", "answer", "symbol"),
}
MARGIN = 1e-3  # by how much the right symbol has to be ahead, relative to the largest number
ROUNDS = 64
WIDEST = 1024  # more would only cost the judge memory


def draw(rng: np.random.Generator) -> list[Case]:
    """Places to report in random order, other ones for each answer; the symbols are the judge's alone."""

    def made(
        stage: str, seq: int, k: int, symbols: int, label: str = "", target: np.ndarray | None = None
    ) -> Case:
        if target is None:
            steps = 1 + rng.permutation(seq - 1)[:k] if k < seq else np.arange(k) % seq
            target = (rng.permutation(seq)[:, None] + steps) % seq
        tokens = rng.integers(symbols, size=(ROUNDS, seq))
        args = {"target": target, "num_symbols": symbols}
        return Case(stage, "juggling", args=args, hidden={"tokens": tokens}, label=label)

    return [
        made("shape", 6, 3, 5),
        made("values", 6, 3, 5),
        made("values", 7, 4, 3),
        made("edge cases", 6, 1, 5, "one answer"),
        made("edge cases", 12, 4, 16, "twelve places and sixteen symbols"),
        made("edge cases", 5, 2, 3, "all places asking for the same two", np.tile([[0, 3]], (5, 1))),
        made("edge cases", 1, 1, 4, "one token"),
    ]


def attention(came: Arrays) -> np.ndarray:
    """The weights [head, query, key]: queries and keys see places only."""
    with np.errstate(all="ignore"):  # weights that are no numbers are found afterwards
        scores = came["w_q"] @ came["w_k"].swapaxes(1, 2) / math.sqrt(max(came["w_q"].shape[2], 1))
        parts = np.exp(scores - scores.max(-1, keepdims=True))
        attn: np.ndarray = parts / parts.sum(-1, keepdims=True)
    return attn


def answers(came: Arrays, tokens: np.ndarray) -> np.ndarray:
    """Scores of each symbol, [round, seq, answer, symbol]."""
    with np.errstate(all="ignore"):
        found = came["w_v"][:, tokens]  # [head, round, seq, d_value]
        z = np.einsum("hqk,hrkd->hrqd", attention(came), found)
        said: np.ndarray = np.einsum("hrqd,hdas->rqas", z, came["w_o"])
    return said


def fault(case: Case, came: Arrays) -> Difference | None:
    """Any weights will do that report every place, whatever symbols stand there."""
    target = np.asarray(case.args["target"])
    symbols = int(case.args["num_symbols"])  # type: ignore[arg-type]
    seq, k = target.shape
    sizes = {"head": k, "seq": seq, "symbol": symbols, "answer": k}
    for name, axes in GIVES.items():
        shape = came[name].shape
        if len(shape) != len(axes) or any(
            sizes.get(axis, size) != size for axis, size in zip(axes, shape, strict=True)
        ):
            wanted = ", ".join(f"{axis}={sizes[axis]}" if axis in sizes else axis for axis in axes)
            return Difference(f"{name} came as {list(shape)}, wanted [{wanted}].", *_head_count(came, k))
    for one, other, axis in (("w_q", "w_k", -1), ("w_v", "w_o", 1)):
        width = came["w_v"].shape[2] if one == "w_v" else came[one].shape[-1]
        if came[other].shape[axis] != width:
            return Difference(
                f"{other} came as {list(came[other].shape)}, wanted {width} on axis {axis}, as in {one}."
            )
        if width > WIDEST:
            return Difference(f"{one} came as {list(came[one].shape)}, wanted a width of at most {WIDEST}.")
    if case.stage == "shape":
        return None
    came = {name: array.astype(np.float64) for name, array in came.items()}
    tokens = case.hidden["tokens"]
    said, wanted_symbols = answers(came, tokens), tokens[:, target]  # [round, seq, answer(, symbol)]
    ahead = _lead(said, wanted_symbols)
    wrong = ~(ahead > MARGIN * max(np.abs(said).max(), 1e-30))  # NaN is ahead of nothing
    if not wrong.any():
        return None
    where = tuple(int(i) for i in np.argwhere(wrong)[0])
    share = 1 - wrong.mean()
    place = axes_text(("query", "answer"), where[1:])
    message = (
        f"{share:.0%} of the answers are right, wanted all: at [{place}] the symbol of "
        f"place {target[where[1:]]} should have the highest score."
    )
    return Difference(message, *_why(came, target, tokens))


def _lead(said: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """How far the score of the wanted symbol is ahead of the next."""
    own = np.take_along_axis(said, wanted[..., None], -1)[..., 0]
    others = said.copy()
    np.put_along_axis(others, wanted[..., None], -np.inf, -1)
    lead: np.ndarray = own - others.max(-1)
    return lead


def _head_count(came: Arrays, k: int) -> tuple[str, str]:
    counts = {array.shape[0] for array in came.values() if array.ndim}
    if len(counts) == 1 and (heads := counts.pop()) != k:
        few = (
            "with fewer heads than answers some pair of answers shares a look"
            if heads < k
            else "k heads suffice"
        )
        return f"there are {heads} heads for {k} answers: {few}.", "head count"
    return "", ""


def _why(came: Arrays, target: np.ndarray, tokens: np.ndarray) -> tuple[str, str]:
    """The likely cause and its key, by where the heads look and what they say."""
    seq, k = target.shape
    attn = attention(came)
    if not np.isfinite(attn).all():
        return "the weights are so large that the scores are no numbers any more.", "no numbers"
    looks = attn.argmax(-1)  # [head, query]
    flipped = attention({"w_q": came["w_k"], "w_k": came["w_q"]}).argmax(-1)
    if np.ptp(attn) < 1e-6 and seq > 1:
        return "every head looks everywhere alike: the scores do not differ.", "even"
    if not _all_found(looks, target):
        if _all_found(flipped, target):
            return "the places are asked the wrong way round: w_q belongs to the one who reports.", "swapped"
        if k > 1 and (looks == looks[0]).all():
            return "all heads look at the same places: each answer needs a look of its own.", "same look"
        return "a head does not look at the place that its answer needs.", "other place"
    said = answers(came, tokens).argmax(-1)
    for turn in [turn for turn in _orders(k) if turn != tuple(range(k))]:
        if (said[..., list(turn)] == tokens[:, target]).mean() > 0.95:
            return (
                "the heads look right, and what they find is written into the wrong answers.",
                "answers mixed up",
            )
    if attn.max(-1).min() < 0.5:
        return (
            "the heads look the right way, and not firmly enough: other places outvote the right one.",
            "too weak",
        )
    if k > 1 and np.ptp(said, axis=2).max() == 0:
        return (
            "all answers say the same: the heads are added up, not written into answers of their own.",
            "added up",
        )
    return "the heads look right, and w_v and w_o do not bring the symbol through as it is.", "read-out"


def _all_found(looks: np.ndarray, target: np.ndarray) -> bool:
    return all((looks == target[:, answer]).all(-1).any() for answer in range(target.shape[1]))


def _orders(k: int) -> list[tuple[int, ...]]:
    """The rotations and reversals of k answers: mistakes of order are of these kinds."""
    forward = tuple(range(k))
    turns = [forward[i:] + forward[:i] for i in range(k)]
    return turns + [turn[::-1] for turn in turns]


EXERCISE = Exercise(
    name="juggling_by_hand",
    wanted=(Wanted("juggling(target, num_symbols)", GIVES, fault=fault),),
    draw=draw,
    fault_keys=(
        "head count",
        "no numbers",
        "even",
        "swapped",
        "same look",
        "other place",
        "answers mixed up",
        "too weak",
        "added up",
        "read-out",
    ),
)
