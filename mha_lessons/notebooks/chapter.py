"""A chapter as jupytext reads it: cells of Markdown and code, each with its place and a stable id."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupytext.myst import MystMetadataParsingError, myst_to_notebook

from mha_lessons.notebooks.directive import read_directive
from mha_lessons.notebooks.problem import ChapterError, listed
from mha_lessons.notebooks.spans import Env, Span, spans

HIDDEN_CODE = {"hide-input", "remove-input", "hide-cell", "remove-cell"}
HIDDEN_OUTPUT = {"hide-output", "remove-output", "hide-cell", "remove-cell"}


@dataclass(frozen=True)
class Cell:
    """One cell: `kind` is "markdown" or "code", `line` its first line in the chapter's file, from 1."""

    id: str
    kind: str
    source: str
    line: int
    metadata: dict[str, Any] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True)
class Chapter:
    """One chapter of the book.

    Attributes:
        path: the file.
        name: the file as messages and links call it, relative to the book.
        number: its place in the contents, from 0.
        title: as the front matter has it.
        subtitle: likewise, or "".
        cells: in order.
        env: link references of the whole page, which a cell could not see alone.
    """

    path: Path
    name: str
    number: int
    title: str
    subtitle: str
    cells: list[Cell]
    env: Env

    @property
    def notebook(self) -> str:
        """Name of the notebook, relative to the other notebooks."""
        return Path(self.name).with_suffix(".ipynb").as_posix()


def read_chapter(path: Path, name: str, number: int) -> Chapter:
    """Read one chapter.

    Raises:
        NotebookError: a cell's options or the front matter are no YAML, or a cell has an unknown option.
    """
    text = path.read_text(encoding="utf-8")
    try:
        notebook = myst_to_notebook(text, add_source_map=True)
    except MystMetadataParsingError as error:
        raise listed([f"{name}: {error}"]) from None
    env: Env = {}
    list(spans(text, env))
    lines = text.split("\n")
    pieces: list[tuple[str, str, int, dict[str, Any]]] = []
    for cell, start in zip(notebook.cells, notebook.metadata["source_map"], strict=True):
        while start < len(lines) and not lines[start].strip() and cell.cell_type == "markdown":
            start += 1
        if cell.cell_type == "markdown":
            pieces += [("markdown", part, start + offset, {}) for part, offset in _sections(cell.source)]
        else:
            pieces.append((cell.cell_type, cell.source, start, dict(cell.metadata)))
    slug = re.sub(r"[^a-zA-Z0-9-]+", "-", Path(name).with_suffix("").as_posix())[:50]
    cells = []
    for n, (kind, source, start, metadata) in enumerate(pieces):
        label = str(metadata.pop("label", metadata.pop("name", "")))
        try:
            shown = _cell_metadata(metadata)
        except ChapterError as problem:
            raise listed([f"{name}:{start + 1}: {problem}"]) from None
        cells.append(Cell(f"{slug}-{n:03}", kind, source, start + 1, shown, label))
    front = notebook.metadata
    title = str(front.get("title") or path.stem)
    return Chapter(path, name, number, title, str(front.get("subtitle") or ""), cells, env)


def _sections(source: str) -> list[tuple[str, int]]:
    """Markdown cut before each heading and labelled block, with the line each part begins at.

    A link can lead to a cell only, so what links lead to begins one.

    >>> _sections("a\\n\\n(b)=\\n## B\\nc")
    [('a', 0), ('(b)=\\n## B\\nc', 2)]
    """
    lines = source.split("\n")
    cuts, below_target = [0], -1
    for span in spans(source, {}):
        if span.token.level or not _begins_cell(span):
            continue
        if below_target < 0 or any(line.strip() for line in lines[below_target : span.line]):
            cuts.append(span.line)  # a label just above belongs to the same cell
        below_target = span.line + 1 if span.token.type == "myst_target" else -1
    parts = []
    for start, end in zip(cuts, [*cuts[1:], len(lines)], strict=True):
        while start < end and not lines[start].strip():
            start += 1
        if start < end:
            parts.append(("\n".join(lines[start:end]).rstrip(), start))
    return parts


def _begins_cell(span: Span) -> bool:
    if span.token.type in ("fence", "colon_fence"):
        directive = read_directive(span.token, span.line)
        return directive is not None and bool(directive.label)
    return span.token.type in ("heading_open", "myst_target")


def _cell_metadata(options: dict[str, Any]) -> dict[str, Any]:
    """A cell's options as JupyterLab takes them: what the book hides is folded, and still runs."""
    unknown = set(options) - {"tags"}
    if unknown:
        raise ChapterError(f"a code-cell takes the options tags and label, got {', '.join(sorted(unknown))}")
    tags = options.get("tags") or []
    tags = tags.replace(",", " ").split() if isinstance(tags, str) else [str(tag) for tag in tags]
    metadata: dict[str, Any] = {}
    folded = {"source_hidden": bool(HIDDEN_CODE & {*tags}), "outputs_hidden": bool(HIDDEN_OUTPUT & {*tags})}
    if any(folded.values()):
        metadata["jupyter"] = {key: True for key, value in folded.items() if value}
    if kept := [tag for tag in tags if tag not in HIDDEN_CODE | HIDDEN_OUTPUT]:
        metadata["tags"] = kept
    return metadata
