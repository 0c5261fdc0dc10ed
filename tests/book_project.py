"""Small books made for tests: the real Jupyter Book, the real theme, a folder of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

from book.build import BOOK

FIXTURES = Path(__file__).parent / "book_fixtures"


def copy_book(name: str, folder: Path) -> Path:
    """A copy of the fixture book `name` in `folder`, with this book's theme and roles."""
    copied = shutil.copytree(FIXTURES / name, folder / name)
    settings = copied / "myst.yml"
    for part in ("theme", "plugin.mjs"):
        settings.write_text(settings.read_text().replace(f"BOOK/{part}", str(BOOK / part)))
    return copied
