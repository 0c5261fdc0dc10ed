"""Judges outcomes stage by stage: what came, what was wanted, and the likely cause."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from mha_lessons.exercises.case import Case, Outcome
from mha_lessons.exercises.causes import Pair, likely, named
from mha_lessons.exercises.compare import at, axes_text, close, count_off, first_difference
from mha_lessons.exercises.exercise import Arrays, Difference, Exercise, Wanted, results
from mha_lessons.exercises.gradients import gradient_fault
from mha_lessons.exercises.report import Report, StageResult, State
from mha_lessons.exercises.signature import exists_fault, signature_fault

_TO_VALUES = ("exists", "signature", "shape", "rows sum to one", "values")
NEEDS = {stage: _TO_VALUES[:place] for place, stage in enumerate(_TO_VALUES)} | {
    "edge cases": _TO_VALUES,
    "gradients": _TO_VALUES,
}
"""A stage is not run after a failure of one of these: it would say the same again, or nonsense."""
STAGES = tuple(NEEDS)
IN_PLACE = (
    "an operation that writes in place (a name that ends in _, or an assignment into a slice) works on an "
    "argument, or on a view of one."
)
Found = tuple[State, Difference, Case | None]
PASSED: Found = ("passed", Difference(""), None)


def judge(exercise: Exercise, cases: Sequence[Case], outcomes: Sequence[Outcome]) -> Report:
    """See `Exercise.judge`."""
    if len(cases) != len(outcomes):
        raise ValueError(f"there should be an outcome for each of {len(cases)} cases, got {len(outcomes)}")
    pairs = list(zip(cases, outcomes, strict=True))
    done: dict[str, StageResult] = {}
    for stage in exercise.stages:
        out_of = exercise.points_of[stage]
        blocker = next((need for need in NEEDS[stage] if need in done and not done[need].passed), None)
        if blocker:
            done[stage] = StageResult(stage, "not run", f"waits for {blocker}.", out_of=out_of)
            continue
        look = _whole if stage in ("exists", "signature") else _stage
        state, found, case = look(exercise, stage, pairs)
        points = out_of if state == "passed" else 0
        message = _sentence(found.message)
        done[stage] = StageResult(stage, state, message, found.cause, found.key, points, out_of, case)
    return Report(exercise.name, exercise.source.title, tuple(done.values()))


def _whole(exercise: Exercise, stage: str, pairs: list[Pair]) -> Found:
    """Stages that look at the answers and not at what they give."""
    look = exists_fault if stage == "exists" else signature_fault
    faults: list[Difference] = []
    for wanted in exercise.wanted:
        first = next(outcome for case, outcome in pairs if case.answer == wanted.name)
        if fault := look(wanted, first, exercise.name):
            faults.append(fault)
    if not faults:
        return PASSED
    untouched = [fault.key == "not attempted" for fault in faults]
    all_of_them = len(untouched) == len(exercise.wanted) and all(untouched)
    said = Difference(" ".join(fault.message for fault in faults), key=faults[0].key)
    return "not attempted" if all_of_them else "failed", said, None


def _stage(exercise: Exercise, stage: str, pairs: list[Pair]) -> Found:
    own = [(case, outcome) for case, outcome in pairs if case.stage == stage]
    failing: list[tuple[Case, Outcome, Difference]] = []
    for case, outcome in own:
        if fault := _fault(exercise.wanted_of(case), stage, case, outcome):
            failing.append((case, outcome, fault))
    if not failing:
        spoilt = [pair for pair in pairs if pair[1].changed] if stage == "edge cases" else []
        return ("failed", _changed_in_place(*spoilt[0]), spoilt[0][0]) if spoilt else PASSED
    case, outcome, fault = failing[0]
    if not fault.cause and outcome.kind == "ok":
        earlier = [pair for pair in pairs if STAGES.index(pair[0].stage) < STAGES.index(stage)]
        cause = likely(exercise, earlier, own, [(each, came) for each, came, _ in failing])
        cause = cause or _by_what_came(exercise.wanted_of(case), outcome)
        fault = Difference(fault.message, cause.cause, cause.key) if cause else fault
    label = f"With {case.label}: " if case.label else ""
    others = dict.fromkeys(each.label for each, _, _ in failing[1:] if each.label not in ("", case.label))
    more = f" Also: {', '.join(others)}." if others else ""
    return "failed", Difference(f"{label}{fault.message}{more}", fault.cause, fault.key), case


def _by_what_came(wanted: Wanted, outcome: Outcome) -> Difference | None:
    """A cause that can be told without a known wrong answer that gives the same."""
    came = named(wanted, outcome)
    if wanted.why and came and (found := wanted.why(came)):
        return Difference("", *found)
    return Difference("", IN_PLACE, "in place") if outcome.changed else None


def _sentence(words: str) -> str:
    """With a capital, unless it begins with a name from the code."""
    return words[:1].upper() + words[1:] if words.startswith(("the ", "no ")) else words


def _changed_in_place(case: Case, outcome: Outcome) -> Difference:
    names = " and ".join(outcome.changed)
    return Difference(
        f"{case.answer} changed what it was given: {names} came out different, wanted untouched.",
        IN_PLACE,
        "in place",
    )


def _fault(wanted: Wanted, stage: str, case: Case, outcome: Outcome) -> Difference | None:
    """What is wrong with one outcome, or None."""
    if outcome.kind == "raised":
        return _raised(case, outcome)
    if outcome.kind in ("not attempted", "missing"):
        return Difference(f"{case.answer} is not attempted yet for this case.", key="not attempted")
    came = named(wanted, outcome) if outcome.kind == "ok" else None
    if came is None:
        return _unusable(wanted, outcome)
    if stage == "gradients":
        return gradient_fault(wanted, case, outcome)
    if wanted.right is None:
        assert wanted.fault is not None
        return wanted.fault(case, came)
    right = results(wanted.right, case, wanted, torch.float64)
    for name, axes in wanted.gives.items():
        if came[name].shape != right[name].shape:
            sizes = axes_text(axes, right[name].shape)
            return Difference(f"{name} came as {list(came[name].shape)}, wanted [{sizes}].")
    if stage == "shape":
        return None
    return _rows(wanted, came, right) if stage == "rows sum to one" else _values(wanted, came, right)


def _rows(wanted: Wanted, came: Arrays, right: Arrays) -> Difference | None:
    (name, axes), *_ = wanted.gives.items()
    got, want = wanted.row_sums(came[name].astype(np.float64)), wanted.row_sums(right[name])
    if close(got, want, wanted.atol):
        return None
    place = first_difference(got, want)
    if axes[-1] == "key":
        return Difference(f"the weights of a row sum to {got[place]:.4g}{at(place, axes[:-1])}, wanted 1.")
    return Difference(  # the weights are not to be seen, but a weighted mean of ones is 1
        f"{name} should be {want[place]:.4g} and came as {got[place]:.4g}{at(place, axes[:-1])}."
    )


def _values(wanted: Wanted, came: Arrays, right: Arrays) -> Difference | None:
    for name, axes in wanted.gives.items():
        got, want = came[name].astype(np.float64), right[name]
        if not close(got, want, wanted.atol):
            if wanted.off:
                return Difference(wanted.off(got, want))
            place = first_difference(got, want)
            return Difference(
                f"{name}{at(place, axes)} came as {got[place]:.4g}, wanted {want[place]:.4g}; "
                f"{count_off(got, want, wanted.atol)} of {got.size} numbers are off."
            )
    return None


def _unusable(wanted: Wanted, outcome: Outcome) -> Difference:
    gives = ", ".join(f"{name} [{', '.join(axes)}]" for name, axes in wanted.gives.items())
    if " should be " in outcome.error:  # a weight of a module, with what was wanted
        return Difference(f"{outcome.error}.", key="unusable")
    came = outcome.error
    if outcome.kind == "ok":
        count = sum(not name.startswith("gradient of ") for name in outcome.arrays)
        came = f"{count} result{'s' if count != 1 else ''}"
    aim = gives if len(wanted.gives) == 1 else f"{len(wanted.gives)}: {gives}"
    message = f"{wanted.name} gave {came}, wanted {aim}."
    if came == "None" and wanted.kind != "value":
        return Difference(message, "the function ends without `return`.", "no return")
    return Difference(message, key="unusable")


def _raised(case: Case, outcome: Outcome) -> Difference:
    line = f" (line {outcome.line} of your code)" if outcome.line else ""
    message = f"{case.answer} raised {outcome.error.rstrip('.')}{line}."
    if "view size is not compatible" in outcome.error:
        return Difference(
            message,
            "view can only regroup numbers that lie side by side in memory, and after a transpose they "
            "do not.",
            "view",
        )
    if (
        "modified by an inplace operation" in outcome.error
        or "a leaf Variable that requires grad" in outcome.error
    ):
        return Difference(
            message, "a tensor that the backward pass needs is overwritten in place.", "in place"
        )
    return Difference(message)
