"""Masks a reader can choose or paint. Twin: `widgets/core/painted_mask.ts`: same masks, same sentences.

A mask is [query, key], True = may look. Written, it is a row of 0 and 1 for each word: "100 110 111".
"""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

PRESETS = ("everyone", "causal", "padding", "window", "prefix", "block", "painted")
MOST_PAINTED = 64
"""Rows of a painted mask, and words of the picture: beyond that a cell is too small to be hit."""

Mask = NDArray[np.bool_]
_Places = NDArray[np.int64]

_RULES: dict[str, Callable[[_Places, _Places, int, int], Mask]] = {
    "everyone": lambda query, key, size, seq: key < seq,
    "causal": lambda query, key, size, seq: key <= query,
    "padding": lambda query, key, size, seq: key < seq - size,
    "window": lambda query, key, size, seq: abs(query - key) <= size,
    "prefix": lambda query, key, size, seq: (key < size) | (key <= query),
    "block": lambda query, key, size, seq: query // size == key // size,
}


def chosen_mask(preset: str, size: int, mask: str, seq: int) -> Mask:
    """The mask of a choice for a sentence of `seq` words, [query, key].

    Args:
        preset: everyone; causal; padding, the last `size` words are padding; window, as far as `size` words
            on each side; prefix, all see the first `size` words and the rest is causal; block, words see
            their own block of `size`; painted, `mask`.
        size: see the presets; the others leave it.
        mask: a painted mask in writing, cut or extended by `fit_mask`.
        seq: number of words.

    >>> chosen_mask("prefix", 2, "", 3).astype(int).tolist()
    [[1, 1, 0], [1, 1, 0], [1, 1, 1]]
    """
    if preset == "painted":
        return fit_mask(read_mask(mask), seq)
    query, key = np.indices((seq, seq))
    return _RULES[preset](query, key, size, seq)


def fit_mask(mask: Mask, seq: int) -> Mask:
    """A mask for another count of words.

    Fewer words cut it; for more, each diagonal goes on as it ended, so that a causal mask stays causal and a
    window stays a window. A mask of no words lets everyone look.

    >>> write_mask(fit_mask(read_mask("10 11"), 3))
    '100 110 111'
    """
    if not len(mask):
        return np.ones((seq, seq), dtype=bool)
    last = len(mask) - 1
    query, key = np.indices((seq, seq))
    offset = np.clip(query - key, -last, last)
    outside = (query > last) | (key > last)
    rows = np.where(outside, last + np.minimum(offset, 0), query)
    columns = np.where(outside, last - np.maximum(offset, 0), key)
    return mask[rows, columns]


def read_mask(text: str) -> Mask:
    """From writing to a boolean matrix.

    >>> read_mask("10 11").tolist()
    [[True, False], [True, True]]
    """
    rows = text.split()
    cells = [cell == "1" for row in rows for cell in row]
    return np.array(cells, dtype=bool).reshape(len(rows), len(rows))


def write_mask(mask: Mask | Sequence[Sequence[bool]]) -> str:
    """From a boolean matrix to writing: a row of 0 and 1 for each query.

    >>> write_mask(np.tri(3, dtype=bool))
    '100 110 111'
    """
    return " ".join("".join("1" if cell else "0" for cell in row) for row in mask)


def check_choice(preset: object, size: object, mask: object) -> str | None:
    """None, or one sentence that says what is wrong with a choice, which may come from a link or a file.

    A mask that nothing is made of may be anything: choosing a preset leaves a bad one behind.

    >>> check_choice("block", 0, "")
    'A block needs at least one word: set size to 1 or more.'
    """
    if preset not in PRESETS:
        return f"preset should be one of {', '.join(PRESETS)}."
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= MOST_PAINTED:
        return f"size should be a whole number from 0 to {MOST_PAINTED}."
    if preset == "block" and size == 0:
        return "A block needs at least one word: set size to 1 or more."
    if preset != "painted":
        return None
    most = MOST_PAINTED * (MOST_PAINTED + 1)
    if not isinstance(mask, str) or len(mask) > most or not re.fullmatch("[01 ]*", mask):
        return (
            'mask should be rows of 0 and 1 with a space between them, such as "10 11", '
            f"of at most {MOST_PAINTED} words."
        )
    rows = mask.split(" ") if mask else []
    for place, row in enumerate(rows):
        if len(row) != len(rows):
            return (
                f"mask has {len(rows)} rows, and its row {place} has {len(row)} cells: "
                f"give each row {len(rows)}."
            )
    if len(rows) > MOST_PAINTED:
        return f"mask is for {len(rows)} words. At most {MOST_PAINTED} fit: cut it."
    return None
