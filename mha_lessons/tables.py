"""Tables of words and numbers: a notebook and the book show them with lines, a terminal as columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, repr=False)
class Table:
    """Rows under their heads; the first cell of a row is its name.

    Attributes:
        columns: the heads.
        rows: as many cells each.
        title: what it shows; empty: the text around it says so.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""

    def __repr__(self) -> str:
        lines = [self.columns, *self.rows]
        wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(word.ljust(width) for word, width in zip(line, wide, strict=True)).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        caption = '<caption style="text-align: left; color: inherit">{}</caption>'.format
        return (
            '<table style="color: inherit; background: none">'
            f"{caption(escape(self.title)) if self.title else ''}"
            f"<thead>{self._line(self.columns, ['col'] * len(self.columns))}</thead>"
            f"<tbody>{''.join(self._line(row, ['row']) for row in self.rows)}</tbody></table>"
        )

    def _line(self, cells: Sequence[str], heads: Sequence[str]) -> str:
        """A line of the table; its first cells are heads, of a column or of a row."""
        made = []
        for i, (cell, side) in enumerate(zip(cells, self._sides(), strict=True)):
            name, scope = ("th", f' scope="{heads[i]}"') if i < len(heads) else ("td", "")
            made.append(f'<{name}{scope} style="text-align: {side}">{escape(cell)}</{name}>')
        return f"<tr>{''.join(made)}</tr>"

    def _sides(self) -> list[str]:
        """Names and columns of words stand left, numbers right."""
        sides = ["left"]
        for column in range(1, len(self.columns)):
            cells = [row[column] for row in self.rows if row[column]]
            words = sum(cell[0].isalpha() for cell in cells)
            sides.append("left" if 2 * words >= len(cells) else "right")
        return sides


def table(columns: Sequence[object], rows: Iterable[Sequence[object]], title: str = "") -> Table:
    """A table of whatever has a text.

    Args:
        columns: the heads.
        rows: as many cells each.
        title: what it shows.

    Raises:
        ValueError: a row has more or fewer cells than there are heads.

    >>> table(["head", "share"], [["0-1", 0.5], ["11-11", 0.25]])
    head   share
    0-1    0.5
    11-11  0.25
    """
    made = tuple(tuple(map(str, row)) for row in rows)
    for row in made:
        if len(row) != len(columns):
            raise ValueError(
                f"each row should have {len(columns)} cells, one a column, got {len(row)}: {list(row)}."
            )
    return Table(tuple(map(str, columns)), made, title)
