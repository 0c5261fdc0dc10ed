"""A file of results: one experiment, one set of settings, any number of runs."""

import json
import platform
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mha_lessons.experiments.problem import ResultsError
from mha_lessons.experiments.run import Run
from mha_lessons.experiments.settings import Settings
from mha_lessons.files import reason, write_whole

DIGITS = {"cpu_s": 2}
"""After the point, for a number of this name; 4 for all others."""


@dataclass
class Results:
    """What is in a file."""

    settings: Settings
    runs: dict[tuple[int, int], Run] = field(default_factory=dict)
    """by number of heads and seed"""
    commands: list[str] = field(default_factory=list)
    """those that made the runs, in order"""

    def of(self, num_heads: int) -> list[Run]:
        """The runs with this many heads, by seed."""
        return [self.runs[key] for key in sorted(self.runs) if key[0] == num_heads]

    @property
    def heads(self) -> list[int]:
        """The head counts there are."""
        return sorted({num_heads for num_heads, _ in self.runs})

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all; a run a line.

        Raises:
            LessonError: the place cannot be written.
        """
        head = {"experiment": self.settings.experiment, "settings": _settings(self.settings)}
        tail = {"versions": versions(), "command": " && ".join(self.commands)}
        lines = [json.dumps(_record(self.runs[key])) for key in sorted(self.runs)]
        first, last = json.dumps(head, indent=1)[:-2], json.dumps(tail, indent=1)[1:]
        runs = "[\n  " + ",\n  ".join(lines) + "\n ]" if lines else "[]"
        write_whole(path, f'{first},\n "runs": {runs},{last}\n')


def load(path: Path) -> Results:
    """Read a file of results.

    Raises:
        ResultsError: there is none, or it holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        names = {each.name for each in fields(Run)}
        runs = [
            Run(**{name: value for name, value in run.items() if name in names}) for run in content["runs"]
        ]
        settings = Settings(content["experiment"], **content["settings"])
        return Results(
            settings,
            {run.key: run for run in runs},
            content["command"].split(" && ") if content["command"] else [],
        )
    except IsADirectoryError:
        raise ResultsError(f"{path} is a folder: name a file for the results.") from None
    except OSError as error:
        raise ResultsError(f"{path} cannot be read ({reason(error)}).") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ResultsError(f"{path} holds no results of experiments: name another file.") from error


def go_on(path: Path, settings: Settings) -> Results:
    """The results in a file, to add to; empty if there is no such file.

    Raises:
        ResultsError: the file holds something else, or runs with other settings; it stays as it is.
    """
    if not path.exists():
        return Results(settings)
    there = load(path)
    if there.settings == settings:
        return there
    if there.settings.experiment != settings.experiment:
        other = f"results of {there.settings.experiment}"
    else:
        other = f"results with {there.settings.unlike(settings)}"
    raise ResultsError(f"{path} holds {other}, and stays as it is: name another file.")


def versions() -> dict[str, str]:
    """Of all that the numbers may depend on."""
    return {"python": platform.python_version()} | {
        name: version(name) for name in ("mha-lessons", "torch", "numpy")
    }


def _settings(settings: Settings) -> dict[str, Any]:
    return {name: value for name, value in asdict(settings).items() if name != "experiment"}


def _record(run: Run) -> dict[str, Any]:
    every = {each.name: getattr(run, each.name) for each in fields(Run) if each.name != "weights"}
    return {name: _rounded(value, DIGITS.get(name, 4)) for name, value in every.items() if value is not None}


def _rounded(value: Any, digits: int) -> Any:
    if isinstance(value, list):
        return [_rounded(each, digits) for each in value]
    return round(value, digits) if isinstance(value, float) else value
