"""Files that are written whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from mha_lessons.problem import LessonError


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file, and its folder where there is none.

    Raises:
        LessonError: the place cannot be written; what was there before is still there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise LessonError(
            f"{path} cannot be written ({reason(error)}): nothing of it was changed."
        ) from error


def reason(error: OSError) -> str:
    """What the system says is wrong, to stand in a sentence.

    >>> reason(OSError(28, "No space left on device"))
    'no space left on device'
    """
    return (error.strerror or str(error)).lower()


def replace_file(path: Path, content: bytes) -> None:
    """Write a file beside its place, then move it there: at no time is half a file to be seen."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
