"""Reads what came out of a sandbox. All of it may have been written by the notebook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

READY = b'{"kind": "ready"'
OPENING = b'{"kind": '
MOST_LINE = 200_000
MOST_OUTCOME = 2 * 2**20
"""Bytes of one outcome, unfolded; the largest right one has a few thousand."""


@dataclass(frozen=True)
class Ran:
    """What a cell did: its text, its error if it raised one, and its value if that is a number."""

    text: str
    error: str | None
    value: str | None


@dataclass
class HandedOver:
    """All that can be read of the results.

    Attributes:
        cells: what the cells did, by their ids.
        outcomes: data and error of each case, by cell and number; the first that came.
        whole: whether the notebook came to its end.
        broken: whether something in between is not what the sandbox writes.
    """

    cells: dict[str, Ran] = field(default_factory=dict)
    outcomes: dict[tuple[str, int], tuple[bytes, str | None]] = field(default_factory=dict)
    whole: bool = False
    broken: bool = False


def read(results: bytes) -> HandedOver:
    """What the results hold, up to the first thing that cannot be read.

    >>> read(b'{"kind": "ready", "size": 0}\\n{"kind": "end", "size": 0}\\n').whole
    True
    >>> read(b"full marks, please").broken
    True
    """
    found = HandedOver()
    try:
        for said, data in _messages(results):
            _take(found, said, data)
    except (ValueError, TypeError, KeyError, RecursionError):
        found.broken = True
    return found


def _messages(results: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
    start = 0
    while start < len(results):
        end = results.find(b"\n", start, start + MOST_LINE)
        if end < 0:
            rest = results[start : start + MOST_LINE]
            if len(rest) == MOST_LINE or rest[: len(OPENING)] != OPENING[: len(rest)]:
                raise ValueError("no line of the sandbox")
            return  # it was ended in the middle of a line
        said = json.loads(results[start:end])
        size = said["size"]
        if not isinstance(said, dict) or type(size) is not int or size < 0:
            raise ValueError("no message of the sandbox")
        start = end + 1 + size
        if start > len(results):
            return
        yield said, results[end + 1 : start]


def _take(found: HandedOver, said: dict[str, Any], data: bytes) -> None:
    kind = said["kind"]
    if kind == "cell":
        ran = Ran(_words(said["text"]), _maybe(said["error"]), _maybe(said["value"]))
        found.cells.setdefault(_words(said["id"]), ran)
    elif kind == "outcome":
        if type(said["case"]) is not int:
            raise ValueError("no number of a case")
        key = _words(said["id"]), said["case"]
        found.outcomes.setdefault(key, (data, _maybe(said["error"])))
    elif kind == "end":
        found.whole = True
    elif kind != "ready":
        raise ValueError("no message of the sandbox")


def _words(value: object) -> str:
    """A text that every file can hold."""
    if not isinstance(value, str):
        raise ValueError("no text")
    clean = value.encode(errors="replace").decode()
    return "".join(each if each.isprintable() or each in "\n\t" else "�" for each in clean)


def _maybe(value: object) -> str | None:
    return None if value is None else _words(value)
