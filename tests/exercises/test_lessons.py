"""The exercises beside the chapters in the reader's folder."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat

from mha_lessons.exercises import NAMES
from mha_lessons.notebooks import Outcome, save
from mha_lessons.notebooks.lessons import notebooks


def test_every_exercise_is_a_notebook_in_the_order_of_the_book() -> None:
    files = notebooks()
    assert list(files) == [f"exercises/{number:02}-{name}.ipynb" for number, name in enumerate(NAMES, 1)]
    for content in files.values():
        nbformat.validate(nbformat.reads(content.decode(), as_version=4))


def test_an_exercise_that_the_reader_changed_is_kept(tmp_path: Path) -> None:
    assert {each.outcome for each in save(notebooks(), tmp_path)} == {Outcome.WRITTEN}
    assert {each.outcome for each in save(notebooks(), tmp_path)} == {Outcome.SAME}
    path = tmp_path / "exercises" / "02-softmax.ipynb"
    changed = json.loads(path.read_text())
    changed["cells"][-2]["source"] = "def softmax(scores): return scores"
    path.write_text(json.dumps(changed))
    saved = {each.name: each.outcome for each in save(notebooks(), tmp_path)}
    assert saved.pop("exercises/02-softmax.ipynb") is Outcome.KEPT
    assert set(saved.values()) == {Outcome.SAME}
    assert "return scores" in path.read_text()
