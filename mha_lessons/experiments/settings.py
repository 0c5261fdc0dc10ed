"""What an experiment is run with, and what cannot be."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

from mha_lessons.experiments.binding import binding
from mha_lessons.experiments.induction import induction
from mha_lessons.experiments.juggling import juggling
from mha_lessons.experiments.near_far import near_far
from mha_lessons.experiments.problem import USUAL_RATE, SettingsError
from mha_lessons.experiments.task import Task
from mha_lessons.params import MAX_SEED
from mha_lessons.shapes import choose_d_head

TASKS: dict[str, Callable[..., Task]] = {
    "juggling": juggling,
    "binding": binding,
    "near_far": near_far,
    "induction": induction,
}
"""Experiments by name."""

LIMITS = {"d_model": 1024, "d_head": 1024, "layers": 8, "steps": 100_000, "batch": 4096}
"""The largest settings; steps · batch stays below the first sequence kept for tests."""
MOST_HEADS = 1024


@dataclass(frozen=True)
class Settings:
    """What all runs of one file of results share.

    Raises:
        SettingsError: for what no run can have; the sentence says what would do.

    >>> Settings("juggling", k=12)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    mha_lessons.experiments.problem.SettingsError: k should be 1 to 11, ...
    """

    experiment: str
    k: int | None = None
    """how many places to report; juggling only, default 4"""
    d_model: int | None = None
    """default: the task's own"""
    d_head: int | None = None
    """None: d_model // num_heads, so that all head counts have the same parameters"""
    mlp: bool = False
    layers: int | None = None
    """induction only, default 2"""
    steps: int = 500
    batch: int = 64
    learning_rate: float = USUAL_RATE

    def __post_init__(self) -> None:
        if self.experiment not in TASKS:
            raise SettingsError(f"experiment should be one of {', '.join(TASKS)}, got {self.experiment!r}")
        for name in ("k", "layers"):
            home = {"k": "juggling", "layers": "induction"}[name]
            if getattr(self, name) is not None and self.experiment != home:
                raise SettingsError(
                    f"{name} is a setting of {home} alone: leave it out for {self.experiment}"
                )
        if self.mlp and self.experiment == "induction":
            raise SettingsError("induction is trained with attention alone: leave the MLP out")
        for name, most in LIMITS.items():
            value = getattr(self, name)
            if value is not None and not 1 <= value <= most:
                raise SettingsError(f"{name} should be 1 to {most}, got {value}")
        if not 0 < self.learning_rate < math.inf:  # NaN, too, fails this
            raise SettingsError(f"learning_rate should be above 0, such as 0.003, got {self.learning_rate}")
        self.task()

    def unlike(self, wanted: Settings) -> str:
        """In what these settings differ from those wanted.

        >>> Settings("juggling", mlp=True).unlike(Settings("juggling", k=3))
        'k=None, mlp=True'
        """
        own, others = asdict(self), asdict(wanted)
        return ", ".join(f"{name}={own[name]}" for name in own if own[name] != others[name])

    def task(self) -> Task:
        """The task that these settings ask for."""
        given = {"k": self.k, "d_model": self.d_model}
        return TASKS[self.experiment](**{name: value for name, value in given.items() if value is not None})

    def check_run(self, num_heads: int, seed: int) -> None:
        """Raise unless a run can have this many heads and this seed.

        Raises:
            SettingsError: the sentence says what would do.
        """
        if not 0 <= seed <= MAX_SEED:
            raise SettingsError(f"a seed should be 0 to {MAX_SEED}, got {seed}")
        if num_heads > MOST_HEADS:
            raise SettingsError(f"num_heads should be 1 to {MOST_HEADS}, got {num_heads}")
        try:
            choose_d_head(self.task().d_model, num_heads, self.d_head, num_heads)
        except ValueError as error:
            raise SettingsError(str(error)) from None
