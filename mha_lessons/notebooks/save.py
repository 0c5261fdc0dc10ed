"""Puts notebooks into the reader's folder, and never over what the reader changed there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from mha_lessons.files import reason, replace_file
from mha_lessons.notebooks.problem import NotebookError

KEY = "mha_lessons"


class Outcome(Enum):
    """What became of one file."""

    WRITTEN = "written"
    UPDATED = "updated"
    SAME = "up to date"
    KEPT = "kept: you changed it"
    REPLACED = "replaced"


@dataclass(frozen=True)
class Saved:
    """One file: its name in the folder, what became of it, and the name of the reader's own copy, if any."""

    name: str
    outcome: Outcome
    copy: str = ""


def save(files: dict[str, bytes], folder: Path, *, force: bool = False) -> Iterator[Saved]:
    """Write each file whole or not at all, and say what was done.

    A notebook counts as changed if its cells are not those that were written. Outputs of a run do not count;
    an update carries them over to the cells that have the same code.

    Args:
        files: relative path -> content.
        folder: made if it is not there.
        force: replace changed notebooks, too; the reader's version stays as NAME.mine.ipynb.

    Raises:
        NotebookError: the folder is a file or cannot be written, or the disk is full.
    """
    if folder.exists() and not folder.is_dir():
        raise NotebookError(f"{folder} is a file: name a folder for the notebooks.")
    for name, content in files.items():
        try:
            yield _save(folder, name, content, force)
        except OSError as error:
            raise NotebookError(
                f"{folder / name} cannot be written ({reason(error)}): nothing of it was changed."
            ) from error


def digest(notebook: dict[str, Any]) -> str:
    """sha256 over what a reader can write: the cells' kinds, texts and attachments, not outputs or settings.

    >>> ran = {"cells": [{"cell_type": "code", "source": ["1\\n", "2"], "outputs": [3]}]}
    >>> fresh = {"cells": [{"cell_type": "code", "source": "1\\n2", "outputs": []}]}
    >>> digest(ran) == digest(fresh)
    True
    """
    cells = [[cell["cell_type"], _text(cell), cell.get("attachments") or {}] for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()


def _save(folder: Path, name: str, content: bytes, force: bool) -> Saved:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        replace_file(path, content)
        return Saved(name, Outcome.WRITTEN)
    old = path.read_bytes()
    if old == content:
        return Saved(name, Outcome.SAME)
    if not name.endswith(".ipynb"):  # a picture: its name holds its hash, so a file that differs is broken
        replace_file(path, content)
        return Saved(name, Outcome.UPDATED)
    reader, fresh = _notebook(old), json.loads(content)
    if reader is None or digest(reader) != reader["metadata"].get(KEY, {}).get("sha256"):
        if not force:
            return Saved(name, Outcome.KEPT)
        copy = _free(path)
        replace_file(copy, old)
        replace_file(path, content)
        return Saved(name, Outcome.REPLACED, copy.relative_to(folder).as_posix())
    if reader["metadata"][KEY] == fresh["metadata"][KEY]:
        return Saved(name, Outcome.SAME)
    replace_file(path, _with_outputs(fresh, reader, content))
    return Saved(name, Outcome.UPDATED)


def _notebook(content: bytes) -> dict[str, Any] | None:
    """The notebook in a file's bytes; None for anything else, which is the reader's own."""
    try:
        found = json.loads(content)
        digest(found)
        return found if isinstance(found["metadata"].get(KEY, {}), dict) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _with_outputs(fresh: dict[str, Any], reader: dict[str, Any], content: bytes) -> bytes:
    """The new notebook, with the outputs of the reader's run at the cells whose code is the same."""
    runs = {_text(cell): cell for cell in reader["cells"] if cell.get("outputs")}
    kept = [
        (cell, runs[_text(cell)])
        for cell in fresh["cells"]
        if cell["cell_type"] == "code" and _text(cell) in runs
    ]
    if not kept:
        return content
    for cell, run in kept:
        cell.update(outputs=run["outputs"], execution_count=run.get("execution_count"))
    if "widgets" in reader["metadata"]:
        fresh["metadata"]["widgets"] = reader["metadata"]["widgets"]
    return (json.dumps(fresh, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _free(path: Path) -> Path:
    """A name for the reader's copy that nothing has yet: NAME.mine.ipynb, then NAME.mine-2.ipynb ..."""
    copy, n = path.with_suffix(f".mine{path.suffix}"), 1
    while copy.exists():
        n += 1
        copy = path.with_suffix(f".mine-{n}{path.suffix}")
    return copy


def _text(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)
