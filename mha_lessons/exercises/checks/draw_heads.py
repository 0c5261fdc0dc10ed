"""All heads of a layer in one picture."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from mha_lessons.exercises.case import Case
from mha_lessons.exercises.checks.known import known
from mha_lessons.exercises.draw import may_look, normal
from mha_lessons.exercises.exercise import Cause, Exercise, Wanted


def draw(rng: np.random.Generator) -> list[Case]:
    """Patterns of 4 queries on 3 keys."""

    def made(
        stage: str, head: int, query: int, key: int, columns: int, label: str = "", *, masked: bool = False,
        strided: bool = False,
    ) -> Case:  # fmt: skip
        parts = np.exp(normal(rng, head, query, key))
        attn = (parts / parts.sum(-1, keepdims=True)).astype(np.float32)
        mask = may_look(rng, query, key) if masked else None
        args = {"attn": attn, "columns": columns, "mask": mask}
        return Case(stage, "draw_heads", args=args, label=label, strided=strided)

    return [
        made("shape", 5, 4, 3, 2),
        made("values", 6, 4, 3, 2),
        made("values", 6, 4, 3, 2, "a mask", masked=True),
        made("edge cases", 5, 4, 3, 2, "a last row that is not full"),
        made("edge cases", 2, 4, 3, 5, "more columns than heads"),
        made("edge cases", 1, 4, 3, 1, "one head"),
        made("edge cases", 6, 1, 1, 2, "one token"),
        made("edge cases", 5, 4, 3, 1, "one column", masked=True),
        made("edge cases", 6, 4, 3, 2, "inputs that are not contiguous", strided=True),
    ]


def tiles(
    attn: Tensor,
    columns: int,
    mask: Tensor | None,
    *,
    rows: int | None = None,
    gap: int = 1,
    between: float = math.nan,
    empty: float = math.nan,
    down: bool = False,
    masked: float = math.nan,
) -> Tensor:
    """Head by head into the picture; the other arguments are ways to get it wrong."""
    head, query, key = attn.shape
    rows = math.ceil(head / columns) if rows is None else rows
    image = attn.new_full((rows * (query + gap) - gap, columns * (key + gap) - gap), between)
    for number in range(rows * columns):
        row, column = (number % rows, number // rows) if down else divmod(number, columns)
        tile = attn[number] if number < head else attn.new_full((query, key), empty)
        if mask is not None and number < head:
            tile = tile.masked_fill(~mask, masked)
        top, left = row * (query + gap), column * (key + gap)
        image[top : top + query, left : left + key] = tile
    return image


def right(attn: Tensor, columns: int, mask: Tensor | None) -> Tensor:
    """Line by line, NaN wherever there is no weight."""
    return tiles(attn, columns, mask)


def _zeros_between(attn: Tensor, columns: int, mask: Tensor | None) -> Tensor:
    return tiles(attn, columns, mask, between=0.0, empty=0.0)


def _zeros_between_all_else_right(attn: Tensor, columns: int, mask: Tensor | None) -> Tensor:
    return tiles(attn, columns, mask, between=0.0)


def _with_border(attn: Tensor, columns: int, mask: Tensor | None) -> Tensor:
    return torch.nn.functional.pad(right(attn, columns, mask), (1, 1, 1, 1), value=math.nan)


def _gap_at_the_end(attn: Tensor, columns: int, mask: Tensor | None) -> Tensor:
    return torch.nn.functional.pad(right(attn, columns, mask), (0, 1, 0, 1), value=math.nan)


EXERCISE = Exercise(
    name="draw_heads",
    wanted=(Wanted("draw_heads(attn, columns, mask=None)", {"image": ("height", "width")}, right=right),),
    draw=draw,
    causes=(
        Cause(
            "gap at the end",
            "there is a line of NaN after the last tile: NaN stands between tiles only.",
            _gap_at_the_end,
        ),
        Cause(
            "border",
            "there is a line of NaN around the whole picture: NaN stands between tiles only.",
            _with_border,
        ),
        Cause(
            "no gap",
            "the tiles touch: a line of NaN belongs between them.",
            lambda attn, columns, mask: tiles(attn, columns, mask, gap=0),
        ),
        Cause(
            "last heads missing",
            "the number of rows is rounded down, so the heads of a row that is not full are lost.",
            lambda attn, columns, mask: tiles(attn, columns, mask, rows=len(attn) // columns),
        ),
        Cause(
            "rows for columns",
            "columns is taken for the number of rows.",
            lambda attn, columns, mask: tiles(attn, math.ceil(len(attn) / columns), mask, rows=columns),
        ),
        Cause(
            "turned round",
            "each tile is turned round: queries go down and keys go across.",
            lambda attn, columns, mask: tiles(attn.mT, columns, None if mask is None else mask.mT),
        ),
        Cause(
            "down first",
            "the heads run down the columns: wanted is line by line, as one reads.",
            lambda attn, columns, mask: tiles(attn, columns, mask, down=True),
        ),
        Cause(
            "zeros between",
            "there are zeros between the tiles: 0 is a weight, and looks like one.",
            _zeros_between,
        ),
        Cause(
            "zeros between",
            "there are zeros between the tiles: 0 is a weight, and looks like one.",
            _zeros_between_all_else_right,
        ),
        Cause(
            "zeros in empty tiles",
            "a tile without a head is full of zeros: 0 is a weight, and looks like one.",
            lambda attn, columns, mask: tiles(attn, columns, mask, empty=0.0),
        ),
        known(
            "mask inverted",
            lambda attn, columns, mask: tiles(attn, columns, None if mask is None else ~mask),
        ),
        Cause(
            "mask ignored",
            "masked cells show a weight. They should look like no weight at all.",
            lambda attn, columns, mask: tiles(attn, columns, None),
        ),
        Cause(
            "masked cells are 0",
            "masked cells are 0, and so look like cells that could be looked at and are not.",
            lambda attn, columns, mask: tiles(attn, columns, mask, masked=0.0),
        ),
    ),
)
