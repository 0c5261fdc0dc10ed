"""Numbers for cases."""

from __future__ import annotations

import numpy as np


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Standard normal numbers in float32."""
    return rng.standard_normal(shape).astype(np.float32)


def may_look(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """A mask in which every row has both: something to look at, and something not to."""
    allowed = rng.random(shape) < 0.5
    rows = np.arange(allowed[..., 0].size)
    flat = allowed.reshape(-1, shape[-1])
    places = np.argsort(rng.random(flat.shape), axis=1)
    flat[rows, places[:, 0]], flat[rows, places[:, 1]] = True, False
    return flat.reshape(shape)
