"""What a trainer is set to, and what is wrong with it; as in `widgets/core/experiments.ts`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mha_lessons.cost import head_counts
from mha_lessons.experiments.binding import binding
from mha_lessons.experiments.juggling import juggling
from mha_lessons.experiments.near_far import near_far
from mha_lessons.params import MAX_SEED, describe, is_number, is_whole

if TYPE_CHECKING:
    from mha_lessons.experiments.task import Task

TASKS = ("juggling", "binding", "near_far")
MOST_LOOK_UPS = juggling(k=1).length - 1
MAX_STEPS = 2000
MAX_LEARNING_RATE = 1000


@dataclass(frozen=True)
class TrainerSettings:
    """What a reader sets before training."""

    task: str = "juggling"
    k: int = 4
    """of juggling: how many look-ups each position makes"""
    num_heads: int = 8
    mlp: bool = False
    seed: int = 0
    learning_rate: float = 0.003
    steps: int = 300

    def made(self) -> Task:
        """The task itself.

        >>> TrainerSettings("juggling", k=3).made().answers
        3
        """
        if self.task == "juggling":
            return juggling(k=self.k)
        return binding() if self.task == "binding" else near_far()


def check_trainer(settings: TrainerSettings) -> str | None:
    """None, or one sentence that says what is wrong and what would work.

    >>> check_trainer(TrainerSettings(k=12))
    'k should be a whole number from 1 to 11, the other places in a sequence of 12, got 12.'
    """
    task, k, num_heads, rate = settings.task, settings.k, settings.num_heads, settings.learning_rate
    if task not in TASKS:
        return f"task should be {', '.join(TASKS[:-1])} or {TASKS[-1]}, got {describe(task)}."
    if not is_whole(k, 1, MOST_LOOK_UPS):
        return (
            f"k should be a whole number from 1 to {MOST_LOOK_UPS}, the other places in a sequence of "
            f"{MOST_LOOK_UPS + 1}, got {describe(k)}."
        )
    d_model = settings.made().d_model
    divisors = head_counts(d_model)
    if num_heads not in divisors:
        offers = ", ".join(map(str, divisors[:-1]))
        return (
            f"num_heads should divide d_model = {d_model}, got {describe(num_heads)}. "
            f"Try {offers} or {d_model}."
        )
    if not isinstance(settings.mlp, bool):
        return f"mlp should be true or false, got {describe(settings.mlp)}."
    if not is_whole(settings.seed, 0, MAX_SEED):
        return f"seed should be a whole number from 0 to {MAX_SEED}, got {describe(settings.seed)}."
    if not is_number(rate) or not 0 < rate <= MAX_LEARNING_RATE:  # NaN, too, fails this
        return (
            f"learning_rate should be a number above 0 and at most {MAX_LEARNING_RATE}, got {describe(rate)}."
        )
    if not is_whole(settings.steps, 1, MAX_STEPS):
        return f"steps should be a whole number from 1 to {MAX_STEPS}, got {describe(settings.steps)}."
    return None
