"""Results as JSON: small, the same on every machine, and with all that is needed to make them again."""

from __future__ import annotations

import hashlib
import json
import math
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from mha_lessons.models import PACKAGED, Model

DIGITS = 4
LIBRARIES = ("torch", "transformers", "numpy", "scipy", "conllu")


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_sha256(model: Model) -> str:
    """The SHA-256 of a model's weights: what a run can be taken up with."""
    whole = hashlib.sha256()
    for name, weight in sorted(model.network.state_dict().items()):
        whole.update(name.encode())
        whole.update(weight.detach().contiguous().float().numpy().tobytes())
    return whole.hexdigest()


def about(model: Model) -> dict[str, Any]:
    """What the model is."""
    config = model.backbone.config
    place = PACKAGED.get(model.name)
    return {
        "name": model.name,
        "source": place.source if place else None,
        "package": f"{place.distribution} {_version(place.distribution)}" if place else None,
        "weights_sha256": weights_sha256(model),
        "layers": model.num_layers,
        "heads": model.num_heads,
        "kv_heads": getattr(config, "num_key_value_heads", None) or model.num_heads,
        "d_model": getattr(config, "hidden_size", None),
        "causal": model.causal,
        "start_token": None if model.start is None else model.tokenizer.convert_ids_to_tokens(model.start),
    }


def versions() -> dict[str, str]:
    """Of Python and of what the numbers depend on."""
    return {"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES}


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"


def as_json(results: dict[str, Any]) -> str:
    """Results as text: numbers to four digits, what is not a number as null, one line for each entry.

    >>> print(as_json({"b": [0.123456, float("nan")], "a": np.eye(2)}), end="")
    {
     "b": [0.1235,null],
     "a": [[1,0],[0,1]]
    }
    """
    lines = []
    for key, value in results.items():
        value = _plain(value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            text = "[\n  " + ",\n  ".join(map(_line, value)) + "\n ]"
        elif isinstance(value, dict):
            text = (
                "{\n  "
                + ",\n  ".join(f"{json.dumps(name)}: {_line(each)}" for name, each in value.items())
                + "\n }"
            )
        else:
            text = _line(value)
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        short = round(value, DIGITS)
        return int(short) if short == int(short) else short
    return value
