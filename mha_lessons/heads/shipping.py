"""The results that come with the package. Reading them needs neither torch nor a model."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def shipped(name: str) -> dict[str, Any]:
    """The results that come with the package: of "minilm" or "smollm2".

    Raises:
        ValueError: no results of that name are here.
    """
    folder = files("mha_lessons") / "data" / "heads"
    names = sorted(
        each.name.removesuffix(".json") for each in folder.iterdir() if each.name.endswith(".json")
    )
    if name not in names:
        raise ValueError(f"name should be one of {', '.join(names)}, got {name!r}")
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return found
