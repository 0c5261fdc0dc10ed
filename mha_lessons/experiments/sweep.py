"""Many runs at once, on whatever executor there is."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from functools import partial

from mha_lessons.executors import as_done, stopped
from mha_lessons.experiments.run import Run, run
from mha_lessons.experiments.settings import Settings


def sweep(executor: Executor, settings: Settings, which: Iterable[tuple[int, int]]) -> Iterator[Run]:
    """Runs with these head counts and seeds, each as soon as it is done.

    Raises:
        WorkersError: a worker ended before its time.
    """
    return as_done(executor, partial(_work, settings), which)


def _work(settings: Settings, which: tuple[int, int]) -> Run:
    return run(settings, *which, stopped)
