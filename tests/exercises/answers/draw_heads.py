"""Pictures of many heads."""

import math

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812

from tests.exercises.answers import Answers

ANSWERS = Answers()
right, fails = ANSWERS.is_right, ANSWERS.fails
NAN = float("nan")


def masked(attn, mask, value=NAN):
    return attn if mask is None else attn.masked_fill(~mask, value)


@right()
def by_slices(attn, columns, mask=None):
    heads, query, key = attn.shape
    rows = (heads + columns - 1) // columns
    image = torch.full((rows * (query + 1) - 1, columns * (key + 1) - 1), NAN)
    for head in range(heads):
        top, left = (query + 1) * (head // columns), (key + 1) * (head % columns)
        image[top : top + query, left : left + key] = masked(attn[head], mask)
    return image


@right()
def by_padding(attn, columns, mask=None):
    heads, query, _key = attn.shape
    rows = math.ceil(heads / columns)
    padded = F.pad(masked(attn, mask), (0, 1, 0, 1, 0, rows * columns - heads), value=NAN)
    grid = padded.unflatten(0, (rows, columns)).permute(0, 2, 1, 3)
    return grid.reshape(rows * (query + 1), -1)[:-1, :-1]


@right()
def in_numpy(patterns, columns, allowed=None):
    tiles = patterns.numpy().copy()
    if allowed is not None:
        tiles[:, ~allowed.numpy()] = np.nan
    lines = []
    for start in range(0, len(tiles), columns):
        own = list(tiles[start : start + columns])
        own += [np.full(tiles.shape[1:], np.nan)] * (columns - len(own))
        gap = np.full((tiles.shape[1], 1), np.nan)
        line = np.hstack([part for tile in own for part in (tile, gap)][:-1])
        lines += [line, np.full((1, line.shape[1]), np.nan)]
    return np.vstack(lines[:-1])


@right()
def by_cells(attn, columns, mask=None):
    heads, query, key = attn.shape
    rows = -(-heads // columns)
    image = torch.full((rows * (query + 1) - 1, columns * (key + 1) - 1), NAN)
    for head, i, j in np.ndindex(heads, query, key):
        if mask is None or mask[i, j]:
            row, column = divmod(head, columns)
            image[row * (query + 1) + i, column * (key + 1) + j] = attn[head, i, j]
    return image


def other(attn, columns, mask, **changes):
    """`by_padding` with one thing otherwise."""
    gap, empty = changes.get("gap", NAN), changes.get("empty", NAN)
    heads, query, _ = attn.shape
    rows = math.ceil(heads / columns)
    tiles = list(masked(attn, mask, changes.get("hidden", NAN)))
    tiles += [torch.full(tiles[0].shape, empty)] * (rows * columns - heads)
    padded = F.pad(torch.stack(tiles), (0, 1, 0, 1), value=gap)
    grid = padded.unflatten(0, (rows, columns)).permute(0, 2, 1, 3)
    return grid.reshape(rows * (query + 1), -1)[:-1, :-1]


@fails("shape", "gap at the end")
def last_gap_kept(attn, columns, mask=None):
    heads, query, _ = attn.shape
    rows = math.ceil(heads / columns)
    padded = F.pad(masked(attn, mask), (0, 1, 0, 1, 0, rows * columns - heads), value=NAN)
    return padded.unflatten(0, (rows, columns)).permute(0, 2, 1, 3).reshape(rows * (query + 1), -1)


@fails("shape", "gap at the end")
def no_minus_one(attn, columns, mask=None):
    return F.pad(by_cells(attn, columns, mask), (0, 1, 0, 1), value=NAN)


@fails("shape", "border")
def framed(attn, columns, mask=None):
    return F.pad(by_slices(attn, columns, mask), (1, 1, 1, 1), value=NAN)


@fails("shape", "border")
def gaps_before_and_after(attn, columns, mask=None):
    inner = by_cells(attn, columns, mask)
    image = torch.full((inner.shape[0] + 2, inner.shape[1] + 2), NAN)
    image[1:-1, 1:-1] = inner
    return image


@fails("shape", "no gap")
def touching(attn, columns, mask=None):
    heads, query, key = attn.shape
    rows = math.ceil(heads / columns)
    image = torch.full((rows * query, columns * key), NAN)
    for head in range(heads):
        row, column = divmod(head, columns)
        image[row * query : (row + 1) * query, column * key : (column + 1) * key] = masked(attn[head], mask)
    return image


@fails("shape", "no gap")
def touching_by_reshape(attn, columns, mask=None):
    rows = math.ceil(len(attn) / columns)
    padded = F.pad(masked(attn, mask), (0, 0, 0, 0, 0, rows * columns - len(attn)), value=NAN)
    return padded.unflatten(0, (rows, columns)).permute(0, 2, 1, 3).reshape(rows * attn.shape[1], -1)


@fails("shape", "last heads missing")
def rounded_down(attn, columns, mask=None):
    return by_slices(attn[: len(attn) // columns * columns], columns, mask)


@fails("shape", "last heads missing")
def full_rows_only(attn, columns, mask=None):
    rows = len(attn) // columns
    lines = [by_cells(attn[i * columns : (i + 1) * columns], columns, mask) for i in range(rows)]
    padded = [F.pad(line, (0, 0, 0, 1), value=NAN) for line in lines]
    return torch.cat(padded)[:-1]


@fails("shape", "rows for columns")
def columns_as_rows(attn, columns, mask=None):
    return by_slices(attn, math.ceil(len(attn) / columns), mask)


@fails("shape", "rows for columns")
def grid_turned(attn, columns, mask=None):
    heads, query, key = attn.shape
    across = -(-heads // columns)
    image = torch.full((columns * (query + 1) - 1, across * (key + 1) - 1), NAN)
    for head in range(heads):
        row, column = divmod(head, across)
        top, left = row * (query + 1), column * (key + 1)
        image[top : top + query, left : left + key] = masked(attn[head], mask)
    return image


@fails("shape", "turned round")
def tiles_turned(attn, columns, mask=None):
    return by_slices(attn.transpose(1, 2), columns, None if mask is None else mask.T)


@fails("shape", "turned round")
def tiles_turned_after_masking(attn, columns, mask=None):
    return by_padding(torch.einsum("hqk->hkq", masked(attn, mask)), columns)


@fails("values", "down first")
def down_the_columns(attn, columns, mask=None):
    heads, query, key = attn.shape
    rows = math.ceil(heads / columns)
    image = torch.full((rows * (query + 1) - 1, columns * (key + 1) - 1), NAN)
    for head in range(heads):
        top, left = (query + 1) * (head % rows), (key + 1) * (head // rows)
        image[top : top + query, left : left + key] = masked(attn[head], mask)
    return image


@fails("values", "down first")
def grid_by_columns(attn, columns, mask=None):
    heads, query, _key = attn.shape
    rows = math.ceil(heads / columns)
    padded = F.pad(masked(attn, mask), (0, 1, 0, 1, 0, rows * columns - heads), value=NAN)
    grid = padded.unflatten(0, (columns, rows)).permute(1, 2, 0, 3)
    return grid.reshape(rows * (query + 1), -1)[:-1, :-1]


@fails("values", "zeros between")
def on_zeros(attn, columns, mask=None):
    return other(attn, columns, mask, gap=0.0, empty=0.0)


@fails("values", "zeros between")
def on_new_zeros(attn, columns, mask=None):
    image = by_slices(attn, columns)
    image = torch.where(image.isnan(), 0.0, image)
    return torch.where(by_slices(masked(attn, mask), columns).isnan() & (image > 0), NAN, image)


@fails("values", "zeros between")
def gaps_of_zeros(attn, columns, mask=None):
    return other(attn, columns, mask, gap=0.0)


@fails("edge cases", "zeros in empty tiles")
def padded_with_zeros(attn, columns, mask=None):
    return other(attn, columns, mask, empty=0.0)


@fails("edge cases", "zeros in empty tiles")
def empty_heads(attn, columns, mask=None):
    heads = len(attn)
    missing = -heads % columns
    if not missing:
        return by_cells(attn, columns, mask)
    filled = torch.cat([masked(attn, mask), torch.zeros(missing, *attn.shape[1:])])
    return by_slices(filled, columns)


@fails("values", "mask inverted")
def inverted(attn, columns, mask=None):
    return by_slices(attn, columns, None if mask is None else ~mask)


@fails("values", "mask inverted")
def filled_where_allowed(attn, columns, mask=None):
    return by_padding(attn if mask is None else attn.masked_fill(mask, NAN), columns)


@fails("values", "mask ignored")
def unmasked(attn, columns, mask=None):
    return by_slices(attn, columns)


@fails("values", "mask ignored")
def fill_forgotten(attn, columns, mask=None):
    masked(attn, mask)
    return by_padding(attn, columns)


@fails("values", "masked cells are 0")
def zeroed(attn, columns, mask=None):
    return other(attn, columns, mask, hidden=0.0)


@fails("values", "masked cells are 0")
def times_mask(attn, columns, mask=None):
    return by_cells(attn if mask is None else attn * mask, columns)


@fails("edge cases", "in place")
def writes_the_mask_into_attn(attn, columns, mask=None):
    if mask is not None:
        attn.masked_fill_(~mask, NAN)
    return by_slices(attn, columns)
