"""`mha-lessons heads`: measure what the heads of a model do."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from mha_lessons import __version__
from mha_lessons.cli.console import INTERRUPTED, Verbose, err, out, plain_errors
from mha_lessons.problem import LessonError

if TYPE_CHECKING:
    from mha_lessons.heads.study import Tell

EPILOG = (
    "Examples:\n\n"
    "  [bold]mha-lessons heads minilm --treebank dev.conllu --coref gap.tsv --out minilm.json[/]\n\n"
    "      measures all heads; stopped with Ctrl-C, the same command goes on where it was\n\n"
    "  [bold]mha-lessons heads ./my-model --treebank dev.conllu --out mine.json --limit 200[/]\n\n"
    "      a model of your own, on the first 200 sentences"
)


def heads(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="minilm, smollm2, or a folder with a model.")],
    treebank: Annotated[Path, typer.Option(metavar="FILE", help="Sentences with grammar, in CoNLL-U.")],
    result: Annotated[Path, typer.Option("--out", metavar="JSON", help="Where the results go.")],
    coref: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Pronouns and names, a file of the GAP corpus.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=4, help="Only so many sentences and pronouns, from the start.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the halves and of all draws.")] = 1,
    verbose: Verbose = False,
) -> None:
    """Measure what the heads of a model do, on gold data.

    Head and baseline are chosen on one half of the data and reported on the other.
    """
    with plain_errors(verbose):
        try:
            found = _measure(model, treebank, coref, result, limit, seed)
        except KeyboardInterrupt:
            err.print("Stopped. What is done is kept: the same command goes on from there.")
            raise typer.Exit(INTERRUPTED) from None
    for table in _tables(found):
        out.print(table)
        out.print()
    for role in found["roles"]:
        out.print(f"[bold]{role['role']}[/]: {escape(role['verdict'])}")
    out.print(f"\nWritten to {escape(str(result))}.")


def _measure(
    name: str, treebank: Path, coref: Path | None, result: Path, limit: int | None, seed: int
) -> dict[str, Any]:
    """Read, measure, write; the JSON is there whole or not at all."""
    from mha_lessons.files import write_whole
    from mha_lessons.heads.chunks import Chunks
    from mha_lessons.heads.gap import read_gap
    from mha_lessons.heads.results import about, as_json, sha256, versions
    from mha_lessons.heads.study import Study
    from mha_lessons.heads.treebank import read_treebank
    from mha_lessons.models import load

    if result.is_dir():
        raise LessonError(f"{result} is a folder: give --out the name of a file.")
    sentences = read_treebank(treebank)[:limit]
    questions = read_gap(coref)[:limit] if coref else []
    with out.status("Loading the model"):
        model = load(name)
    data = {
        kind: {"file": path.name, "sha256": sha256(path)}
        for kind, path in (("treebank", treebank), ("coref", coref))
        if path is not None
    }
    made = {"seed": seed, "limit": limit, "command": _command(name, treebank, coref, result, limit, seed)}
    described = about(model)
    fingerprint = {
        "model": described,
        "data": data,
        "seed": seed,
        "limit": limit,
        "versions": versions(),
        "package": __version__,
    }
    chunks = Chunks(result.with_name(result.name + ".parts"), fingerprint)
    if chunks.open():
        out.print("Going on where the last run was stopped.")
    with _progress() as tell:
        found = Study(model, sentences, questions, chunks, seed, tell).run()
    text = as_json(
        {
            "model": described,
            "data": data,
            "made": made | {"versions": versions(), "package": __version__},
            **found,
        }
    )
    write_whole(result, text)
    chunks.remove()
    plain: dict[str, Any] = json.loads(text)
    return plain


def _command(
    name: str, treebank: Path, coref: Path | None, result: Path, limit: int | None, seed: int
) -> str:
    """The command that makes these results, with file names alone: where they lie says nothing to others."""
    words = ["mha-lessons", "heads", Path(name).name, "--treebank", treebank.name]
    words += ["--coref", coref.name] if coref else []
    words += ["--out", result.name] + (["--limit", str(limit)] if limit else [])
    return shlex.join([*words, "--seed", str(seed)])


@contextmanager
def _progress() -> Iterator[Tell]:
    """A bar for each step, on the error stream, so that results can be piped."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as progress:
        bars: dict[str, Any] = {}

        def tell(step: str, done: int, total: int) -> None:
            if step not in bars:
                bars[step] = progress.add_task(step, total=total)
            progress.update(bars[step], completed=done)

        yield tell


RULES = ("nearest", "first", "longer", "chance")
OMITTED = {"neither": "neither name", "not_in_sight": "out of sight", "too_long": "too long"}
"""Why a pronoun is not asked about."""


def _tables(found: dict[str, Any]) -> Iterator[Table]:
    relations = _table(
        "The best head for each relation, on sentences that did not choose it",
        *("relation", "from", "n", "head", "score", "95 %", "offset", "its", "gain", "p (Holm)"),
    )
    for row in found["relations"]:
        relations.add_row(
            *(row["relation"], row["direction"].partition(" to ")[0], str(row["n"]), _head(row["head"])),
            *(_percent(row["score"]), _range(row["interval"]), f"{row['offset']:+d}"),
            *(_percent(row["baseline"]), f"{100 * row['gain']:+.1f}", f"{row['p_holm']:.4f}"),
        )
    yield relations
    names = _table(
        "Which of two names a pronoun means, on questions that did not choose the head",
        *("test", "n", "head", "score", "95 %", *RULES, "gain", "p"),
    )
    for test, row in found["names"].items():
        rules = [_percent(row["rules"][rule]) for rule in RULES]
        names.add_row(
            *(test, str(row["n"]), _head(row["head"]), _percent(row["score"]), _range(row["interval"])),
            *(*rules, f"{100 * row['gain']:+.1f}", f"{row['p']:.4f}"),
        )
    yield names
    asked = _table("What was asked of each test", "test", "all", *OMITTED.values(), "used")
    for test, row in found["name_counts"].items():
        asked.add_row(test, *(str(row[each]) for each in ("n", *OMITTED, "used")))
    yield asked
    measures = _table("Measures over all heads", "measure", "least", "median", "most", "head with most")
    for name, rows in found["measures"].items():
        flat = sorted(
            (value, layer, head) for layer, row in enumerate(rows) for head, value in enumerate(row)
        )
        (low, *_), (middle, *_), (high, layer, head) = flat[0], flat[len(flat) // 2], flat[-1]
        measures.add_row(name, f"{low:.3f}", f"{middle:.3f}", f"{high:.3f}", _head([layer, head]))
    yield measures


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for place, column in enumerate(columns):
        word = place == 0 or column == "from"
        table.add_column(column, justify="left" if word else "right", no_wrap=not word)
    return table


def _head(place: list[int]) -> str:
    return f"{place[0]}-{place[1]}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _range(ends: list[float | None]) -> str:
    return "-".join("?" if end is None else f"{100 * end:.0f}" for end in ends)
