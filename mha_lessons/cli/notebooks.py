"""`mha-lessons notebooks`: the chapters for JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from mha_lessons.cli.console import Verbose, out, plain_errors

EPILOG = (
    "Examples:\n\n"
    "  [bold]mha-lessons notebooks lessons[/]\n\n"
    "      writes the chapters into the folder lessons\n\n"
    "  [bold]mha-lessons notebooks lessons --force[/]\n\n"
    "      replaces the ones you changed, too, and keeps yours as NAME.mine.ipynb"
)


def notebooks(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder for the notebooks; made if it is not there.")
    ],
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace notebooks you changed, too; yours stay as NAME.mine.ipynb."),
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Write the chapters and the exercises as notebooks for JupyterLab.

    A notebook you changed is never overwritten; one that you only ran is brought up to date.
    """
    from mha_lessons.notebooks import Outcome, save
    from mha_lessons.notebooks.lessons import lessons

    with plain_errors(verbose):
        with out.status("Reading the chapters"):
            files = lessons()
        saved = list(save(files, folder, force=force))
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for each in saved:
        if each.name.endswith(".ipynb"):
            more = f", your version is {each.copy}" if each.copy else ""
            table.add_row(escape(str(folder / each.name)), escape(each.outcome.value + more))
    out.print(table)
    if kept := [each for each in saved if each.outcome is Outcome.KEPT]:
        what = f"{len(kept)} notebook{'s' if len(kept) > 1 else ''} that you changed"
        out.print(
            f"{what} stayed as is. --force replaces such a notebook and keeps yours as NAME.mine.ipynb."
        )
