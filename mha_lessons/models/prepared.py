"""Make the prepared sentences: `python -m mha_lessons.models.prepared` writes mha_lessons/data/sentences.

It needs the packages that carry the two models (`mha_lessons.models.PACKAGED`) and a minute, most of it to
load SmolLM2. With the same versions of torch and transformers it writes the same files, byte for byte.
`python -m mha_lessons.models.prepared roles` only takes the roles from mha_lessons/data/heads.
"""

from __future__ import annotations

import gzip
import json
import sys
from importlib.metadata import version
from typing import Any

import torch

from mha_lessons.files import write_whole
from mha_lessons.models.model import Model
from mha_lessons.models.packaged import PACKAGED, load
from mha_lessons.packed import pack
from mha_lessons.problem import LessonError
from mha_lessons.sentences import FOLDER, MODELS, script_path, sentences, write_script

LAYERS = {"minilm": None, "smollm2": [0, 1, 4, 7, 10, 13, 16, 17, 18, 22, 26, 29]}
"""Layers that ship; None: all. Of SmolLM2's 30 some of each depth, and those whose heads are talked about."""

ROLES = {"pronoun to name": "pronoun", "verb and object": "object", "grammar": "grammar", "long range": "far"}
"""Names of the roles in the results, and in the page."""

MOST_BYTES = 70_000
"""One script, gzipped."""


def prepare(model: Model, sentence: str) -> str:
    """The script of one sentence.

    Raises:
        LessonError: the script would be too large, or the sentence lacks its word to look from.
    """
    about = sentences()[sentence]
    found = model.attentions(about["text"], layers=LAYERS[model.name])
    words = [word.lower() for word in found.words]
    if about["from"].lower() not in words:
        raise LessonError(
            f"the sentence {sentence!r} has no word {about['from']!r}: change `from` in index.json"
        )
    last = len(words) - 1 - words[::-1].index(about["from"].lower())
    packed = pack(
        found.attn.numpy(),
        found.tokens,
        special=found.encoded.special_places,
        words=found.word_of_token,
        layers=found.layers,
    )
    distribution = PACKAGED[model.name].distribution
    content: dict[str, Any] = packed.as_json() | {
        "token": found.encoded.tokens_of(last)[-1],
        "source": f"{distribution} {version(distribution)}",
    }
    script = write_script(model.name, sentence, content)
    if (size := packed_size(script)) > MOST_BYTES:
        raise LessonError(
            f"{script_path(model.name, sentence)} would have {size:,} bytes: shorten the sentence"
        )
    return script


def packed_size(script: str) -> int:
    """Bytes of a script on its way over the network."""
    return len(gzip.compress(script.encode(), 9, mtime=0))


def role_of(found: dict[str, Any]) -> dict[str, Any] | None:
    """What a page says of one role, from its row in the results; None where nothing could be asked.

    Of the tests of pronouns it is the one on gold data, GAP; the verdict speaks of all of them.
    """
    evidence = sorted(found["evidence"], key=lambda each: each["test"] != "GAP")
    if not evidence:
        return None
    best = evidence[0]
    layer, head = best["head"]
    low, high = best["interval"]
    numbers = {name: best[name] for name in ("score", "baseline", "n")}
    return {"layer": layer, "head": head, **numbers, "low": low, "high": high, "verdict": found["verdict"]}


def shipped_roles() -> dict[str, dict[str, Any]]:
    """The four roles of each model whose results are in mha_lessons/data/heads."""
    told: dict[str, dict[str, Any]] = {}
    for model in MODELS:
        results = FOLDER.parent / "heads" / f"{model}.json"
        if results.is_file():
            rows = json.loads(results.read_text(encoding="utf-8"))["roles"]
            found = {ROLES[row["role"]]: role_of(row) for row in rows if row["role"] in ROLES}
            told[model] = {name: role for name, role in found.items() if role}
    return told


def write_roles() -> None:
    """Write roles.json, which the page's script carries."""
    write_whole(FOLDER / "roles.json", json.dumps(shipped_roles(), indent=1, ensure_ascii=False) + "\n")


def write_sentences() -> None:
    """Write the scripts of both models, and remove those of sentences that are gone."""
    torch.manual_seed(0)
    for name in MODELS:
        model = load(name)
        sizes = {}
        for sentence in sentences():
            script = prepare(model, sentence)
            write_whole(script_path(name, sentence), script)
            sizes[sentence] = packed_size(script)
        for old in (FOLDER / name).glob("*.js"):
            if old.stem not in sentences():
                old.unlink()
        largest = max(sizes, key=sizes.__getitem__)
        whole, most = sum(sizes.values()), sizes[largest]
        print(f"{name}: {len(sizes)} sentences, {whole:,} bytes gzipped, at most {most:,} ({largest})")


if __name__ == "__main__":
    try:
        write_roles()
        if sys.argv[1:] != ["roles"]:
            write_sentences()
    except LessonError as error:
        sys.exit(str(error))
