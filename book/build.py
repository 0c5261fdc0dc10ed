"""Builds the book: `python -m book.build [--out DIR]`.

Jupyter Book executes the chapters and writes the page AST; the theme draws it as static HTML. The driver
calls `jupyter-book build --site` and then the theme itself, not `build --html`: that one deletes the last good
book first, hides the theme's messages and ends with 0 whatever happened.
"""

from __future__ import annotations

import argparse
import fcntl
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from book.api import write_pages
from book.engine import PACKAGE, BookError, tree_hash, write_ast
from book.theme.site import build as draw_site
from mha_lessons.notebooks import NotebookError, notebooks

BOOK = Path(__file__).parent
OUT = BOOK / "_build" / "html"
THEME = BOOK / "theme"
STAMP = ".inputs"  # in the site's folder: the hash of what it was built from


def build(source: Path = BOOK, out: Path = OUT) -> Path:
    """Build the book in `source` into `out`, which is replaced only when all went well.

    Raises:
        BookError: with every problem and its place.
    """
    start = time.monotonic()
    with _alone(source):
        return _build(source, out, start)


def _build(source: Path, out: Path, start: float) -> Path:
    if source == BOOK:
        write_pages()
    ast = write_ast(source)
    _say(f"drawing the pages ({time.monotonic() - start:.0f} s so far)")
    fresh = out.with_name(f"{out.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        site = draw_site(ast, fresh, notebooks(source))
    except NotebookError as error:
        raise BookError([str(error)]) from None
    if site.problems:
        raise BookError(site.problems)
    (fresh / STAMP).write_text(inputs_hash(source))
    _replace(out, fresh)
    _say(f"{len(site.pages)} pages in {time.monotonic() - start:.1f} s: {out / 'index.html'}")
    return out


def inputs_hash(source: Path = BOOK) -> str:
    """One hash over all that the site is made of: chapters, theme, package, built widgets."""
    return tree_hash(source, "_build") + tree_hash(THEME) + tree_hash(PACKAGE)


def is_fresh(out: Path = OUT, source: Path = BOOK) -> bool:
    """Whether the site in `out` was built from the inputs as they are now."""
    stamp = out / STAMP
    return stamp.is_file() and stamp.read_text() == inputs_hash(source)


@contextmanager
def _alone(source: Path) -> Iterator[None]:
    """Wait until no other build works in this folder; the lock goes with the process that holds it."""
    lock = source / "_build" / "lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another build is at work; waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _replace(old: Path, new: Path) -> None:
    """Put the new folder in the place of the old one."""
    gone = old.with_name(f"{old.name}.old")
    shutil.rmtree(gone, ignore_errors=True)
    old.parent.mkdir(parents=True, exist_ok=True)
    if old.exists():
        old.rename(gone)
    new.rename(old)
    shutil.rmtree(gone, ignore_errors=True)


def _say(message: str) -> None:
    print(f"book: {message}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m book.build", description="Build the book as static HTML."
    )
    parser.add_argument(
        "--out", type=Path, default=OUT, help="where the pages go (default: book/_build/html)"
    )
    arguments = parser.parse_args()
    try:
        build(out=arguments.out.resolve())
    except BookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
