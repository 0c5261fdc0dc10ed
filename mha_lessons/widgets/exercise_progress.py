"""ExerciseProgress: which exercises are done, how long the others take, and which one comes next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from mha_lessons.exercises import progress_file
from mha_lessons.widgets.bundle import bundle
from mha_lessons.widgets.lesson_widget import LessonWidget
from mha_lessons.widgets.still import still_table

SHOWN = ("all", "left", "not attempted", "wrong", "partial", "ticked", "right")


class ExerciseProgress(LessonWidget):
    """How far you are with the exercises, each a tile along the path of the book and a row of the table.

    In a notebook it reads your file of progress and follows every `check()` of the same kernel; Refresh reads
    what another notebook has written since. A page of the book has no such file: the reader may open one
    there, or tick what is done. Nothing is sent anywhere.

    Example:
        >>> from mha_lessons.widgets import ExerciseProgress
        >>> kept = {"softmax": {"status": "right", "points": 10, "out_of": 10, "checks": 1}}
        >>> ExerciseProgress(opened={"name": "mine.json", "exercises": kept})
        ExerciseProgress: 1 of 12 done, 280 minutes left, 10 of 101 points

    Raises:
        ValueError: there is no such chapter, or what is opened is no progress; the sentence says why.
    """

    _esm = bundle("exercise_progress.js")
    _css = bundle("exercise_progress.css")
    page_name = "exercise_progress"
    asks = ("exercises", "opened", "ticked", "status", "chapter")

    status = traitlets.Enum(
        SHOWN, default_value="all", help='Which exercises the table has; "left": whatever is not done.'
    ).tag(sync=True)
    chapter = traitlets.Unicode("all", help="Of which chapter, by its page, such as how-it-works.").tag(
        sync=True
    )
    exercises = traitlets.List(
        traitlets.Dict(), help="What there is to do: name, title, chapter, difficulty, minutes, points."
    ).tag(sync=True, fixed=True)
    opened = traitlets.Dict(
        help="A file of progress in place of your own: its name, and its exercises; empty: your own."
    ).tag(sync=True, fixed=True)
    ticked = traitlets.Unicode(
        "", help="The exercises ticked by hand on a page, by name, with a space between them."
    ).tag(sync=True, fixed=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**{"exercises": self.defaults()["exercises"]} | traits)
        progress_file.follow(self)

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """The page state of a new widget: all exercises of the book, and nobody's progress."""
        from mha_lessons.exercises.standing import catalogue

        return super().defaults() | {"exercises": catalogue()}

    def fault(self) -> str | None:
        """Why this cannot be shown, or None. Your own file may be mended, so it is no reason."""
        try:
            self._standing({})
        except ValueError as error:
            return str(error)
        return None

    def refresh(self) -> None:
        """Read the file again; `check()` calls it."""
        self._asked = None
        self._respond()

    def numbers(self) -> dict[str, Any]:
        """One value an exercise, the sums, and where they were read. See `mha_lessons.exercises.standing`.

        Raises:
            ValueError: the file cannot be read; the sentence says why.
        """
        import torch

        place, kept = ("", {}) if self.opened else progress_file.own_file()
        found = self._standing(kept)
        for name in ("points", "out_of", "checks", "hints"):
            found[name] = torch.tensor(found[name], dtype=torch.float32)
        name = self.opened.get("name", "a file")
        made = f"opened: {name}, counted in the kernel" if self.opened else f"read in the kernel from {place}"
        return {**found, "made": made}

    def still(self) -> str:
        """The exercises with nobody's progress, or that of the opened file."""
        from mha_lessons.exercises.standing import SIGNS, summary

        found = self._standing({})
        rows = [
            [
                each["title"],
                each["chapter_title"],
                each["rank"],
                f"{each['minutes']} minutes",
                f"{SIGNS[state]} {state}",
                f"{points} of {out_of}",
            ]
            for each, state, shown, points, out_of in zip(
                self.exercises,
                *(found[name] for name in ("states", "shown", "points", "out_of")),
                strict=True,
            )
            if shown
        ]
        columns = ["exercise", "chapter", "difficulty", "time", "status", "points"]
        return still_table("Your exercises", columns, rows, f"{summary(found)}.")

    def close(self) -> None:
        """Follow the file no longer, and end the connection to the front end."""
        progress_file.unfollow(self)
        super().close()

    def __repr__(self) -> str:
        from mha_lessons.exercises.standing import summary

        try:
            own = {} if self.opened else progress_file.own_file()[1]
            return f"{type(self).__name__}: {summary(self._standing(own))}"
        except ValueError as error:
            return f"{type(self).__name__}: {error}"

    def _standing(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """Of the opened file, or of one's own progress."""
        from mha_lessons.exercises.standing import standing

        try:
            kept = progress_file.entries(self.opened) if self.opened else own
        except ValueError as error:
            raise ValueError(f"{self.opened.get('name', 'opened')} is no progress: {error}") from None
        return standing(self.exercises, kept, self.ticked.split(), self.status, self.chapter)
