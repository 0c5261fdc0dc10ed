"""What all commands share: where they print, and how they fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from mha_lessons.files import reason
from mha_lessons.problem import LessonError

INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended, as a shell has it."""

out = Console(highlight=False)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Verbose = Annotated[bool, typer.Option("--verbose", help="On an error, show the whole traceback.")]


def progress_of(things: str) -> Progress:
    """A bar that counts what is done, and goes away at the end."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(things),
        TimeElapsedColumn(),
        console=out,
        transient=True,
    )


@contextmanager
def plain_errors(verbose: bool) -> Iterator[None]:
    """Show an error the reader can do something about as one sentence, and end with exit code 1."""
    try:
        yield
    except (LessonError, OSError) as error:
        nameless = isinstance(error, OSError) and error.filename is None  # no file, such as a pipe that ended
        if verbose or nameless:
            raise
        err.print(f"[bold red]Error:[/] {escape(_sentence(error))}")
        raise typer.Exit(1) from None


def _sentence(error: LessonError | OSError) -> str:
    if isinstance(error, OSError):
        return f"{error.filename} cannot be used ({reason(error)}): name another place."
    return str(error)
