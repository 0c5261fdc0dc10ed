"""Reads files that somebody else may have put there: plain ones of an expected size, through no link."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
FILE = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # a pipe would wait for ever


class UnreadableError(Exception):
    """The file is not what was expected; the text says what it is, as the end of a sentence."""


def read_plain(root: Path, parts: Sequence[str], most: int) -> bytes | None:
    """The content of a file below a folder, or None if there is nothing of this name.

    Args:
        root: a folder of our own.
        parts: names of folders and of the file, none of which may be a link.
        most: bytes it may have.

    Raises:
        UnreadableError: it is a link, no plain file, too large, or cannot be read.
    """
    handles = [os.open(root, os.O_RDONLY)]
    try:
        for name in parts[:-1]:
            handles.append(_open(name, DIRECTORY, handles[-1], "a folder"))
        handles.append(_open(parts[-1], FILE, handles[-1], "a file"))
        about = os.fstat(handles[-1])
        if not stat.S_ISREG(about.st_mode):
            raise UnreadableError("is not a plain file")
        if about.st_size > most:
            raise UnreadableError(f"has {about.st_size:,} bytes, and may have {most:,}")
        with os.fdopen(os.dup(handles[-1]), "rb") as file:
            return file.read(most)
    except FileNotFoundError:
        return None
    finally:
        for handle in handles:
            os.close(handle)


def _open(name: str, flags: int, folder: int, wanted: str) -> int:
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise UnreadableError(f"has a name that no file has: {name!r}")
    try:
        return os.open(name, flags, dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise UnreadableError(f"is a link, not {wanted}") from None
        raise UnreadableError(f"cannot be read: {(error.strerror or str(error)).lower()}") from None
