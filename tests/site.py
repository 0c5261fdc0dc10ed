"""The built book, for every test that looks at pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from book.build import OUT, build, is_fresh


@pytest.fixture(scope="session")
def built_site() -> Path:
    """The folder of the built book: as it lies there if its inputs have not changed, else built now."""
    return OUT if is_fresh() else build()
