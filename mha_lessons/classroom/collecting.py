"""nbgrader's `collect`, which follows no link and which no single folder ends.

Students own the folders of their submissions in the exchange, and put there what they like. A link is copied
as a link, which the grading then calls invalid; nbgrader would copy the file that it leads to, a solution of
the teacher's for one. A folder that another account made is not taken for a student's: by its later time it
would take the place of the student's own. The course's `nbgrader_config.py` names this class.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns

from mha_lessons.classroom.plain_files import FILE
from mha_lessons.classroom.submission import is_student

TROUBLE = "trouble"
"""The entry of a record that says, as the end of a sentence, why it is not collected."""


class Collect(ExchangeCollect):
    """Collects what is a folder, and names what is not."""

    src_records: list[dict[str, Any]]

    def _path_to_record(self, path: str) -> dict[str, Any]:
        name = os.path.basename(path)
        try:
            record: dict[str, Any] = super()._path_to_record(path)
        except (ValueError, OverflowError):
            trouble = "has no time in its name"
        else:
            if os.path.islink(path):
                trouble = "is a link, not a folder"
            elif not os.path.isdir(path):
                trouble = "is not a folder"
            elif not is_student(record["username"]):
                trouble = "has a name that no student can have"
            elif owner := self._stranger(path, record["username"]):
                trouble = f"was put there by the account {owner}"
            else:
                return record
        # in a group of its own, so that it takes the place of no submission
        return {"username": name, "filename": name, "timestamp": datetime.min, TROUBLE: trouble}

    def copy_files(self) -> None:
        """Collect each submission; those that cannot be are said, and the next one comes."""
        records = self.src_records
        for record in records:
            if TROUBLE in record:
                self._skip(record, record[TROUBLE])
                continue
            self.src_records = [record]
            try:
                super().copy_files()
            except Exception as error:  # nbgrader's own are of many kinds
                self._skip(record, f"cannot be collected ({error})")
        self.src_records = records
        if not records:
            super().copy_files()  # says so

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy a folder with its links as links, within nbgrader's limits; half a copy does not stay."""
        most = 1000 * self.coursedir.max_dir_size
        if (size := self.get_size(src)) > most:
            raise OSError(f"it has {size:,} bytes, and may have {most:,}")
        settings = self.coursedir
        ignored = ignore_patterns(settings.ignore, settings.include, settings.max_file_size, self.log)
        try:
            shutil.copytree(src, dest, symlinks=True, ignore=ignored, copy_function=_copy)
        except OSError:
            shutil.rmtree(dest, ignore_errors=True)
            raise
        if self.coursedir.groupshared:
            _share(Path(dest))

    def _stranger(self, path: str, student: str) -> str:
        """Who made a folder, if that is neither the student nor the account that collects; else ""."""
        if not self.check_owner or sys.platform == "win32":
            return ""
        number = os.lstat(path).st_uid
        if number == os.getuid():  # all students are on one account, as on a hub; then nothing can be told
            return ""
        import pwd

        try:
            owner = pwd.getpwuid(number).pw_name
        except KeyError:
            owner = str(number)
        return "" if owner == student else owner

    def _skip(self, record: dict[str, Any], why: str) -> None:
        self.log.error("Not collected: %s %s.", ascii(record["filename"])[1:-1], why)


def _copy(source: str, dest: str) -> None:
    """Copy a plain file. One that has become a link since it was listed is an error, and so is a pipe."""
    with open(os.open(source, FILE), "rb") as given:
        if not stat.S_ISREG(os.fstat(given.fileno()).st_mode):
            raise OSError(f"{os.path.basename(source)} is not a plain file")
        with open(dest, "xb") as taken:
            shutil.copyfileobj(given, taken)


def _share(folder: Path) -> None:
    """Let the group write, as nbgrader's `groupshared` has it; what a link leads to stays as it is."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o2777 | (0o2770 if path.is_dir() else 0o660))
