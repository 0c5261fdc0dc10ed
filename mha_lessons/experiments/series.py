"""A series of runs that is written down as it goes, and can be gone on with."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from pathlib import Path

from mha_lessons.experiments.problem import ResultsError, SettingsError
from mha_lessons.experiments.results import go_on
from mha_lessons.experiments.run import Run
from mha_lessons.experiments.settings import Settings
from mha_lessons.experiments.sweep import sweep
from mha_lessons.experiments.trained import is_kept, save_trained


class Series:
    """All head counts with all seeds. What the file holds already is not run again.

    Args:
        settings: of all runs.
        heads: head counts.
        seeds: one run each, for each head count.
        path: the file of results; written at once, so that a bad place shows before the work.
        weights: a folder for the trained weights, or None.
        command: how to make these runs again; it goes into the files.

    Raises:
        SettingsError: a head count or a seed that no run can have.
        ResultsError: the file, or one of weights, holds something else, and stays as it is; or weights are
            asked for that nobody keeps.
        LessonError: the file cannot be written.
    """

    def __init__(
        self,
        settings: Settings,
        heads: Sequence[int],
        seeds: Sequence[int],
        path: Path,
        *,
        weights: Path | None = None,
        command: str = "",
    ) -> None:
        if not heads or not seeds:
            raise SettingsError(
                f"at least one head count and one seed are needed, got {heads!r} and {seeds!r}"
            )
        for num_heads in heads:
            for seed in (min(seeds), max(seeds)):
                settings.check_run(num_heads, seed)
        if weights is not None and settings.experiment == "induction":
            raise ResultsError("weights of induction are not kept: only those of one-layer models are.")
        self.settings, self.path, self.weights, self.command = settings, path, weights, command
        self.all = list(dict.fromkeys((num_heads, seed) for num_heads in heads for seed in seeds))
        self.results = go_on(path, settings)
        if self.todo and command not in self.results.commands:
            self.results.commands.append(command)
        self.results.save(path)

    @property
    def todo(self) -> list[tuple[int, int]]:
        """Head counts and seeds whose run is missing, or the weights of it that are asked for."""
        return [each for each in self.all if not self._there(*each)]

    def go(self, executor: Executor) -> Iterator[Run]:
        """Do what is to be done; each run is in the file before it is given out.

        Raises:
            WorkersError: a worker ended before its time; what was finished is in the file.
        """
        for run in sweep(executor, self.settings, self.todo):
            self.results.runs[run.key] = run
            if self.weights is not None and run.status == "done":
                save_trained(self.weights, self.settings, run, self.command)
            self.results.save(self.path)
            yield run

    def _there(self, num_heads: int, seed: int) -> bool:
        run = self.results.runs.get((num_heads, seed))
        kept = self.weights is None or is_kept(self.weights, self.settings, num_heads, seed)
        return run is not None and (kept or run.status != "done")
