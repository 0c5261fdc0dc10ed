"""The whole book as the notebooks need it: chapters in order, what they name, cite, state and show."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

import yaml

from mha_lessons.notebooks.chapter import Chapter, read_chapter
from mha_lessons.notebooks.facts import Fact, Reference, read_facts, read_references
from mha_lessons.notebooks.labels import Labels
from mha_lessons.notebooks.problem import ChapterError, NotebookError

REFERENCE = "api/"  # pages that are made of docstrings: there is nothing to run in them


class Book:
    """The book in a folder.

    Args:
        folder: holds myst.yml, the chapters, and if the book has them facts.yml and references.bib.

    Raises:
        NotebookError: a chapter of the contents is missing or cannot be read.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.chapters = [read_chapter(folder / name, name, n) for n, name in enumerate(_contents(folder))]
        self.labels = Labels(self.chapters)
        self.pictures: dict[str, bytes] = {}

    @cached_property
    def facts(self) -> dict[str, Fact]:
        """The figures by id."""
        return read_facts(self.folder / "facts.yml")

    @cached_property
    def references(self) -> dict[str, Reference]:
        """The bibliography by key."""
        return read_references(self.folder / "references.bib")

    def chapter(self, path: Path) -> Chapter | None:
        """The chapter in this file, if it is one."""
        return next((c for c in self.chapters if c.path.resolve() == path.resolve()), None)

    def copy(self, chapter: Chapter, path: str) -> str:
        """Have a file of the book copied beside the notebooks; gives the link to it.

        The name carries a hash of the content: a picture that changes is a new file, over nobody's own.

        Raises:
            ChapterError: there is no such file.
        """
        file = self.folder / path.lstrip("/") if path.startswith("/") else chapter.path.parent / path
        if not file.is_file():
            raise ChapterError(f"there is no file {path!r}: correct the path or add the file")
        content = file.read_bytes()
        name = f"files/{file.stem}-{hashlib.sha256(content).hexdigest()[:8]}{file.suffix}"
        self.pictures[name] = content
        return "../" * chapter.name.count("/") + name


def _contents(folder: Path) -> list[str]:
    """The chapters' files in the order of myst.yml."""
    try:
        toc = yaml.safe_load((folder / "myst.yml").read_text(encoding="utf-8"))["project"]["toc"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise NotebookError(f"{folder / 'myst.yml'} has no contents under project.toc ({error})") from error
    names: list[str] = []

    def collect(entries: list[dict[str, object]]) -> None:
        for entry in entries:
            if isinstance(name := entry.get("file"), str) and not name.startswith(REFERENCE):
                names.append(name)
            children = entry.get("children")
            if isinstance(children, list):
                collect(children)

    collect(toc or [])
    missing = [name for name in names if not (folder / name).is_file()]
    if missing or not names:
        what = (
            f"names {', '.join(missing)}, which is not there"
            if missing
            else "names no chapter under project.toc"
        )
        raise NotebookError(f"{folder / 'myst.yml'} {what}: correct the contents")
    return [name for name in names if name.endswith(".md")]
