"""`mha-lessons classroom`: make a course for nbgrader, and grade it."""

from __future__ import annotations

from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from mha_lessons.cli.console import INTERRUPTED, Verbose, err, out, plain_errors, progress_of
from mha_lessons.problem import LessonError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mha_lessons.classroom.gradebook import Course
    from mha_lessons.classroom.limits import Limits
    from mha_lessons.classroom.result import Result

COLOURS = {"graded": "green", "partial": "yellow", "missing": "dim"}
EPILOG = (
    "Examples:\n\n"
    "  [bold]mha-lessons classroom init course[/]\n\n"
    "      makes a course; its README.md goes from set-up to grades\n\n"
    "  [bold]mha-lessons classroom grade course --workers 4[/]\n\n"
    "      grades what was handed in, each notebook in a sandbox of its own"
)

classroom = typer.Typer(help="Make a course for nbgrader, and grade it.", no_args_is_help=True, epilog=EPILOG)
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the course.")]


@classroom.command()
def init(folder: Folder, verbose: Verbose = False) -> None:
    """Make a course: the exercises as nbgrader's assignments, and a page for the teacher."""
    with plain_errors(verbose):
        from mha_lessons.classroom.course import make_course

        made = make_course(folder)
    for assignment, names in made.items():
        out.print(f"  [bold]{escape(assignment)}[/]  {escape(', '.join(names))}")
    out.print(f"The course is in {escape(str(folder))}. Go on with {escape(str(folder / 'README.md'))}.")


@classroom.command()
def grade(
    folder: Folder,
    workers: Annotated[int, typer.Option(min=1, help="Notebooks at a time, a process each.")] = 1,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Grade on this Dask cluster, such as tcp://127.0.0.1:8786."),
    ] = None,
    assignment: Annotated[
        str | None, typer.Option(help="Only this one.", show_default="all that were made")
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="What a notebook may take, on the clock.")] = 60,
    memory: Annotated[int, typer.Option(min=512, help="What it may use, in MiB.")] = 2048,
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Without a sandbox: what students wrote can do what you can.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Grade what was handed in, and write it to nbgrader's gradebook.

    Each notebook is graded once, and again if it, the assignment or this package changes. After Ctrl-C the
    same command goes on.
    """
    with plain_errors(verbose):
        if find_spec("nbgrader") is None:
            raise LessonError("Grading needs nbgrader: run  pip install 'mha-lessons[classroom]'")
        from mha_lessons.classroom.alone import alone
        from mha_lessons.classroom.gradebook import Course
        from mha_lessons.classroom.limits import MIB, Limits
        from mha_lessons.classroom.sandbox import check_sandbox

        course = Course(folder)
        if not unsafe and scheduler is None:
            check_sandbox()
        names = [assignment] if assignment else course.assignments()
        if not names:
            raise LessonError(
                f"{folder} has no assignment yet: run  nbgrader generate_assignment NAME  there."
            )
        try:
            limits = Limits(seconds=seconds, memory=memory * MIB)
            with alone(course.root):
                results = _grade(course, names, limits, workers, scheduler, unsafe)
        except KeyboardInterrupt:
            err.print("Stopped. What is graded is kept: the same command goes on.")
            raise typer.Exit(INTERRUPTED) from None
    _say(results)


def _grade(
    course: Course, names: Sequence[str], limits: Limits, workers: int, scheduler: str | None, unsafe: bool
) -> list[Result]:
    from mha_lessons.classroom.feedback import write_csv
    from mha_lessons.classroom.marking import Marking
    from mha_lessons.executors import cluster, processes

    results: list[Result] = []
    for name in names:
        with out.status(f"Looking at {escape(name)}"):
            marking = Marking(course, name, limits, unsafe=unsafe)
        todo = len(marking.jobs)
        if marking.results:
            out.print(f"{escape(name)}: {len(marking.results)} of {len(marking.notebooks)} need not be run.")
        try:
            with (
                progress_of("notebooks") as progress,
                cluster(scheduler) if scheduler else processes(workers) as executor,
            ):
                bar = progress.add_task(name, total=todo)
                for result in marking.go(executor):
                    progress.console.print(_line(result))
                    progress.advance(bar)
        finally:  # a class that is graded but for one student has its list
            own = [*marking.results.values(), *marking.absent()]
            path = course.root / "grading" / f"{name}.csv"
            write_csv(path, own)
        out.print(f"Written to {escape(str(path))}, autograded/ and the gradebook.")
        results += own
    return results


def _line(result: Result) -> str:
    return (
        f"  {escape(result.student)}, {escape(result.notebook)}: {_status(result)}, "
        f"{result.points:g} of {result.out_of:g}, {result.seconds:.1f} s"
    )


def _status(result: Result) -> str:
    return f"[{COLOURS.get(result.status, 'bold red')}]{result.status}[/]"


def _say(results: Sequence[Result]) -> None:
    """A row a student, and a sentence for each notebook that a person should look at."""
    rows: dict[tuple[str, str], list[Result]] = {}
    for each in results:
        rows.setdefault((each.assignment, each.student), []).append(each)
    table = Table("assignment", "student", "points", "status", box=None, pad_edge=False)
    for (assignment, student), own in sorted(rows.items()):
        points, out_of = sum(each.points for each in own), sum(each.out_of for each in own)
        many = Counter(each.status for each in own)
        said = ", ".join(
            _status(each) + (f" ({many[each.status]})" if len(own) > 1 else "")
            for each in {each.status: each for each in own}.values()
        )
        table.add_row(escape(assignment), _plain(student), f"{points:g} of {out_of:g}", said)
    out.print(table)
    for each in results:
        kept = each.status == "missing" and each.points
        if kept or each.status not in ("graded", "partial", "missing"):
            out.print(f"{_plain(each.student)}, {escape(each.notebook)}: {_plain(' '.join(each.notes))}")


def _plain(text: str) -> str:
    """Without what a terminal would obey."""
    return escape("".join(each if each.isprintable() else ascii(each)[1:-1] for each in text))
