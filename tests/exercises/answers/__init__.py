"""Right and wrong answers to every exercise, a module each.

A wrong answer says at which stage it fails and the key of the cause that should be named; "" means that no
cause is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Wrong:
    """A wrong answer, and what a check should say."""

    answer: Any
    stage: str
    key: str
    of: str


@dataclass
class Answers:
    """The answers to one exercise; `of` names the answer where an exercise has more than one."""

    right: list[tuple[Any, str]] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)

    def is_right(self, of: str = "") -> Callable[[T], T]:
        def take(answer: T) -> T:
            self.right.append((answer, of))
            return answer

        return take

    def fails(self, stage: str, key: str = "", of: str = "") -> Callable[[T], T]:
        def take(answer: T) -> T:
            self.wrong.append(Wrong(answer, stage, key, of))
            return answer

        return take


def answers_to(name: str) -> Answers:
    found: Answers = import_module(f"{__name__}.{name}").ANSWERS
    return found
