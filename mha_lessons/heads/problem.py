"""What can be wrong with the data that heads are measured on."""

from pathlib import Path

from mha_lessons.files import reason
from mha_lessons.problem import LessonError


class DataError(LessonError):
    """The data cannot be used; the message names the file and, where there is one, the line."""


def read_text(path: Path, what: str) -> str:
    """A text file, or one sentence about why not."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"There is no {what} {path}: give the path of the file.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({reason(error)}).") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{path}, line {line}: this is not UTF-8 text.") from error
