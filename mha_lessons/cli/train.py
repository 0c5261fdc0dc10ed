"""`mha-lessons train`: the book's experiments, from the command line."""

from __future__ import annotations

import shlex
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from typer.core import TyperCommand

from mha_lessons.cli.console import INTERRUPTED, Verbose, err, out, plain_errors, progress_of
from mha_lessons.problem import LessonError

if TYPE_CHECKING:
    from mha_lessons.experiments import Settings
    from mha_lessons.experiments.results import Results
    from mha_lessons.experiments.run import Run

DEFAULT_HEADS = ["1", "2", "4", "8"]
EPILOG = (
    "Examples:\n\n"
    "  [bold]mha-lessons train juggling --heads 1 2 4 8 --seeds 5[/]\n\n"
    "      trains 20 models of equal size and writes juggling.json\n\n"
    "  [bold]mha-lessons train binding --heads 1 2 3 --weights trained --out roles.json[/]\n\n"
    "      keeps the trained weights, too, a file a run"
)


class ManyHeads(TyperCommand):
    """A command whose --heads takes all numbers that follow it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give each number an option of its own: `--heads 1 2` becomes `--heads 1 --heads 2`."""
        return super().parse_args(ctx, spread(args))


def spread(args: list[str]) -> list[str]:
    """`--heads 1 2,4` as `--heads 1 --heads 2,4`: all that look like numbers, up to the next word.

    >>> spread(["juggling", "--heads", "1", "2", "--seeds", "5"])
    ['juggling', '--heads', '1', '--heads', '2', '--seeds', '5']
    """
    made: list[str] = []
    taking = False
    for each in args:
        number = each.strip(",").replace(",", "").lstrip("-").isdigit()
        if taking and number:
            made += ["--heads", each] if made[-1] != "--heads" else [each]
            continue
        taking = each == "--heads" or (each.startswith("--heads="))
        made.append(each)
    return made


def train(
    experiment: Annotated[str, typer.Argument(help="juggling, binding, near_far or induction.")],
    heads: Annotated[
        list[str] | None,
        typer.Option(
            "--heads", metavar="N ...", help="Head counts, such as 1 2 4 or 1,2,4.", show_default="1 2 4 8"
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="How many seeds for each head count.")] = 5,
    first_seed: Annotated[int, typer.Option(help="The first of them.")] = 0,
    jobs: Annotated[int, typer.Option(help="Runs at a time, a process each.")] = 1,
    output: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Results, as JSON.", show_default="EXPERIMENT.json"),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option("--weights", metavar="DIR", help="Keep the trained weights in this folder.")
    ] = None,
    k: Annotated[
        int | None, typer.Option("--k", help="Juggling: places to report.", show_default="4")
    ] = None,
    layers: Annotated[int | None, typer.Option(help="Induction: layers.", show_default="2")] = None,
    d_model: Annotated[
        int | None, typer.Option(help="Width of a token vector.", show_default="the task's")
    ] = None,
    d_head: Annotated[
        int | None,
        typer.Option(help="Width of a head, kept at any head count.", show_default="d_model / heads"),
    ] = None,
    mlp: Annotated[bool, typer.Option("--mlp", help="Let an MLP follow the attention.")] = False,
    steps: Annotated[int, typer.Option(help="Of training, 64 sequences each.")] = 500,
    learning_rate: Annotated[float, typer.Option(help="Of Adam.")] = 3e-3,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Run on this Dask cluster, such as tcp://127.0.0.1:8786."),
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Train small models of an experiment and write what they can do.

    Each finished run is written at once. After Ctrl-C the same command goes on with what is missing.
    """
    with plain_errors(verbose):
        from mha_lessons.executors import cluster, processes
        from mha_lessons.experiments import Settings
        from mha_lessons.experiments.series import Series

        for name, value in {"seeds": seeds, "jobs": jobs}.items():
            if value < 1:
                raise LessonError(f"{name} should be at least 1, got {value}")
        settings = Settings(
            experiment,
            k=k,
            layers=layers,
            d_model=d_model,
            d_head=d_head,
            mlp=mlp,
            steps=steps,
            learning_rate=learning_rate,
        )
        path = output or Path(f"{experiment}.json")
        counts = _numbers(heads or DEFAULT_HEADS)
        command = _command(settings, counts, seeds, first_seed, path, weights)
        these = range(first_seed, first_seed + seeds)
        series = Series(settings, counts, these, path, weights=weights, command=command)
        todo = len(series.todo)
        if todo < len(series.all):
            out.print(f"{len(series.all) - todo} of {len(series.all)} runs are there already.")
        try:
            with (
                progress_of("runs") as progress,
                cluster(scheduler) if scheduler else processes(jobs) as executor,
            ):
                bar = progress.add_task(experiment, total=todo)
                for run in series.go(executor):
                    progress.console.print(_line(run))
                    progress.advance(bar)
        except KeyboardInterrupt:
            left = len(series.todo)
            err.print(f"Stopped with {left} of {len(series.all)} runs to go: the same command goes on.")
            raise typer.Exit(INTERRUPTED) from None
        out.print(_table(series.results))
        out.print(f"Written to {escape(str(path))}")


def _numbers(given: list[str]) -> list[int]:
    words = [word for each in given for word in each.split(",") if word.strip()]
    try:
        return list(dict.fromkeys(int(word) for word in words))
    except ValueError:
        raise LessonError(f"--heads should be whole numbers, such as 1 2 4, got {' '.join(given)}") from None


def _command(
    settings: Settings, counts: list[int], seeds: int, first_seed: int, path: Path, weights: Path | None
) -> str:
    """The command that makes these runs again, with what differs from the defaults."""
    words = ["mha-lessons", "train", settings.experiment, "--heads", *map(str, counts), "--seeds", str(seeds)]
    words += ["--first-seed", str(first_seed)]
    plain = type(settings)(settings.experiment)
    for name, value in vars(settings).items():
        if value != getattr(plain, name):
            words += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    for option, place in {"--out": path, "--weights": weights}.items():
        if place is not None:
            words += [option, place.name if place.is_absolute() else place.as_posix()]
    return shlex.join(words)


def _line(run: Run) -> str:
    what = "done" if run.status == "done" else f"[bold]diverged[/] after step {run.steps}"
    return (
        f"{run.num_heads:>4} heads, seed {run.seed}: {what}, accuracy {run.accuracy:.3f}, "
        f"all right {run.all_right:.3f}, {run.cpu_s:.1f} s"
    )


def _table(results: Results) -> Table:
    """A row a head count: means over the seeds, and their spread."""
    table = Table(box=None, pad_edge=False)
    for name in (
        "heads",
        "d_head",
        "parameters",
        "runs",
        "accuracy",
        "lowest",
        "highest",
        "all right",
        "cpu s",
    ):
        table.add_column(name, justify="right")
    for num_heads in results.heads:
        runs = results.of(num_heads)
        accuracy = [run.accuracy for run in runs]
        cells: list[str] = [str(num_heads), str(runs[0].d_head), f"{runs[0].parameters:,}", str(len(runs))]
        cells += [f"{value:.3f}" for value in (mean(accuracy), min(accuracy), max(accuracy))]
        cells += [f"{mean(run.all_right for run in runs):.3f}", f"{mean(run.cpu_s for run in runs):.1f}"]
        table.add_row(*cells)
    return table
