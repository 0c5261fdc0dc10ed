"""Many runs at once: on processes of this machine, or on a Dask cluster.

Both are a `concurrent.futures.Executor`; nothing here knows which it has.
"""

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Event

from mha_lessons.experiments.problem import ResultsError
from mha_lessons.experiments.run import Run, run
from mha_lessons.experiments.settings import Settings

PATIENCE = 10
"""Seconds to wait for a scheduler's answer."""

_stopped: Callable[[], bool] = lambda: False  # noqa: E731 - replaced in a process of the pool


def sweep(executor: Executor, settings: Settings, which: Iterable[tuple[int, int]]) -> Iterator[Run]:
    """Runs with these head counts and seeds, each as soon as it is done.

    Raises:
        ResultsError: a worker ended before its time.
    """
    futures = [executor.submit(_work, settings, num_heads, seed) for num_heads, seed in which]
    try:
        for future in as_completed(futures):
            yield future.result()
    except (BrokenExecutor, CancelledError) as error:
        raise ResultsError(
            "a worker ended before its time, perhaps for want of memory: finished runs are kept, "
            "and the same command goes on."
        ) from error
    finally:
        for future in futures:
            future.cancel()


@contextmanager
def processes(jobs: int) -> Iterator[Executor]:
    """A pool of processes with one thread each; leaving it stops what still runs."""
    context = get_context("spawn")  # a fork would copy torch's threads in any state
    stop = context.Event()
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker, initargs=(stop,))
    try:
        yield pool
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a Dask scheduler; needs the package `distributed` here and mha-lessons on every worker.

    Raises:
        ResultsError: no `distributed`, no scheduler at this address, or workers that die of a run.
    """
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise ResultsError(
            "--scheduler needs the package distributed: run  pip install 'mha-lessons[cluster]'"
        ) from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ResultsError(
            f"no Dask scheduler answers at {address}: start one with  dask scheduler  and give the address "
            "it shows, such as tcp://127.0.0.1:8786"
        ) from error
    with client:
        try:
            yield client.get_executor()
        except KilledWorker as error:
            raise ResultsError(f"a run ended several workers, and was given up: {error}") from error


def _start_worker(stop: Event) -> None:
    """Ctrl-C reaches all processes; a worker leaves it to the one that started it, and heeds `stop`."""
    global _stopped
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _stopped = stop.is_set


def _work(settings: Settings, num_heads: int, seed: int) -> Run:
    return run(settings, num_heads, seed, _stopped)
