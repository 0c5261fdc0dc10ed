"""How long a page takes: words to read, and figures to move."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from book.theme.nodes.widgets import PAGE_MIME
from book.theme.registry import Node

WORDS = 200
"""Read in a minute: fewer than of a novel, since one stops to think."""
FIGURE, QUESTION = 120, 30
"""Seconds for a figure that moves, and for a question with its answer."""
STILL = 20
"""Seconds for a formula, a table, a picture or what a cell printed."""
LINE = 4
"""Seconds for a line of code that is shown; code behind a fold is not counted."""
HOW = (
    f"Times are counted, not measured: {WORDS} words a minute, {FIGURE // 60} minutes for each figure that moves, "
    f"half a minute for each question, {STILL} seconds for a formula, a table or a picture, and {LINE} for a line "
    "of code. Exercises, solutions and folded code are not in it."
)
LEFT_OUT = {"exercise", "solution", "comment", "footnoteDefinition"}


@dataclass(frozen=True)
class Time:
    """Minutes that a page takes."""

    read: float
    play: float

    @property
    def minutes(self) -> int:
        """Both together, in whole minutes."""
        return max(1, round(self.read + self.play))

    @property
    def parts(self) -> str:
        """What they go to, in words."""
        play = min(self.minutes, round(self.play))
        return f"{self.minutes - play} to read and {play} to play" if play else "to read"

    def __str__(self) -> str:
        return f"{self.minutes} minute{'s' if self.minutes > 1 else ''}"


def reading_time(root: Node) -> Time:
    """The time for a page, or for a part of it.

    Args:
        root: a node of the AST.

    >>> str(reading_time({"type": "text", "value": "word " * 500}))
    '2 minutes'
    """
    read = play = 0.0
    for node in _seen(root):
        match node["type"]:
            case "text" | "inlineCode" | "inlineMath":
                read += len(node["value"].split()) * 60 / WORDS
            case "code":
                read += LINE * (node["value"].strip().count("\n") + 1)
            case "math" | "table":
                read += STILL
            case "output":
                widget = _widget(node)
                if widget is None:
                    read += STILL
                else:
                    play += QUESTION if widget == "self_check" else FIGURE
    return Time(read / 60, play / 60)


def _seen(node: Node) -> Iterator[Node]:
    """The nodes that a reader sees before opening anything."""
    if node.get("visibility") in ("hide", "remove") or node["type"] in LEFT_OUT:
        return
    yield node
    for child in node.get("children", ()):
        yield from _seen(child)


def _widget(output: Node) -> str | None:
    """The name of the widget that a cell gave back, or None."""
    bundle = output.get("jupyter_data", {}).get("data", {}).get(PAGE_MIME)
    return None if bundle is None else str(json.loads(bundle["content"])["widget"])
