"""The still picture of a widget: heat maps and tables in plain HTML, for print, GitHub and no JavaScript."""

from __future__ import annotations

import re
from html import escape

import numpy as np

CELL, LABEL, GAP = 14, 76, 18  # px; a word of ten letters fits the label
COLUMNS = 4
MOST_TOKENS = 24  # beyond that the words no longer fit, and the picture shows the first ones
NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What an SVG may not hold; XML 1.0, section 2.2."""


def still(title: str, tokens: list[str], attn: np.ndarray, names: list[str] | None = None) -> str:
    """One heat map a head as SVG, and the strongest link of each word as a table.

    Args:
        title: what the picture shows.
        tokens: the words, seq of them.
        attn: attention weights [head, query, key], from 0 to 1.
        names: what the heads are called; default "head 0", "head 1" ...

    Returns:
        HTML without scripts or links; the words are escaped.
    """
    called = names or [f"head {i}" for i in range(len(attn))]
    shown = min(len(tokens), MOST_TOKENS)
    cut = f" (the first {shown} of {len(tokens)} words)" if shown < len(tokens) else ""
    words = [_label(word) for word in tokens[:shown]]
    maps = attn[:, :shown, :shown]
    side = LABEL + shown * CELL
    columns = min(COLUMNS, len(maps))
    rows = -(-len(maps) // columns)
    width, height = columns * (side + GAP), rows * (side + GAP + 16)
    tiles = "".join(
        f'<g transform="translate({(i % columns) * (side + GAP)} {(i // columns) * (side + GAP + 16)})">'
        f"{_tile(called[i], words, head)}</g>"
        for i, head in enumerate(maps)
    )
    return (
        f'<figure><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'width="{width}" style="max-width:100%;height:auto" font-family="sans-serif" font-size="11">'
        f"<title>{escape(title)}{cut}</title>{tiles}</svg>"
        f"<figcaption>{escape(title)}{cut}. Rows look, columns are looked at; darker is more.</figcaption>"
        f"{_table(words, maps, called)}</figure>"
    )


def still_table(title: str, columns: list[str], rows: list[list[str]], note: str) -> str:
    """A still for a widget whose numbers are no attention: one table, its first column the names of the rows.

    >>> still_table("Sizes", ["layer", "bytes"], [["<one>", "8"]], "Counted.").count("<td>")
    1
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f"<figure><table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table><figcaption>{escape(note)}</figcaption></figure>"
    )


def _label(word: str) -> str:
    """A word at the side of a heat map, short, and of characters that a picture may hold.

    >>> _label("<unbelievable>"), _label("\\x00")
    ('&lt;unbeliev…', '�')
    """
    return escape(NO_CHARACTER.sub("�", word if len(word) <= 10 else word[:9] + "…"))


def _tile(name: str, words: list[str], attn: np.ndarray) -> str:
    """One head: its name, the words on both axes, a square a weight."""
    parts = [f'<text x="{LABEL}" y="11" font-weight="bold">{name}</text>']
    top = LABEL + 14
    for i, word in enumerate(words):
        middle = i * CELL + CELL * 0.75
        parts.append(f'<text x="{LABEL - 4}" y="{top + middle:g}" text-anchor="end">{word}</text>')
        x = LABEL + middle
        parts.append(f'<text transform="translate({x:g} {top - 4}) rotate(-90)">{word}</text>')
    for query, row in enumerate(attn):
        for key, weight in enumerate(row):
            if weight >= 0.005:
                x, y = LABEL + key * CELL, top + query * CELL
                parts.append(
                    f'<rect x="{x}" y="{y}" width="{CELL - 1}" height="{CELL - 1}" fill="#274b9f" '
                    f'fill-opacity="{weight:.2f}"/>'
                )
    size = len(words) * CELL
    parts.append(f'<rect x="{LABEL}" y="{top}" width="{size}" height="{size}" fill="none" stroke="#999"/>')
    return "".join(parts)


def _table(words: list[str], attn: np.ndarray, names: list[str]) -> str:
    """For each word the word that each head looks at most, with its weight."""
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    rows = "".join(
        f'<tr><th scope="row">{word}</th>'
        + "".join(
            f"<td>{words[int(weights[query].argmax())]} {weights[query].max():.2f}</td>"
            if weights[query].max() > 0
            else "<td>no word</td>"
            for weights in attn
        )
        + "</tr>"
        for query, word in enumerate(words)
    )
    return (
        "<details><summary>The strongest link of each word</summary>"
        f'<table><thead><tr><th scope="col">word</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></details>"
    )
