"""What the tests of HeadSum and SplitOrProject share: the page's answers as tensors, and code that is run."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any

import numpy as np
import torch

from mha_lessons.params import Params


def tensor(answer: dict[str, Any], name: str, like: torch.Tensor) -> torch.Tensor:
    """An array of the page in the shape of torch's."""
    return torch.tensor([float(value) for value in answer[name]]).view(like.shape)


def params(question: dict[str, Any]) -> Params:
    """The layer's part of a question."""
    names = Params.__dataclass_fields__
    return Params(**{name: value for name, value in question.items() if name in names})


def printed(code: str) -> dict[str, np.ndarray]:
    """What the code says: an array under each name. It is run in a fresh process by the browser tests."""
    assert "mha_lessons" not in code
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code, {})
    torch.set_printoptions(profile="default")
    return tensors(said.getvalue())


def tensors(said: str) -> dict[str, np.ndarray]:
    """The arrays of a printout, each after a line with its name."""
    found = re.findall(r"^(.*)\ntensor\(([^)]*)\)", said, re.MULTILINE)
    return {name: np.array(eval(values, {"nan": np.nan, "inf": np.inf})) for name, values in found}
