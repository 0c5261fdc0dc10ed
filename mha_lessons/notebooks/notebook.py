"""One chapter as a notebook file."""

from __future__ import annotations

from typing import Any

import nbformat

import mha_lessons.notebooks.figures  # fills the tables of directives and, with the next line, of roles
import mha_lessons.notebooks.roles  # noqa: F401
from mha_lessons.notebooks.book import Book
from mha_lessons.notebooks.chapter import Cell, Chapter
from mha_lessons.notebooks.facts import SECOND_HAND
from mha_lessons.notebooks.save import KEY, digest
from mha_lessons.notebooks.writer import Writer

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def notebook(book: Book, chapter: Chapter) -> tuple[dict[str, Any], list[str]]:
    """The notebook of a chapter as nbformat 4.5 has it, and what in the chapter could not be written.

    Its metadata hold, under `mha_lessons`, the chapter, its number, and the sha256 of what was written.
    """
    writer = Writer(book, chapter)
    cells = [written for cell in chapter.cells if (written := _cell(writer, cell))["source"]]
    heading = f"# {chapter.title}" + (f"\n\n*{chapter.subtitle}*" if chapter.subtitle else "")
    if not cells or cells[0]["cell_type"] != "markdown":
        cells.insert(0, _markdown(f"{chapter.cells[0].id[:-3] if chapter.cells else ''}title", heading))
    elif cells[0]["source"].partition("\n")[0] != f"# {chapter.title}":
        cells[0]["source"] = f"{heading}\n\n{cells[0]['source']}"
    if writer.cited:
        entries = sorted(f"- {reference.entry}" for reference in writer.cited.values())
        cells.append(
            _markdown(f"{chapter.cells[0].id[:-3]}references", "## References\n\n" + "\n".join(entries))
        )
    result: dict[str, Any] = {
        "cells": cells,
        "metadata": {"kernelspec": KERNEL, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    result["metadata"][KEY] = {"chapter": chapter.name, "number": chapter.number, "sha256": digest(result)}
    nbformat.validate(nbformat.from_dict(result))
    return result, writer.problems


def _cell(writer: Writer, cell: Cell) -> dict[str, Any]:
    if cell.kind == "markdown":
        writer.facts, writer.tests = [], []
        source = writer.plain(cell.source, cell.line).strip()
        return _markdown(cell.id, "\n\n".join([source, *_evidence(writer)]))
    result: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": cell.id,
        "metadata": cell.metadata,
        "source": cell.source,
    }
    return {**result, "execution_count": None, "outputs": []} if cell.kind == "code" else result


def _markdown(name: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def _evidence(writer: Writer) -> list[str]:
    """The last lines of a cell: where its figures come from, and which tests hold its claims."""
    groups: dict[str, list[str]] = {}
    for fact in writer.facts:
        reference = writer.book.references.get(fact.source)
        if reference:
            writer.cited[fact.source] = reference
        source = f"{reference.authors} ({reference.year})" if reference else f"`{fact.source}`"
        place = f"{source}, {fact.where}" + (f" ({SECOND_HAND})" if fact.read == "second-hand" else "")
        if fact.shown not in groups.setdefault(place, []):
            groups[place].append(fact.shown)
    lines = [f"Source of {', '.join(values)}: {place}." for place, values in groups.items()]
    lines += [f"✓ A test checks this: `{test}`." for test in dict.fromkeys(writer.tests)]
    return ["<small>" + "<br>\n".join(lines) + "</small>"] if lines else []


def as_bytes(content: dict[str, Any]) -> bytes:
    """The file's bytes, as nbformat writes them: sorted keys, lines of a source apart."""
    text: str = nbformat.writes(nbformat.from_dict(content))
    return text.encode() + b"\n"
