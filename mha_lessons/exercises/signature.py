"""Whether an answer is there, and can be called as the exercise calls it."""

from __future__ import annotations

from mha_lessons.exercises.case import Outcome
from mha_lessons.exercises.exercise import Difference, Wanted
from mha_lessons.exercises.look import BY_NAME

RESULTS = ("Tensor", "ndarray", "tuple", "list", "dict", "NoneType")
"""What comes in place of a function where it was called already."""


def exists_fault(wanted: Wanted, outcome: Outcome, exercise: str) -> Difference | None:
    """Whether there is an answer at all, or None if there is."""
    if outcome.kind == "missing" and wanted.kind == "value":
        return Difference(f'Give your {wanted.name}: check("{exercise}", {wanted.name}).', key="missing")
    if outcome.kind == "missing":
        return Difference(f"There is no {wanted.name}; wanted is {wanted.call}.", key="missing")
    if outcome.kind == "not attempted":
        return Difference(f"{wanted.name} is not attempted yet.", key="not attempted")
    return None


def signature_fault(wanted: Wanted, outcome: Outcome, exercise: str) -> Difference | None:
    """What stands in the way of the call, or None.

    Arguments are given by position, so that they may have any names, and more of them if those have
    defaults. The wanted names in another order are refused: by position they would be mixed up.
    """
    if wanted.kind == "value":
        return None
    if not outcome.what:  # whoever ran it did not get to see the answer
        reason = outcome.error.rstrip(".") or "nobody knows why"
        return Difference(f"{wanted.name} could not be looked at: {reason}.", key="not seen")
    a = "a class" if wanted.kind == "class" else "a function"
    if wanted.kind == "class" and outcome.what == "module":
        return Difference(
            f"{wanted.name} is a module that is built already, wanted the class {wanted.call} itself.",
            key="kind",
        )
    if outcome.what != wanted.kind and (wanted.kind, outcome.what) != ("function", "module"):
        article = "an" if outcome.what[:1] in "aeiou" else "a"
        called = f"; give the {wanted.kind} itself, without calling it" if outcome.what in RESULTS else ""
        return Difference(
            f"{wanted.name} is {article} {outcome.what}, wanted {a} {wanted.call}{called}.", key="kind"
        )
    if outcome.parameters is None:
        return None  # built in or compiled: it does not say, so the call will tell
    shown = f"{wanted.name}({', '.join(outcome.parameters)})"
    names = [each for each in outcome.parameters if not each.startswith("*")]
    by_name = [each.removesuffix(BY_NAME) for each in names if each.endswith(BY_NAME)]
    by_place = [each for each in names if not each.endswith(BY_NAME)]
    needed = [each for each in by_place if not each.endswith("=")]
    given = [each for each in wanted.parameters if each not in by_name]
    if any(each.startswith("*") and not each.startswith("**") for each in outcome.parameters):
        by_place += given[len(by_place) :]
    if len(by_place) < len(given):
        without = _left_over(given, [each.rstrip("=") for each in by_place])
        return Difference(f"{shown} has no place for {without}: wanted {wanted.call}.", key="arguments")
    if len(needed) > len(given):
        more = _left_over(needed, given)
        return Difference(f"{shown} asks for {more}, too: wanted {wanted.call}.", key="arguments")
    own = [each.rstrip("=") for each in by_place[: len(given)]]
    if set(own) == set(given) and own != given:
        return Difference(
            f"{shown} has its arguments in another order: wanted {wanted.call}, called by position.",
            key="order",
        )
    return None


def _left_over(many: list[str], few: list[str]) -> str:
    """The names that only the longer list has; where names are of no help, those at its end."""
    over = [each for each in many if each not in few]
    return " and ".join(over if len(over) == len(many) - len(few) else many[len(few) :])
