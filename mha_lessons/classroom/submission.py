"""Looks at a notebook that was handed in, before anything of it runs.

What comes out is made anew from the little that is needed: text of cells in order, and the checks as they
were released. Nothing else of a stranger's file goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mha_lessons.classroom.plain_files import UnreadableError, read_plain

MOST_BYTES = 20 * 2**20
MOST_CELLS = 2000
TIMESTAMP, SECRET = "timestamp.txt", "submission_secret.txt"
"""What nbgrader's exchange puts beside the notebooks."""
KINDS = ("code", "markdown", "raw")
STUDENT = re.compile(r"\w[\w.@+ -]{0,98}\w|\w")


@dataclass(frozen=True)
class Cell:
    """A cell: its id, kind, text, and nbgrader's marks if it was released with any."""

    id: str
    kind: str
    source: str
    marks: Mapping[str, Any] | None = None

    @property
    def locked(self) -> bool:
        """Whether students have no business in it."""
        marks = self.marks or {}
        return bool(marks.get("locked") or marks.get("grade")) and not marks.get("solution")


@dataclass(frozen=True)
class Looked:
    """What was found.

    Attributes:
        status: "fine"; "tampered", and put right; "invalid" or "missing", and there is nothing to run.
        cells: in order, all of those that were released with marks among them.
        notes: what was found and done, in sentences.
        digest: of the file's bytes.
    """

    status: Literal["fine", "tampered", "invalid", "missing"]
    cells: tuple[Cell, ...] = ()
    notes: tuple[str, ...] = ()
    digest: str = ""


class _StrangeError(ValueError):
    """It is JSON, and no notebook; the text says why."""


def is_student(name: str) -> bool:
    """Whether the name of a folder can be a student's id: letters, digits, and . @ + - _ or spaces inside.

    >>> is_student("ada.lovelace"), is_student("eve\\n"), is_student("-rf"), is_student("[a-z]*")
    (True, False, False, False)
    """
    return STUDENT.fullmatch(name) is not None


def look(root: Path, parts: Sequence[str], released: Sequence[Cell]) -> Looked:
    """Look at a notebook.

    Args:
        root: the folder of submissions.
        parts: student, assignment and file.
        released: the cells with marks, as they were released.
    """
    try:
        data = read_plain(root, parts, MOST_BYTES)
    except UnreadableError as error:
        return Looked("invalid", notes=(f"{parts[-1]} {error}.",), digest="unreadable")
    if data is None:
        return Looked("missing", notes=(f"{parts[-1]} is not handed in.",), digest="missing")
    digest = hashlib.sha256(data).hexdigest()
    try:
        handed_in = _cells(data)
    except (ValueError, RecursionError, MemoryError) as error:
        said = str(error) if isinstance(error, _StrangeError) else "it is not JSON, or only the start of it"
        return Looked("invalid", notes=(f"{parts[-1]} is not a notebook: {said}.",), digest=digest)
    cells, notes = restore(handed_in, released)
    return Looked("tampered" if notes else "fine", tuple(cells), tuple(notes), digest)


def _cells(data: bytes) -> list[Cell]:
    content = json.loads(data.decode("utf-8"))
    if not isinstance(content, dict) or content.get("nbformat") != 4:
        raise _StrangeError("it should be JSON of nbformat 4")
    cells = content.get("cells")
    if not isinstance(cells, list) or len(cells) > MOST_CELLS:
        raise _StrangeError(f"it should have a list of at most {MOST_CELLS} cells")
    made = []
    for number, cell in enumerate(cells):
        if not isinstance(cell, dict) or cell.get("cell_type") not in KINDS:
            raise _StrangeError(f"cell {number + 1} should be one of {', '.join(KINDS)}")
        source = cell.get("source")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            raise _StrangeError(f"cell {number + 1} should have a text")
        metadata = cell.get("metadata")
        marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        text = source.encode(errors="replace").decode()  # half a character cannot be written again
        made.append(Cell(f"c{number}", cell["cell_type"], text, marks if isinstance(marks, dict) else None))
    return made


def restore(handed_in: Sequence[Cell], released: Sequence[Cell]) -> tuple[list[Cell], list[str]]:
    """The cells with every mark and every check as it was released, and what had to be put right."""
    known = {_name(cell): cell for cell in released}
    last = {_name(cell): place for place, cell in enumerate(handed_in) if _name(cell) in known}
    cells: list[Cell] = []
    notes: list[str] = []
    for place, cell in enumerate(handed_in):
        name = _name(cell)
        if cell.marks is None:
            cells.append(cell)
        elif name not in known:
            cells.append(Cell(cell.id, cell.kind, cell.source))
            if cell.marks.get("grade"):
                notes.append(f"A check of its own, {str(name)[:60]!r}, was taken for a plain cell.")
        elif place != last[name]:  # as nbgrader does it
            cells.append(Cell(cell.id, cell.kind, cell.source))
            notes.append(f"The cell {name} was there more than once; the last one counts.")
        else:
            right = known[name]
            text = right.source if right.locked else cell.source
            changed = [what for what, differs in _differences(cell, right) if differs]
            if changed:
                notes.append(f"The cell {name} had been changed ({', '.join(changed)}), and was put right.")
            cells.append(Cell(cell.id, right.kind, text, right.marks))
    for name, right in known.items():
        if name not in last:
            cells.append(Cell(f"r{len(cells)}", right.kind, right.source, right.marks))
            notes.append(f"The cell {name} had been deleted, and was put back at the end.")
    return cells, notes


def _differences(cell: Cell, right: Cell) -> list[tuple[str, bool]]:
    own, marks = cell.marks or {}, right.marks or {}
    rights = ("grade", "solution", "locked", "points")
    return [
        ("its text", right.locked and cell.source.strip() != right.source.strip()),
        ("its kind", cell.kind != right.kind),
        ("its marks", any(own.get(each) != marks.get(each) for each in rights)),
    ]


def _name(cell: Cell) -> str | None:
    name = (cell.marks or {}).get("grade_id")
    return name if isinstance(name, str) else None


def left_aside(root: Path, parts: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """What else is in a folder, and is neither read nor copied, in at most one sentence."""
    folder = root.joinpath(*parts)
    if any(root.joinpath(*parts[:end]).is_symlink() for end in range(1, len(parts) + 1)):
        return []  # `look` says so
    try:
        with os.scandir(folder) as entries:
            others = sorted(entry.name for entry in entries if entry.name not in wanted)
    except OSError:
        return []
    if not others:
        return []
    named = ", ".join(ascii(name)[1:-1][:40] for name in others[:5]) + (" ..." if len(others) > 5 else "")
    return [f"Left aside: {named}."]
