"""What all commands share: where they print, and how they fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from mha_lessons.problem import LessonError

out = Console(highlight=False)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Verbose = Annotated[bool, typer.Option("--verbose", help="On an error, show the whole traceback.")]


@contextmanager
def plain_errors(verbose: bool) -> Iterator[None]:
    """Show an error the reader can do something about as one sentence, and end with exit code 1."""
    try:
        yield
    except LessonError as error:
        if verbose:
            raise
        err.print(f"[bold red]Error:[/] {escape(str(error))}")
        raise typer.Exit(1) from None
