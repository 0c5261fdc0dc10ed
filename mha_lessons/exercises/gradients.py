"""Judging what comes back through an answer."""

from __future__ import annotations

import numpy as np
import torch

from mha_lessons.exercises.case import Case, Outcome
from mha_lessons.exercises.causes import named
from mha_lessons.exercises.compare import close, first_difference
from mha_lessons.exercises.exercise import Difference, Wanted, inputs, results

EXACT = 3e-6  # of the largest number: what float32 is off by, if nothing else is


def gradient_fault(wanted: Wanted, case: Case, outcome: Outcome) -> Difference | None:
    """What is wrong with the gradients that came, or None."""
    for name, want in _right(wanted, case).items():
        came = outcome.arrays.get(f"gradient of {name}")
        if came is None:
            return Difference(
                f"no gradient came for {name}, wanted one of shape {list(want.shape)}.",
                "the result is cut off from its inputs: by detach, .data, item, numpy, no_grad, or a new "
                "tensor "
                "made of its numbers.",
                "detached",
            )
        came = came.astype(np.float64)
        if came.shape == want.shape and close(came, want):
            continue
        if came.shape != want.shape:
            return Difference(
                f"the gradient of {name} came as {list(came.shape)}, wanted {list(want.shape)}."
            )
        place = first_difference(came, want)
        message = (
            f"the gradient of {name} at {list(place)} came as {came[place]:.4g}, wanted {want[place]:.4g}."
        )
        return Difference(message, *_why(wanted, case, outcome, came))
    return None


def _why(wanted: Wanted, case: Case, outcome: Outcome, gradient: np.ndarray) -> tuple[str, str]:
    """The likely cause and its key, by what came forward.

    Two functions that give the same wherever they are tried have the same slopes, so where the numbers are
    right to the last digit and the slopes are not, torch was kept from seeing a part of the way.
    """
    forward = named(wanted, outcome)
    assert wanted.right is not None
    right = results(wanted.right, case, wanted, torch.float64)
    name = next(iter(wanted.gives))
    if forward is None or forward[name].shape != right[name].shape:
        return "", ""
    came, want = forward[name].astype(np.float64), right[name]
    if not np.isfinite(came).all():
        return "the NaN of the edge case above flows backward, too.", "nan forward"
    if not close(came, want, wanted.atol):
        return "the numbers going forward are wrong here already, as in the edge case above.", "wrong forward"
    if not np.isfinite(gradient).all():
        return (
            "an infinity or 0/0 arises on the way and is replaced only afterwards: forward nothing of it is "
            "to be seen, backward it spreads.",
            "nan backward",
        )
    if np.abs(came - want).max() <= EXACT * np.abs(want).max():
        return (
            "a part of the result is cut off from the inputs, by detach, .data or no_grad, and counts as "
            "constant.",
            "partly detached",
        )
    return (
        "the numbers going forward are nearly right and the slopes are not: is something added, cut off or "
        "rounded that should not be?",
        "slopes",
    )


def _right(wanted: Wanted, case: Case) -> dict[str, np.ndarray]:
    """The gradients of the right answer, by name."""
    assert wanted.right is not None
    assert case.probe is not None
    given = inputs(case, torch.float64)
    leaves = {name: given[name].requires_grad_() for name in case.gradient_of}
    (wanted.right(**given) * torch.from_numpy(case.probe).double()).sum().backward()
    return {name: leaf.grad.numpy() for name, leaf in leaves.items()}
