"""What an answer prints while it is checked: the start as it comes, and then how much more there was."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import TextIO

MOST_LINES = 10
MOST_CHARACTERS = 2000


class _Start(io.TextIOBase):
    """Passes the first lines on, and counts the others."""

    def __init__(self, to: TextIO) -> None:
        self._to = to
        self._lines, self._room = 0, MOST_CHARACTERS
        self.left_out, self.in_a_line, self.all = 0, False, False

    def writable(self) -> bool:
        """As `print` may ask."""
        return True

    def write(self, text: str) -> int:
        """Line by line, as long as there is room."""
        for piece in text.splitlines(keepends=True):
            if self.all or (self._lines < MOST_LINES and len(piece) <= self._room):
                self._to.write(piece)
                self._room -= len(piece)
                self._lines += piece.endswith("\n")
            else:
                self._room = 0  # nothing short after something long: it would seem to follow
                self.left_out += not self.in_a_line or self.left_out == 0
            self.in_a_line = not piece.endswith("\n")
        return len(text)

    def flush(self) -> None:
        """Show what was passed on."""
        self._to.flush()


@contextlib.contextmanager
def only_the_start() -> Iterator[None]:
    """A check makes many calls, and what each of them prints would bury the report.

    Whoever calls `breakpoint()` gets all of it from there on: a debugger talks by printing.
    """
    start, hook = _Start(sys.stdout), sys.breakpointhook

    def halt(*args: object, **kwargs: object) -> object:
        start.all = True
        return hook(*args, **kwargs)

    sys.breakpointhook = halt
    try:
        with contextlib.redirect_stdout(start):
            yield
    finally:
        sys.breakpointhook = hook
        if start.left_out:
            print(
                f"[your code printed {start.left_out} line{'s' * (start.left_out > 1)} more during the check]"
            )
