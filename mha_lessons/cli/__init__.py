"""The command `mha-lessons`; each command is a module of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from mha_lessons import __version__
from mha_lessons.cli import classroom, doctor, heads, lab, notebooks, read, train
from mha_lessons.cli.console import out

app = typer.Typer(
    name="mha-lessons",
    help="Why many heads? An interactive textbook on multi-head attention.",
    epilog="Example:  mha-lessons read",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)


def _version(asked: bool) -> None:
    if asked:
        out.print(f"mha-lessons {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Why many heads? An interactive textbook on multi-head attention."""


app.command(epilog=read.EPILOG)(read.read)
app.command(epilog=lab.EPILOG)(lab.lab)
app.command(epilog=notebooks.EPILOG)(notebooks.notebooks)
app.command(epilog=doctor.EPILOG)(doctor.doctor)
app.command(epilog=heads.EPILOG)(heads.heads)
app.command(epilog=train.EPILOG, cls=train.ManyHeads)(train.train)
app.add_typer(classroom.classroom, name="classroom")
