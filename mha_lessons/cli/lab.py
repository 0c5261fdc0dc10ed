"""`mha-lessons lab`: JupyterLab on the chapters."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mha_lessons.cli.console import Verbose, out, plain_errors
from mha_lessons.problem import LessonError

EPILOG = (
    "Examples:\n\n"
    "  [bold]mha-lessons lab[/]\n\n"
    "      writes the chapters into the folder lessons, and opens JupyterLab there\n\n"
    "  [bold]mha-lessons lab course -- --port 9999 --no-browser[/]\n\n"
    "      what stands after -- goes to JupyterLab\n\n"
    "A saved notebook opens with its figures drawn, before any cell is run, if [bold]Save Widget State "
    "Automatically[/] is on in JupyterLab's menu Settings."
)


def lab(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder for the notebooks; made if it is not there.")
    ] = Path("lessons"),
    options: Annotated[
        list[str] | None, typer.Argument(metavar="-- OPTIONS", help="What JupyterLab gets.")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Open JupyterLab on the chapters and exercises; notebooks you changed stay as they are."""
    from mha_lessons.notebooks import save
    from mha_lessons.notebooks.lessons import lessons

    with plain_errors(verbose):
        if find_spec("jupyterlab") is None:
            raise LessonError("JupyterLab is not installed: pip install jupyterlab.")
        for _ in save(lessons(), folder):
            pass
    place = f"The chapters are in [bold]{escape(str(folder))}[/]"
    out.print(f"{place}; JupyterLab opens there  (Ctrl-C twice stops it)")
    command = [sys.executable, "-m", "jupyterlab", "--notebook-dir", str(folder), "--ip", "127.0.0.1"]
    if hasattr(os, "getuid") and os.getuid() == 0:
        command.append("--allow-root")
    raise typer.Exit(_run([*command, *(options or [])]))


def _run(command: list[str]) -> int:
    """The exit code of a command, however often Ctrl-C is pressed meanwhile."""
    with subprocess.Popen(command) as running:
        while True:
            try:
                return running.wait()
            except KeyboardInterrupt:
                continue  # it reached JupyterLab, too, which asks first and then ends its kernels
