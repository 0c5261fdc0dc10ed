"""An exercise: the calls that are made of an answer, what is right, and the ways in which it goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor

from mha_lessons.exercises.case import Case, Outcome
from mha_lessons.exercises.compare import ATOL
from mha_lessons.exercises.report import Report

if TYPE_CHECKING:
    from mha_lessons.exercises.sources import Source

Arrays = dict[str, np.ndarray]
POINTS = {
    "exists": 0,
    "signature": 1,
    "shape": 1,
    "rows sum to one": 1,
    "values": 4,
    "edge cases": 2,
    "gradients": 1,
}
"""The stages in order, and what each is worth."""


@dataclass(frozen=True)
class Difference:
    """What came and what was wanted, in a sentence; `key` and `cause` where the judge itself sees why."""

    message: str
    cause: str = ""
    key: str = ""


@dataclass(frozen=True)
class Wanted:
    """What one name of an exercise has to be.

    Attributes:
        call: how it is called, as Python writes it: "attend(q, k, v, mask=None)"; a bare name for a value.
        gives: results in order, each with the names of its axes.
        right: the right results of a case, of its arguments, weights and sizes by name. None where many
            answers are right and `fault` says whether this is one.
        fault: what is wrong with results, or None.
        row_sums: what the stage "rows sum to one" looks at; default the sums over the last axis.
        off: says which values are off, from those that came and the right ones, where a message with both
            numbers would give the answer away.
        why: a likely cause and its key, or None, of results that no `Cause` explains.
        kind: "function", "class" or "value".
        atol: how far a number may be off; wider where a person rounds.
    """

    call: str
    gives: Mapping[str, tuple[str, ...]]
    right: Callable[..., Any] | None = None
    fault: Callable[[Case, Arrays], Difference | None] | None = None
    row_sums: Callable[[np.ndarray], np.ndarray] = lambda found: found.sum(-1)
    off: Callable[[np.ndarray, np.ndarray], str] | None = None
    why: Callable[[Arrays], tuple[str, str] | None] | None = None
    kind: Literal["function", "class", "value"] = "function"
    atol: float = ATOL

    @property
    def name(self) -> str:
        """The name that the student defines."""
        return self.call.partition("(")[0]

    @property
    def parameters(self) -> list[str]:
        """Names of the arguments in order."""
        inside = self.call.partition("(")[2].rstrip(")")
        return [each.partition("=")[0].strip() for each in inside.split(",") if each.strip()]


@dataclass(frozen=True)
class Cause:
    """A known way to get it wrong.

    Attributes:
        key: a short name.
        says: the sentence for the student, which does not give the answer away.
        wrong: computes that wrong answer, from the same arguments as `Wanted.right`.
        answer: the name of the answer it is about; "" where the exercise has one only.
    """

    key: str
    says: str
    wrong: Callable[..., Any]
    answer: str = ""


@dataclass(frozen=True)
class Exercise:
    """Cases and a judge; how an answer is run is another's matter (`run`).

    Attributes:
        name: such as "attention"; its source has the same name.
        wanted: what the student defines, in order.
        draw: makes the cases; other numbers for another generator, the same for the same. The first case
            of every answer is the plainest.
        causes: known ways to get it wrong, the most likely first.
        fault_keys: keys of the causes that `Wanted.fault` names.
    """

    name: str
    wanted: tuple[Wanted, ...]
    draw: Callable[[np.random.Generator], list[Case]]
    causes: tuple[Cause, ...] = ()
    fault_keys: tuple[str, ...] = ()
    points_of: Mapping[str, int] = field(default_factory=lambda: POINTS)

    @property
    def answers(self) -> tuple[str, ...]:
        """The names that the student defines."""
        return tuple(each.name for each in self.wanted)

    @cached_property
    def stages(self) -> tuple[str, ...]:
        """The stages that this exercise has, in order."""
        drawn = {case.stage for case in self.draw(np.random.default_rng(0))}
        drawn |= {"exists"} if self.wanted[0].kind == "value" else {"exists", "signature"}
        return tuple(stage for stage in POINTS if stage in drawn)

    @property
    def out_of(self) -> int:
        """Points that can be earned."""
        return sum(self.points_of[stage] for stage in self.stages)

    @cached_property
    def source(self) -> Source:
        """Title, goal, chapter, minutes, difficulty, hints and the notebook's text."""
        from mha_lessons.exercises.sources import read

        return read(self.name)

    def cases(self, rng: np.random.Generator) -> list[Case]:
        """The calls to make, with fresh numbers."""
        return self.draw(rng)

    def judge(self, cases: Sequence[Case], outcomes: Sequence[Outcome]) -> Report:
        """What the outcomes say about the answer.

        Raises:
            ValueError: there is not one outcome for each case.
        """
        from mha_lessons.exercises.judge import judge

        return judge(self, cases, outcomes)

    def wanted_of(self, case: Case) -> Wanted:
        """What the answer of a case has to be."""
        return next(each for each in self.wanted if each.name == case.answer)


def inputs(case: Case, dtype: torch.dtype) -> dict[str, Any]:
    """Arguments, weights and sizes of a case by name, real numbers as tensors of this type."""

    def tensor(value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value
        made = torch.from_numpy(np.array(value))
        return made.to(dtype) if made.is_floating_point() else made

    return {name: tensor(value) for name, value in {**case.args, **case.state, **case.build}.items()}


def results(of: Callable[..., Any], case: Case, wanted: Wanted, dtype: torch.dtype) -> Arrays:
    """What a function makes of a case, by the names in `wanted.gives`."""
    found = of(**inputs(case, dtype))
    each = found if isinstance(found, tuple) else (found,)
    arrays = [one.detach().numpy() if isinstance(one, Tensor) else np.asarray(one) for one in each]
    return dict(zip(wanted.gives, arrays, strict=True))
