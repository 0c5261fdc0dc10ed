"""What lies in a reader's folder: the chapters as notebooks, and the exercises beside them."""

from __future__ import annotations

import json

from mha_lessons.exercises.checks import NAMES
from mha_lessons.exercises.sources import read
from mha_lessons.notebooks import notebooks as chapters
from mha_lessons.notebooks.save import KEY, digest


def lessons() -> dict[str, bytes]:
    """All notebooks, by their place in the folder: what `mha_lessons.notebooks.save` writes there."""
    return chapters() | notebooks()


def notebooks() -> dict[str, bytes]:
    """The student version of every exercise, by its place in the folder; `save` of the chapters writes it.

    >>> list(notebooks())[0]
    'exercises/01-predict_pattern.ipynb'
    """
    files = {}
    for number, name in enumerate(NAMES, 1):
        made = read(name).notebook("student")
        made["metadata"][KEY] = {"exercise": name, "sha256": digest(made)}
        text = json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        files[f"exercises/{number:02}-{name}.ipynb"] = text.encode()
    return files
