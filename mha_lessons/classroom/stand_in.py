"""What a notebook in the sandbox finds under the name `mha_lessons`: no answers, and no checker to deceive.

It stands alone. Cells that check, hint or draw for the student go on without them.
"""

from __future__ import annotations

NOTICE = "mha_lessons is not here while answers are graded: the checks run after the notebook, outside."


class Nothing:
    """Stands for a report, a hint or a figure that nobody looks at."""

    def __repr__(self) -> str:
        return NOTICE

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: object) -> object:
        return self

    def __call__(self, *args: object, **kwargs: object) -> object:  # noqa: D102 - it does nothing
        return self


def check(*args: object, **kwargs: object) -> Nothing:
    """In place of the checks of `mha_lessons.exercises`."""
    return Nothing()


hint = solution = progress = exercises = check


def __getattr__(name: str) -> object:
    if name.startswith("__"):
        raise AttributeError(name)
    raise ImportError(f"{name} cannot be imported: {NOTICE}")
