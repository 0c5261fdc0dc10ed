"""The progress of a reader in JupyterLab: it follows the checks that run beside it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from mha_lessons.exercises import NAMES
from tests.lab.notebook import OpenNotebook


def test_a_check_in_a_cell_moves_the_widget_that_is_shown(notebook: OpenNotebook, tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    book = notebook(
        "progress",
        [
            f"import os, torch; os.environ['MHA_LESSONS_PROGRESS'] = {str(file)!r}",
            "from mha_lessons.exercises import check, progress; "
            "from mha_lessons.widgets import ExerciseProgress",
            "ExerciseProgress()",
        ],
    )
    widget = book.output(2).locator("[data-widget]")
    expect(widget).to_have_attribute("data-state", "ready")
    expect(widget.locator(".mha-origin")).to_have_text(f"read in the kernel from {file}")
    tile = widget.locator(".mha-path li").nth(NAMES.index("softmax"))
    expect(tile).to_have_attribute("data-state", "not attempted")
    expect(widget.locator("input[name=ticked]:visible")).to_have_count(0)
    expect(widget.locator("a[href]")).to_have_count(0)

    book.add_cell('check("softmax", lambda scores: torch.softmax(scores, 0));')
    expect(tile).to_have_attribute("data-state", "wrong")
    book.add_cell('check("softmax", lambda scores: torch.softmax(scores, -1));')
    expect(tile).to_have_attribute("data-state", "right")
    expect(widget.locator(".mha-done")).to_have_text(f"1 of {len(NAMES)} done")

    file.write_text('{"version": 1, "exercises": {}}')  # as another notebook would
    widget.get_by_role("button", name="Refresh").press("Enter")
    expect(widget.locator(".mha-done")).to_have_text(f"0 of {len(NAMES)} done")
    file.write_text("{")
    widget.get_by_role("button", name="Refresh").press("Enter")
    expect(widget.locator(".mha-message").last).to_contain_text("The picture is the last one that worked.")
    expect(widget.locator(".mha-done")).to_have_text(f"0 of {len(NAMES)} done")
