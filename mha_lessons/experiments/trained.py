"""Weights of trained one-layer models in files, and those that come with the package.

The numbers are rounded to float16, which halves the files; they are handed out as float32. Names are those of
`mha_lessons.experiments.reader`. The file's metadata say with what the model was trained, and what it can do.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from mha_lessons.experiments.evaluation import evaluate
from mha_lessons.experiments.model import Reader
from mha_lessons.experiments.problem import ResultsError
from mha_lessons.experiments.run import Run
from mha_lessons.experiments.settings import Settings
from mha_lessons.experiments.task import Task
from mha_lessons.files import write_whole

FOLDER = Path(__file__).parents[1] / "data" / "experiments"
"""Results and weights that come with the package."""


def file_of(settings: Settings, num_heads: int, seed: int) -> str:
    """What the weights of a run are called.

    >>> file_of(Settings("juggling"), 8, 0)
    'juggling_h8_seed0.safetensors'
    """
    return f"{settings.experiment}_h{num_heads}_seed{seed}.safetensors"


def is_kept(folder: Path, settings: Settings, num_heads: int, seed: int) -> bool:
    """Whether the weights of a run are in a folder.

    Raises:
        ResultsError: the file with their name holds something else, or weights of other settings.
    """
    path = folder / file_of(settings, num_heads, seed)
    if not path.exists():
        return False
    there = Settings(**about_trained(str(path))["settings"])
    if there != settings:
        raise ResultsError(
            f"{path} holds weights with {there.unlike(settings)}, and stays as it is: name another folder."
        )
    return True


def save_trained(folder: Path, settings: Settings, run: Run, command: str) -> Path:
    """Write the weights of a run and give the file's path. The scores in it are of the rounded weights.

    Raises:
        ResultsError: the run kept no weights: only one-layer models do.
        LessonError: the place cannot be written.
    """
    from safetensors.numpy import save

    if not run.weights:
        raise ResultsError(
            f"weights of {settings.experiment} are not kept: only those of one-layer models are."
        )
    rounded = {name: weight.astype(np.float16) for name, weight in run.weights.items()}
    model = _reader(settings, run.num_heads)
    model.set_weights(rounded)
    about = {
        "settings": json.dumps(asdict(settings)),
        "num_heads": str(run.num_heads),
        "seed": str(run.seed),
        "score": json.dumps(evaluate(model, settings.task(), seed=run.seed)._asdict()),
        "command": command,
    }
    path = folder / file_of(settings, run.num_heads, run.seed)
    write_whole(path, save(rounded, metadata=about))
    return path


def trained() -> list[str]:
    """The names of the models that come with the package.

    >>> "juggling_h8_seed0" in trained()
    True
    """
    return sorted(path.stem for path in FOLDER.glob("*.safetensors"))


def load_trained(name: str) -> tuple[Reader, Task]:
    """A trained model and its task.

    Args:
        name: one of `trained()`, or the path of a file that `mha-lessons train --weights` wrote.

    Raises:
        ResultsError: there is no such model, or the file holds something else.

    >>> model, task = load_trained("juggling_h8_seed0")
    >>> model.attention.num_heads, task.answers
    (8, 4)
    """
    from safetensors.numpy import load_file

    about = about_trained(name)
    settings = Settings(**about["settings"])
    model = _reader(settings, about["num_heads"])
    model.set_weights({key: w.astype(np.float32) for key, w in load_file(_path(name)).items()})
    return model, settings.task()


def about_trained(name: str) -> dict[str, Any]:
    """settings, num_heads, seed, score and command of a trained model; the same name and errors."""
    from safetensors import SafetensorError, safe_open

    path = _path(name)
    try:
        with safe_open(path, "numpy") as file:
            about = file.metadata()
        command = about.pop("command")
        return {key: json.loads(text) for key, text in about.items()} | {"command": command}
    except FileNotFoundError:
        raise ResultsError(
            f"there is no trained model {name!r}: take one of {', '.join(trained())}"
        ) from None
    except (OSError, SafetensorError, AttributeError, KeyError, ValueError) as error:
        raise ResultsError(f"{path} holds no trained model of an experiment.") from error


def _path(name: str) -> Path:
    return Path(name) if name.endswith(".safetensors") else FOLDER / f"{name}.safetensors"


def _reader(settings: Settings, num_heads: int) -> Reader:
    return Reader(settings.task(), num_heads, d_head=settings.d_head, mlp=settings.mlp)
