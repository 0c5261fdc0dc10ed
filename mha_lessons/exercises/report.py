"""What a check found, stage by stage; a notebook shows it as a table, a terminal as text."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from html import escape
from typing import Literal

from mha_lessons.exercises.case import Case, Value

State = Literal["passed", "failed", "not run", "not attempted"]
Status = Literal["not attempted", "wrong", "partial", "right"]
"""From the worst to the best."""
SIGNS: dict[State, str] = {"passed": "✓", "failed": "✗", "not run": "–", "not attempted": "○"}
COLOURS: dict[State, str] = {
    "passed": "var(--mha-right, var(--jp-success-color1, currentColor))",
    "failed": "var(--mha-mark, var(--jp-error-color1, currentColor))",
}
WIDTH = 100  # columns of a terminal


@dataclass(frozen=True)
class StageResult:
    """One stage of a check.

    Attributes:
        stage: "exists", "shape", "values" ...
        state: what became of it.
        message: what came and what was wanted; why it was not run.
        cause: the likely cause in a sentence, or "" where none is known.
        key: a short name of the cause.
        points, out_of: what the stage earned, and can earn.
        case: the call that failed.
    """

    stage: str
    state: State
    message: str = ""
    cause: str = ""
    key: str = ""
    points: int = 0
    out_of: int = 0
    case: Case | None = field(default=None, repr=False)

    @property
    def passed(self) -> bool:
        """Whether the stage was run and nothing was wrong."""
        return self.state == "passed"

    @property
    def text(self) -> str:
        """Message and cause as one text."""
        return f"{self.message} Likely cause: {self.cause}" if self.cause else self.message


@dataclass(frozen=True)
class Report:
    """All stages of a check.

    Attributes:
        name: of the exercise, such as "attention".
        title: of the exercise, for readers.
        stages: in order.
    """

    name: str
    title: str
    stages: tuple[StageResult, ...]

    @property
    def status(self) -> Status:
        """ "partial" if the values are right and something beyond them is not."""
        states = {each.stage: each.state for each in self.stages}
        if states["exists"] == "not attempted":
            return "not attempted"
        if all(state == "passed" for state in states.values()):
            return "right"
        return "partial" if states["values"] == "passed" else "wrong"

    @property
    def points(self) -> int:
        """Points earned."""
        return sum(each.points for each in self.stages)

    @property
    def out_of(self) -> int:
        """Points that can be earned."""
        return sum(each.out_of for each in self.stages)

    def __getitem__(self, stage: str) -> StageResult:
        for each in self.stages:
            if each.stage == stage:
                return each
        names = ", ".join(each.stage for each in self.stages)
        raise KeyError(f"{self.name} has no stage {stage!r}; it has {names}")

    def inputs(self) -> dict[str, Value]:
        """The arguments of the first call that went wrong, as numpy arrays; empty if none did."""
        return next((dict(each.case.args) for each in self.stages if each.case is not None), {})

    @property
    def headline(self) -> str:
        """Exercise, status and points in a line."""
        return f"{self.title}: {self.status}, {self.points} of {self.out_of} points"

    def __str__(self) -> str:
        wide = max(len(each.stage) for each in self.stages) + 6
        lines = [self.headline]
        for each in self.stages:
            start = f"  {SIGNS[each.state]} {each.stage}".ljust(wide)
            said = [f"not run: {each.message}" if each.state == "not run" else each.message or each.state]
            if each.cause:
                said.append(f"Likely cause: {each.cause}")
            for number, sentence in enumerate(said):
                indent = start if number == 0 else " " * wide
                lines += textwrap.wrap(sentence, WIDTH, initial_indent=indent, subsequent_indent=" " * wide)
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        cell = "text-align: left; vertical-align: top; padding: 0.25em 0.8em 0.25em 0; white-space: normal"
        below = f"{cell}; padding-left: 1.2em"  # not beside: on a phone a fourth column has no width left
        rows = []
        for each in self.stages:
            colour = COLOURS.get(each.state, "currentColor")
            style = f"color: {colour}; font-weight: bold"
            sign = f'<span aria-hidden="true" style="{style}">{SIGNS[each.state]}</span>'
            said = escape(each.message)
            if each.cause:
                said += f"<br><strong>Likely cause:</strong> {escape(each.cause)}"
            rows.append(
                f'<tr><th scope="row" style="{cell}">{escape(each.stage)}</th>'
                f'<td style="{cell}">{sign}&nbsp;{each.state.replace(" ", "&nbsp;")}</td>'
                f'<td style="{cell}">{each.points} of {each.out_of}</td></tr>'
            )
            if said:
                rows.append(f'<tr><td colspan="3" style="{below}">{said}</td></tr>')
        heads = "".join(
            f'<th scope="col" style="{cell}">{name}</th>' for name in ("stage", "result", "points")
        )
        return (
            f'<table style="color: inherit; background: none; border-collapse: collapse; max-width: 100%">'
            f'<caption style="text-align: left; font-weight: bold; color: inherit">{escape(self.headline)}'
            f"</caption><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )
