"""What the page of the exercises says."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from mha_lessons.exercises import NAMES, check, find_exercise
from tests.book_claims import BOOK, cell, right


@pytest.fixture
def attend() -> Any:
    """The function at the top of the page."""
    names: dict[str, Any] = {}
    exec(cell("exercises", "def attend"), names)
    return names["attend"]


def test_the_lines_at_the_top_run_without_an_error_or_nan_and_are_wrong(attend: Any) -> None:
    q, k, v = torch.randn(3, 2, 3, 4, 5).unbind(0)
    z = attend(q, k, v)
    assert z.shape == q.shape
    assert z.isfinite().all()
    assert check("attention", attend)["rows sum to one"].key == "softmax over the queries"
    assert right("exercises.silent") == "numbers of the right shape, and they are wrong"


def test_the_repaired_lines_pass_the_values_and_fail_on_a_query_that_may_look_at_nothing() -> None:
    names: dict[str, Any] = {}
    exec(cell("exercises", "def attend").replace("softmax(-2)", "softmax(-1)"), names)
    report = check("attention", names["attend"])
    assert (report.status, report["edge cases"].key) == ("partial", "0 by 0")
    assert report["edge cases"].message.startswith("With a query that may look at nothing: ")


def test_the_table_of_the_page_has_every_exercise_with_its_call_and_a_chapter_that_exists() -> None:
    names: dict[str, Any] = {"find_exercise": find_exercise}
    exec(cell("exercises", "def row"), names)
    for name in NAMES:
        row = names["row"](name)
        exercise = find_exercise(name)
        assert f'check("{name}", {", ".join(exercise.answers)})' in row
        assert exercise.source.title in row
        assert (BOOK / f"{exercise.source.chapter}.md").is_file()
        assert "`" not in row
