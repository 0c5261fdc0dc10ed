"""What came of each notebook, on disk as soon as it is known: a run that was ended goes on where it was.

A result is filed under a digest of what was handed in, what was released and who judged it. When one of these
changes there is no result yet; the old one stays, for whoever wants to look.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mha_lessons import __version__
from mha_lessons.classroom.limits import Limits
from mha_lessons.classroom.result import Result
from mha_lessons.classroom.submission import Cell
from mha_lessons.files import write_whole

LIMITED = ("timeout", "out of memory", "crashed")
"""What may come out otherwise under other limits."""


def digest_of(student: str, notebook: str, handed_in: str, released: Sequence[Cell], timestamp: str) -> str:
    """The name that a result is filed under."""
    cells = [[cell.kind, cell.source, dict(cell.marks or {})] for cell in released]
    parts = [__version__, student, notebook, handed_in, cells, timestamp]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


class Ledger:
    """The results of an assignment, a file each.

    Args:
        folder: where they are; made with the first.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._merged: dict[tuple[str, str], set[str]] | None = None

    def find(self, digest: str, limits: Limits) -> Result | None:
        """The result, if there is one that these limits would not change. A broken file is none."""
        try:
            content = json.loads(self._path(digest).read_text(encoding="utf-8"))
            result = _result(content["result"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return None if result.status in LIMITED and result.limits != limits else result

    def keep(self, result: Result, *, merged: bool = False) -> None:
        """Write a result down; `merged` says that the gradebook has it."""
        content = {"merged": merged, "version": __version__, "result": asdict(result)}
        write_whole(self._path(result.digest), json.dumps(content, indent=1) + "\n")
        if merged:
            self._known().setdefault((result.student, result.notebook), set()).add(result.digest)

    def forget_merged(self, student: str, notebook: str) -> None:
        """Say of all results of a notebook that the gradebook does not have them: it gets another."""
        for digest in self._known().pop((student, notebook), set()):
            path = self._path(digest)
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            write_whole(path, json.dumps({**content, "merged": False}, indent=1) + "\n")

    def _known(self) -> dict[tuple[str, str], set[str]]:
        """Digests of what is marked as merged, by student and notebook; the folder is read once."""
        if self._merged is None:
            self._merged = {}
            for path in self.folder.glob("*.json"):
                try:
                    content = json.loads(path.read_text(encoding="utf-8"))
                    own = content["result"]["student"], content["result"]["notebook"]
                    if content["merged"] is True:
                        self._merged.setdefault(own, set()).add(path.stem)
                except (OSError, ValueError, KeyError, TypeError):
                    continue
        return self._merged

    def is_merged(self, digest: str) -> bool:
        """Whether the gradebook has the result."""
        try:
            return json.loads(self._path(digest).read_text(encoding="utf-8"))["merged"] is True
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def _path(self, digest: str) -> Path:
        return self.folder / f"{digest}.json"


def _result(content: dict[str, Any]) -> Result:
    texts = {name: tuple(row) for name, row in content.pop("texts").items()}
    reports = {name: tuple(row) for name, row in content.pop("reports").items()}
    limits, notes = Limits(**content.pop("limits")), tuple(content.pop("notes"))
    return Result(**content, texts=texts, reports=reports, limits=limits, notes=notes)
