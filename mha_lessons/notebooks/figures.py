"""Pictures and tables in plain Markdown."""

from __future__ import annotations

import re
from html import escape

from mha_lessons.notebooks.directive import Directive
from mha_lessons.notebooks.directives import body, caption, says
from mha_lessons.notebooks.problem import ChapterError
from mha_lessons.notebooks.spans import parser
from mha_lessons.notebooks.writer import Writer

INLINE = {"paragraph_open", "paragraph_close", "inline"}


@says("image")
def image(writer: Writer, d: Directive) -> str:
    """A picture, copied beside the notebooks; a width needs HTML."""
    address = d.argument if "://" in d.argument else writer.book.copy(writer.chapter, d.argument)
    words = d.options.get("alt", "")
    if width := d.options.get("width"):
        return f'<img src="{address}" alt="{escape(words)}" width="{escape(width)}">'
    return f"![{words}]({address})"


@says("figure")
def figure(writer: Writer, d: Directive) -> str:
    """A picture with its caption; what follows the caption's paragraph is its legend."""
    picture = image(writer, d) if d.argument else ""
    words = body(writer, d)
    number = f"**Figure {writer.number(d)}.** " if d.label else ""
    return "\n\n".join(part for part in (picture, number + words) if part.strip())


@says("table")
def table(writer: Writer, d: Directive) -> str:
    """A Markdown table below its caption."""
    return "\n\n".join(part for part in (caption(writer, d, "Table", d.argument), body(writer, d)) if part)


@says("list-table")
def list_table(writer: Writer, d: Directive) -> str:
    """A list of lists as a table with `|`; Markdown's tables always have one row of headings."""
    rows = [[writer.plain(text, line) for text, line in row] for row in _rows(d)]
    if len({len(row) for row in rows}) > 1:
        lengths = ", ".join(str(len(row)) for row in rows)
        raise ChapterError(f"the rows of a list-table should be equally long, got {lengths} cells")
    if d.options.get("header-rows", "0") == "0":
        rows.insert(0, [""] * len(rows[0]))
    rows.insert(1, ["---"] * len(rows[0]))
    lines = "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)
    return "\n\n".join(part for part in (caption(writer, d, "Table", d.argument), lines) if part)


def _rows(d: Directive) -> list[list[tuple[str, int]]]:
    """The cells of a list-table by row, each as text with its line."""
    lines = d.body.split("\n")
    rows: list[list[tuple[str, int]]] = []
    depth = 0
    for token in parser().parse(d.body, {}):
        if token.type == "list_item_open" and token.map:
            depth += 1
            if depth == 1:
                rows.append([])
            elif depth == 2:
                first, after = token.map
                mark = r"^\s*" + r"[*+-]\s+" * (not rows[-1]) + r"[*+-](?:\s|$)"  # a row's first cell has two
                words = [re.sub(mark, "", lines[first]), *lines[first + 1 : after]]
                text = " ".join(word.strip() for word in words if word.strip())
                rows[-1].append((text, d.body_line + first))
        elif token.type == "list_item_close":
            depth -= 1
        elif (
            depth == 2
            and token.nesting >= 0
            and token.type not in INLINE
            and not token.type.endswith("list_open")
        ):
            raise ChapterError(
                "a cell of a list-table should be words in a line: write a Markdown table, or shorten it"
            )
        elif depth > 2:
            raise ChapterError(
                "a cell of a list-table should be words in a line, got a list: write it as a sentence"
            )
    if not rows:
        raise ChapterError("a list-table should be a list (* ) whose items are lists (- ), one item a cell")
    return rows
