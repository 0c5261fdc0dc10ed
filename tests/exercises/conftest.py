"""Checks in tests count in no reader's progress."""

from pathlib import Path

import pytest

from mha_lessons.exercises.progress_file import VARIABLE


@pytest.fixture(autouse=True)
def progress_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "progress.json"
    monkeypatch.setenv(VARIABLE, str(file))
    return file
