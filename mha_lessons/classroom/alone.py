"""One grading of a course at a time: two would take each other's files away."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mha_lessons.classroom.problem import CourseError
from mha_lessons.files import reason, write_whole

LOCK, HOLDER = "grading/lock", "grading/process.txt"


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold a course. The system lets go of it when this process ends, however it does.

    Raises:
        CourseError: another process holds it; the sentence says which.
        LessonError: nothing can be written there.
    """
    lock, holder = FileLock(root / LOCK), root / HOLDER
    lock_folder = Path(lock.lock_file).parent
    try:
        lock_folder.mkdir(exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise CourseError(
            f"{root} is being graded already, by {_read(holder)}: "
            "wait until that is done, or end it; what it has graded is kept."
        ) from None
    except OSError as error:
        raise CourseError(
            f"{lock_folder} cannot be written ({reason(error)}): grade where you may write."
        ) from error
    try:
        write_whole(holder, f"process {os.getpid()} on {platform.node()}\n")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _read(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8").strip() or "another process"
    except OSError:
        return "another process"
