"""The likely cause: the known wrong answer that gives what came."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from mha_lessons.exercises.case import Case, Outcome
from mha_lessons.exercises.compare import close, times
from mha_lessons.exercises.exercise import Arrays, Cause, Difference, Exercise, Wanted, results

Pair = tuple[Case, Outcome]
GENERAL = {
    "axes",
    "factor",
    "view",
    "in place",
    "detached",
    "partly detached",
    "nan backward",
    "slopes",
    "no return",
}
"""Keys of the causes that are named in any exercise."""


def likely(
    exercise: Exercise, earlier: Sequence[Pair], own: Sequence[Pair], failing: Sequence[Pair]
) -> Difference | None:
    """A cause that explains what came in the whole stage, or else in all that failed, or in the first of it.

    A wrong answer that would have failed where this one passed is not its cause, so what came in earlier
    stages has to be explained, too.

    Args:
        exercise: with its causes.
        earlier: cases of the stages before, which were passed.
        own: cases of this stage.
        failing: those of them that went wrong.
    """
    case, outcome = failing[0]
    able = [
        cause
        for cause in exercise.causes
        if case.answer == (cause.answer or exercise.answers[0])
        and _explains(exercise, cause, [(case, outcome), *earlier])  # cheapest first: most end here
    ]
    for among in (own, failing, ()):
        for cause in able:
            if _explains(exercise, cause, among):
                return Difference("", cause.says, cause.key)
    return _general(exercise.wanted_of(case), case, outcome)


def _explains(exercise: Exercise, cause: Cause, pairs: Sequence[Pair]) -> bool:
    """Whether this way of being wrong gives what came, in all cases of the answer that it is about."""
    about = cause.answer or exercise.answers[0]
    return all(_gives(exercise, cause, case, outcome) for case, outcome in pairs if case.answer == about)


def _gives(exercise: Exercise, cause: Cause, case: Case, outcome: Outcome) -> bool:
    wanted = exercise.wanted_of(case)
    came = named(wanted, outcome) if outcome.kind == "ok" else None
    try:
        wrong = results(cause.wrong, case, wanted, torch.float32)
    except (RuntimeError, ValueError, IndexError, TypeError):
        return False  # this way of being wrong does not get through this case
    return came is not None and all(
        came[name].shape == wrong[name].shape and close(came[name], wrong[name], wanted.atol)
        for name in wanted.gives
    )


def named(wanted: Wanted, outcome: Outcome) -> Arrays | None:
    """The results by the names that `wanted` has for them; None if there are more or fewer."""
    came = {name: array for name, array in outcome.arrays.items() if not name.startswith("gradient of ")}
    if set(came) == set(wanted.gives):
        return dict(came)
    if list(came) == [str(place) for place in range(len(wanted.gives))]:
        return dict(zip(wanted.gives, came.values(), strict=True))
    return None


def _general(wanted: Wanted, case: Case, outcome: Outcome) -> Difference | None:
    """Causes that need no knowledge of the exercise."""
    came = named(wanted, outcome) if outcome.kind == "ok" else None
    if came is None or wanted.right is None:
        return None
    right = results(wanted.right, case, wanted, torch.float64)
    for name, axes in wanted.gives.items():
        if found := _of_two(came[name], right[name], axes):
            return found
    return None


def _of_two(came: np.ndarray, right: np.ndarray, axes: tuple[str, ...]) -> Difference | None:
    if came.shape != right.shape and sorted(came.shape) == sorted(right.shape):
        says = f"the axes are there, but in another order than [{', '.join(axes)}]."
        return Difference("", says, "axes")
    if came.shape == right.shape and (factor := times(came, right)):
        says = f"every number is {factor:.4g} times what was wanted: a factor is missing, or one too many."
        return Difference("", says, "factor")
    return None
