"""The functions that draw nodes, by family. Importing this package fills `registry.DRAW`."""

from book.theme.nodes import (
    asides,
    blocks,
    code,
    evidence,
    figures,
    frames,
    notes,
    outputs,
    references,
    text,
    widgets,
)

__all__ = [
    "asides",
    "blocks",
    "code",
    "evidence",
    "figures",
    "frames",
    "notes",
    "outputs",
    "references",
    "text",
    "widgets",
]
