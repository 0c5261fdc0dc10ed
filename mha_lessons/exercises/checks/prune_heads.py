"""A layer without some of its heads, with smaller matrices."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mha_lessons.exercises.case import Case
from mha_lessons.exercises.draw import normal
from mha_lessons.exercises.exercise import Cause, Exercise, Wanted

Four = tuple[Tensor, Tensor, Tensor, Tensor]


def draw(rng: np.random.Generator) -> list[Case]:
    """Layers whose heads are together not as wide as a token."""

    def made(
        stage: str,
        heads: int,
        d_head: int,
        kept: int,
        label: str = "",
        *,
        size: int = 7,
        strided: bool = False,
    ) -> Case:
        width = heads * d_head
        args = {name: normal(rng, size, width) for name in ("w_q", "w_k", "w_v")}
        keep = np.zeros(heads, bool)
        keep[rng.permutation(np.arange(1, heads - 1))[: kept - 1]] = kept > 1
        keep[-1] = kept > 0  # the last stays, so that "the first ones" is another choice
        if kept == heads:
            keep[:] = True
        args |= {"w_o": normal(rng, width, size), "keep": keep}
        return Case(stage, "prune_heads", args=args, label=label, strided=strided)

    return [
        made("shape", 5, 3, 2),
        made("values", 5, 3, 2),
        made("values", 4, 2, 3),
        made("edge cases", 5, 3, 5, "all heads kept"),
        made("edge cases", 5, 3, 0, "no head kept"),
        made("edge cases", 5, 3, 1, "one head kept"),
        made("edge cases", 6, 1, 2, "as many heads as d_model", size=6),
        made("edge cases", 5, 3, 2, "matrices that are not contiguous", strided=True),
    ]


def _rows(keep: Tensor, width: int) -> Tensor:
    return keep.repeat_interleave(width // len(keep))


def right(w_q: Tensor, w_k: Tensor, w_v: Tensor, w_o: Tensor, keep: Tensor) -> Four:
    """Columns of the first three, rows of the last."""
    own = _rows(keep, w_q.shape[1])
    return w_q[:, own], w_k[:, own], w_v[:, own], w_o[own]


def _zeroed(w_q: Tensor, w_k: Tensor, w_v: Tensor, w_o: Tensor, keep: Tensor) -> Four:
    own = _rows(keep, w_q.shape[1])
    return w_q * own, w_k * own, w_v * own, w_o * own[:, None]


def _interleaved(w_q: Tensor, w_k: Tensor, w_v: Tensor, w_o: Tensor, keep: Tensor) -> Four:
    own = keep.repeat(w_q.shape[1] // len(keep))
    return w_q[:, own], w_k[:, own], w_v[:, own], w_o[own]


def _w_o_whole(w_q: Tensor, w_k: Tensor, w_v: Tensor, w_o: Tensor, keep: Tensor) -> Four:
    return (*right(w_q, w_k, w_v, w_o, keep)[:3], w_o)


def _queries_only(w_q: Tensor, w_k: Tensor, w_v: Tensor, w_o: Tensor, keep: Tensor) -> Four:
    return right(w_q, w_k, w_v, w_o, keep)[0], w_k, w_v, w_o


def _first_rows_of_w_o(w_q: Tensor, w_k: Tensor, w_v: Tensor, w_o: Tensor, keep: Tensor) -> Four:
    smaller = right(w_q, w_k, w_v, w_o, keep)
    return (*smaller[:3], w_o[: smaller[3].shape[0]])


def _single_columns(w_q: Tensor, w_k: Tensor, w_v: Tensor, w_o: Tensor, keep: Tensor) -> Four:
    own = keep.nonzero().flatten()
    return w_q[:, own], w_k[:, own], w_v[:, own], w_o[own]


EXERCISE = Exercise(
    name="prune_heads",
    wanted=(
        Wanted(
            "prune_heads(w_q, w_k, w_v, w_o, keep)",
            dict.fromkeys(("w_q", "w_k", "w_v"), ("d_model", "width")) | {"w_o": ("width", "d_model")},
            right=right,
        ),
    ),
    draw=draw,
    causes=(
        Cause(
            "keep inverted",
            "the heads to keep are the ones that are gone.",
            lambda **of: right(**of | {"keep": ~of["keep"]}),
        ),
        Cause(
            "zeros",
            "the heads are set to 0 and still there: the matrices should get smaller.",
            _zeroed,
        ),
        Cause(
            "w_o whole",
            "w_o still has the rows of heads that are gone.",
            _w_o_whole,
        ),
        Cause(
            "queries only",
            "only w_q is cut: a head owns a part of each of the four matrices.",
            _queries_only,
        ),
        Cause(
            "single columns",
            "a head is taken for one column: it owns as many as it is wide.",
            _single_columns,
        ),
        Cause(
            "interleaved",
            "the columns are dealt out to the heads one by one. A head owns a stretch of neighbours.",
            _interleaved,
        ),
        Cause(
            "first heads",
            "as many heads are kept as should be, but always the first ones.",
            lambda **of: right(**of | {"keep": torch.arange(len(of["keep"])) < of["keep"].sum()}),
        ),
        Cause(
            "first rows of w_o",
            "w_q, w_k and w_v are right, and w_o keeps its first rows, whichever heads are kept.",
            _first_rows_of_w_o,
        ),
    ),
)
