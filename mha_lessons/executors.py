"""Work on many things at once: on processes of this machine, or on a Dask cluster.

Both are a `concurrent.futures.Executor`; what is done on them knows not which it has.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.synchronize import Event
from typing import TypeVar

from mha_lessons.problem import LessonError

PATIENCE = 10
"""Seconds to wait for a scheduler's answer."""

Item = TypeVar("Item")
Done = TypeVar("Done")

_stop: Event | None = None


class WorkersError(LessonError):
    """There are no workers, or one of them is gone."""


def stopped() -> bool:
    """Whether the work of this process is to end; heeded by what takes long."""
    return _stop is not None and _stop.is_set()


def as_done(executor: Executor, work: Callable[[Item], Done], items: Iterable[Item]) -> Iterator[Done]:
    """What the work makes of each item, as soon as it is made.

    Raises:
        WorkersError: a worker ended before its time.
    """
    futures = [executor.submit(work, item) for item in items]
    try:
        for future in as_completed(futures):
            yield future.result()
    except (BrokenExecutor, CancelledError) as error:
        raise WorkersError(
            "a worker ended before its time, perhaps for want of memory: what is finished is kept, "
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
        WorkersError: no `distributed`, no scheduler at this address, or workers that die of a run.
    """
    try:
        from distributed import Client, KilledWorker
    except ImportError:
        raise WorkersError(
            "--scheduler needs the package distributed: run  pip install 'mha-lessons[cluster]'"
        ) from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise WorkersError(
            f"no Dask scheduler answers at {address}: start one with  dask scheduler  and give the address "
            "it shows, such as tcp://127.0.0.1:8786"
        ) from error
    with client:
        try:
            yield client.get_executor()
        except KilledWorker as error:
            raise WorkersError(f"a run ended several workers, and was given up: {error}") from error


def _start_worker(stop: Event) -> None:
    """Ctrl-C reaches all processes; a worker leaves it to the one that started it, and heeds `stop`."""
    global _stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _stop = stop
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A pool whose owner was killed would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
