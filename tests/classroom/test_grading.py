"""One notebook, from its cells to its grade; and what it may hand over."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mha_lessons.classroom import grading
from mha_lessons.classroom.feedback import as_csv
from mha_lessons.classroom.grading import grade
from mha_lessons.classroom.handed_over import READY, read
from mha_lessons.classroom.ledger import Ledger, digest_of
from mha_lessons.classroom.limits import MIB, Limits
from mha_lessons.classroom.problem import SandboxError
from mha_lessons.classroom.result import Job, Result, own_points
from mha_lessons.classroom.submission import Cell
from mha_lessons.exercises import find_exercise, run
from mha_lessons.exercises.case import Case, Outcome, PackError, pack, unpack
from tests.classroom.commands import need_sandbox
from tests.classroom.pupils import CHEAT, NOT_ATTEMPTED, RIGHT, WORTH

CHECK = Cell("check", "code", "check('attention', attend)", {"grade": True, "grade_id": "attention"})
LIMITS = Limits(seconds=20, memory=1024 * MIB)


def job(*cells: str, limits: Limits = LIMITS, **more: object) -> Job:
    """The check stands where a cell is empty."""
    made = tuple(CHECK if not text else Cell(f"c{n}", "code", text) for n, text in enumerate(cells))
    job = Job(
        "ada", "heads", "attention", made, {"check": "attention"}, {"check": 5.0}, seed=7, limits=limits
    )
    return replace(job, **more)  # type: ignore[arg-type]


def said(**message: object) -> bytes:
    return json.dumps({**message, "size": 0}).encode() + b"\n"


def test_points_of_the_check_are_shared_out_and_cells_have_their_texts() -> None:
    need_sandbox()
    result = grade(job(RIGHT, "print('hello'); 1 + 1", "", "attend(1)"))
    assert (result.status, result.points, result.out_of) == ("partial", 5.0, 5.0)
    assert result.notes == ("1 of its cells raised an error.",)
    assert result.texts["c1"] == ("hello\n2\n", None, "2")
    assert result.texts["c3"][1].startswith("TypeError: ")
    assert "check" not in result.texts


def test_every_grading_draws_other_numbers_and_the_seed_gives_them_again() -> None:
    first, again, other = (
        [case.args["q"] for case in find_exercise("attention").cases(np.random.default_rng([seed, 0]))]
        for seed in (7, 7, 8)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])


def test_an_answer_that_never_ends_on_one_case_keeps_what_came_before() -> None:
    """Alone in a batch of one it loops: shape, rows and values are judged."""
    need_sandbox()
    loops = (
        RIGHT
        + "\nright = attend\ndef attend(q, k, v, mask=None):\n"
        + ("    while q.shape[0] == 1:\n        pass\n    return right(q, k, v, mask)\n")
    )
    result = grade(job(loops, "", limits=replace(LIMITS, seconds=4)))
    assert result.status == "timeout"
    assert result.notes == ("It ran longer than 4 seconds, and was ended.",)
    assert result.points == 3.5
    assert "TimeLimit: the time was up" in result.reports["check"][0]


def test_what_a_notebook_writes_into_the_results_is_seen_and_earns_nothing() -> None:
    need_sandbox()
    forge = (
        "import os\nfor fd in os.listdir('/proc/self/fd'):\n    try:\n"
        "        os.write(int(fd), b'full marks\\n')\n    except OSError:\n        pass"
    )
    result = grade(job(CHEAT, forge, ""))
    assert result.status == "tampered"
    assert result.points == 0


def test_a_runner_that_was_changed_from_inside_earns_what_its_data_is_worth() -> None:
    need_sandbox()
    forge = (
        "import answers_inside.run as r, answers_inside.case as c, numpy\n"
        "said = ('q', 'k', 'v', 'mask=')\n"
        "r.run = lambda names, cases: [c.Outcome('ok', {'0': numpy.zeros(3)}, parameters=said)]"
    )
    assert grade(job(CHEAT, forge, "")).points <= WORTH / 2


def test_a_starter_as_it_was_is_not_attempted() -> None:
    need_sandbox()
    result = grade(job(NOT_ATTEMPTED, ""))
    assert (result.status, result.points) == ("graded", 0)
    assert "not attempted" in result.reports["check"][0]


def test_a_notebook_in_the_sandbox_goes_on_where_it_would_be_helped() -> None:
    need_sandbox()
    helped = (
        "from mha_lessons.exercises import check, hint\n"
        "report = check('attention', attend)\nreport.points; hint('attention')"
    )
    result = grade(job(RIGHT, helped, ""))
    assert (result.status, result.points) == ("graded", 5.0)
    assert "the checks run after the notebook" in result.texts["c1"][0]


def test_a_judge_that_fails_leaves_the_decision_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    need_sandbox()

    class Judge:
        def cases(self, rng: np.random.Generator) -> list[object]:
            return list(find_exercise("attention").cases(rng))

        def judge(self, *_: object) -> None:
            raise IndexError

    monkeypatch.setattr("mha_lessons.exercises.find_exercise", lambda name: Judge(), raising=False)
    result = grade(job(RIGHT, ""))
    assert (result.status, result.points) == ("crashed", 0)
    assert result.notes == ("What attention handed over cannot be judged: IndexError.",)


def test_a_sandbox_that_fails_blames_no_student(monkeypatch: pytest.MonkeyPatch) -> None:
    need_sandbox()
    monkeypatch.setattr(grading, "python", lambda: ["/usr/lib/nothing"])
    with pytest.raises(SandboxError, match="no student is to blame"):
        grade(job(RIGHT, ""))


@pytest.mark.parametrize(
    "results",
    [
        b"junk\n",
        said(kind="ready") + b"junk\n",
        said(kind="news"),
        said(kind="cell", id="c0", text=5, error=None, value=None),
        said(kind="cell", id=[], text="", error=None, value=None),
        said(kind="outcome", id="c0", case=True, error=None),
        said(kind="outcome", id="c0", case="0", error=None),
        json.dumps({"kind": "ready", "size": -1}).encode() + b"\n",
        json.dumps({"kind": "ready", "size": True}).encode() + b"\n",
        b"[]\n",
        b'{"kind": "cell", ' + b"x" * 300_000,
        b'{"kind": ' + b"[" * 100_000 + b"\n",
    ],
)
def test_what_the_sandbox_does_not_write_is_broken_and_nothing_else_happens(results: bytes) -> None:
    found = read(results)
    assert found.broken
    assert not found.whole


def test_messages_that_were_cut_off_by_the_end_are_left_out_and_are_no_fault() -> None:
    whole = said(kind="ready") + said(kind="cell", id="c0", text="a\x1b[2Jb\ud800", error=None, value=None)
    for end in range(len(said(kind="ready")), len(whole)):
        found = read(whole[:end])
        assert (found.cells, found.broken, found.whole) == ({}, False, False)
    assert read(whole).cells["c0"].text == "a�[2Jb?"
    assert whole.startswith(READY)


def test_the_first_outcome_of_a_case_counts() -> None:
    frames = [
        json.dumps({"kind": "outcome", "id": "c", "case": 0, "error": None, "size": 1}).encode() + b"\n"
    ]
    found = read(frames[0] + b"1" + frames[0] + b"2")
    assert found.outcomes == {("c", 0): (b"1", None)}


RESULT = Result(
    "ada", "heads", "attention", "timeout", 1.5, 5.0, ("Slow.",), 7, {"c": ("a", None, "1")}, digest="d"
)


def test_a_result_comes_back_from_the_disk_as_it_was(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "grading")
    assert ledger.find("d", RESULT.limits) is None
    ledger.keep(RESULT)
    assert ledger.find("d", RESULT.limits) == RESULT
    assert not ledger.is_merged("d")
    ledger.keep(RESULT, merged=True)
    assert ledger.is_merged("d")


def test_what_ran_into_a_limit_is_run_again_under_others_and_nothing_else_is(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.keep(RESULT)
    assert ledger.find("d", Limits(seconds=500)) is None
    ledger.keep(replace(RESULT, status="graded"))
    assert ledger.find("d", Limits(seconds=500)) is not None


def test_half_a_file_is_no_result(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.keep(RESULT, merged=True)
    text = (tmp_path / "d.json").read_text()
    (tmp_path / "d.json").write_text(text[:-40])
    assert ledger.find("d", RESULT.limits) is None
    assert not ledger.is_merged("d")


def test_a_result_is_found_by_all_that_it_depends_on() -> None:
    base = ("ada", "attention", "abc", [CHECK], "2026-01-01")
    digests = {digest_of(*base)}
    for place, other in enumerate(["emmy", "softmax", "abd", [replace(CHECK, source="x")], "2026-01-02"]):
        changed = [*base]
        changed[place] = other
        digests.add(digest_of(*changed))
    assert len(digests) == 6


def test_no_cell_of_the_table_is_a_formula_or_breaks_a_line() -> None:
    bad = replace(RESULT, student="=cmd()", notes=("+1\n", "-2"))
    row = as_csv([bad]).splitlines()
    assert len(row) == 2
    assert row[1].startswith("'=cmd(),heads,attention,timeout,1.5,5,'+1\\n -2,7,")


def test_words_of_an_answer_that_no_file_holds_are_cleaned_and_cut() -> None:
    bad = "a\ud800\x1b[2J\n" + "x" * 2000
    forged = Outcome("raised", {bad: np.ones(2)}, bad, 3, bad, (bad,) * 999, (bad,) * 999)
    (outcome,) = unpack(pack([forged]))
    words = [outcome.error, outcome.what, *outcome.parameters, *outcome.changed, *outcome.arrays]
    assert len(words) == 2 + 50 + 50 + 1
    assert all(len(word) == 300 and word.startswith("a\ufffd\ufffd[2J x") for word in words)
    assert all(word.encode() for word in words)


def test_an_error_with_half_a_character_or_that_cannot_be_shown_is_an_outcome_like_others() -> None:
    def half(x: object) -> None:
        raise ValueError("\ud800\x1b")

    class HiddenError(Exception):
        def __str__(self) -> str:
            raise ZeroDivisionError

    def hidden(x: object) -> None:
        raise HiddenError

    said = [run.run({"f": f}, [Case("values", "f", args={"x": 1.0})])[0].error for f in (half, hidden)]
    assert said == ["ValueError: \ufffd\ufffd", "HiddenError"]


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_results_that_are_compressed_are_not_unfolded(how: int) -> None:
    file = io.BytesIO()
    plain = zipfile.ZipFile(io.BytesIO(pack([Outcome("missing")])))
    with zipfile.ZipFile(file, "w", how) as folded:
        for name in plain.namelist():
            folded.writestr(name, plain.read(name))
    with pytest.raises(PackError, match="should not be compressed"):
        unpack(file.getvalue())


def test_results_of_more_entries_than_any_answer_has_are_refused() -> None:
    with pytest.raises(PackError, match="at most 2000 entries, got 2501"):
        unpack(pack([Outcome("ok", {str(n): np.ones(1) for n in range(2500)})]))


@pytest.mark.parametrize("value", ["1000", "-1", "nan", "inf", "3.01", "junk"])
def test_points_that_a_check_of_a_teacher_s_own_cannot_give_are_none(value: str) -> None:
    assert own_points(value, 3) is None
    assert (own_points("0", 3), own_points("3", 3)) == (0.0, 3.0)


def test_a_check_of_a_teacher_s_own_that_gives_a_thousand_points_is_tampered() -> None:
    need_sandbox()
    own = Cell("own", "code", "points", {"grade": True, "grade_id": "own", "points": 3})
    made = job("points = 1000")
    result = grade(replace(made, cells=(*made.cells, own), checks={}, points={}))
    assert result.status == "tampered"
    fine = job("points = 2")
    assert grade(replace(fine, cells=(*fine.cells, own), checks={}, points={})).status == "graded"


def test_the_gradebook_has_one_result_of_a_notebook_at_a_time(tmp_path: Path) -> None:
    """A, then B, then A again: that A was there once says nothing."""
    ledger = Ledger(tmp_path)
    ledger.keep(replace(RESULT, digest="a"), merged=True)
    ledger.keep(replace(RESULT, digest="other", student="emmy"), merged=True)
    again = Ledger(tmp_path)
    again.forget_merged("ada", "attention")
    again.keep(replace(RESULT, digest="b"), merged=True)
    assert [again.is_merged(each) for each in ("a", "b", "other")] == [False, True, True]
    again.forget_merged("ada", "attention")
    assert not again.is_merged("b")


def test_a_result_with_half_a_character_can_be_kept(tmp_path: Path) -> None:
    Ledger(tmp_path).keep(replace(RESULT, notes=("\ud800",)))
    assert Ledger(tmp_path).find("d", RESULT.limits) is not None
