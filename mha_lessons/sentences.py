"""Prepared sentences: what the heads of two trained models do with them, without the models.

`mha_lessons/data/sentences` holds the list of sentences and, for each model and sentence, one classic script
that a page loads when the sentence is chosen; what it assigns is JSON. `models.prepared` makes the scripts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mha_lessons.packed import Packed

FOLDER = Path(__file__).parent / "data" / "sentences"
MODELS = ("minilm", "smollm2")


@dataclass(frozen=True)
class Prepared:
    """One sentence in one model.

    Attributes:
        packed: the weights.
        token: the place of the token that the question is about.
        source: the package that carries the model's weights, with its version.
    """

    packed: Packed
    token: int
    source: str


@cache
def sentences() -> dict[str, dict[str, str]]:
    """Every prepared sentence by name: what it is about, its text, the word to look from, a question.

    >>> sentences()["she"]["text"]
    'The doctor thanked Mary because she had helped him.'
    """
    found: list[dict[str, str]] = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
    return {each["name"]: each for each in found}


def prepared(model: str, sentence: str) -> Prepared:
    """The weights of a model on a prepared sentence.

    Args:
        model: "minilm" or "smollm2".
        sentence: a name from `sentences()`.

    Raises:
        ValueError: no such model or sentence.

    >>> found = prepared("minilm", "she").packed
    >>> len(found.layers), found.num_heads, found.tokens[6]
    (6, 12, 'she')
    """
    if model not in MODELS or sentence not in sentences():
        known = ", ".join(MODELS if model not in MODELS else sentences())
        what = f"model {model!r}" if model not in MODELS else f"sentence {sentence!r}"
        raise ValueError(f"there is no prepared {what}: choose one of {known}")
    found = read_script(script_path(model, sentence).read_text(encoding="utf-8"))
    return Prepared(Packed.from_json(found), found["token"], found["source"])


def script_path(model: str, sentence: str) -> Path:
    """Where the script of a sentence lies."""
    return FOLDER / model / f"{sentence}.js"


def write_script(model: str, sentence: str, content: dict[str, Any]) -> str:
    """A classic script that leaves its content where the page finds it: `file://` lets no page load else.

    >>> read_script(write_script("minilm", "she", {"token": 6}))
    {'token': 6}
    """
    place = json.dumps(f"{model}/{sentence}")
    return f"(globalThis.mhaSentences ??= {{}})[{place}] =\n{json.dumps(content, ensure_ascii=True)};\n"


def read_script(script: str) -> dict[str, Any]:
    """The content of a script that `write_script` has made."""
    found: dict[str, Any] = json.loads(script.partition("\n")[2].strip().removesuffix(";"))
    return found
