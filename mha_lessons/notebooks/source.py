"""Where the chapters come from: the book beside the package in a checkout, else the package itself."""

from __future__ import annotations

import json
from pathlib import Path

from mha_lessons.notebooks.problem import NotebookError, listed

PACKAGE = Path(__file__).parents[1]


def notebooks(
    book: Path = PACKAGE.parent / "book", shipped: Path = PACKAGE / "static" / "book" / "_downloads"
) -> dict[str, bytes]:
    """Every file for the reader's folder: relative path and content, notebooks in the book's order first.

    Args:
        book: a folder with chapters as MyST and a myst.yml.
        shipped: a folder with finished notebooks, taken where there is no book.

    Raises:
        NotebookError: neither is there, a chapter has what cannot be written, or a package is missing.
    """
    if (book / "myst.yml").is_file():
        return _written(book)
    files = {
        path.relative_to(shipped).as_posix(): path.read_bytes()
        for path in sorted(shipped.rglob("*"))
        if path.is_file()
    }
    chapters = {name: _number(content) for name, content in files.items() if name.endswith(".ipynb")}
    if not chapters:
        raise NotebookError(
            f"This installation of mha-lessons has no chapters: neither {book} nor {shipped} is there. "
            "Install the released wheel, or run the command in a clone of the project."
        )
    return {
        name: files[name] for name in sorted(files, key=lambda name: (chapters.get(name, len(files)), name))
    }


def _written(folder: Path) -> dict[str, bytes]:
    """The chapters of a book as notebooks, and the pictures they show."""
    try:
        from mha_lessons.notebooks.book import Book
        from mha_lessons.notebooks.notebook import as_bytes, notebook
    except ModuleNotFoundError as error:
        raise NotebookError(
            f"Turning chapters into notebooks needs {error.name}, which is not installed: "
            "pip install 'mha-lessons[lab]', or `make setup` in a clone."
        ) from error
    book = Book(folder)
    problems = list(book.labels.problems)
    files = {}
    for chapter in book.chapters:
        content, wrong = notebook(book, chapter)
        problems += wrong
        files[chapter.notebook] = as_bytes(content)
    if problems:
        raise listed(list(dict.fromkeys(problems)))
    return files | dict(sorted(book.pictures.items()))


def _number(content: bytes) -> int:
    return int(json.loads(content)["metadata"]["mha_lessons"]["number"])
