"""Comparing arrays, and saying where they differ."""

from __future__ import annotations

import numpy as np

RTOL, ATOL = 1e-3, 2e-5  # float32 through a layer is off by 1e-6; the known wrong answers by 1e-2 and more


def close(came: np.ndarray, wanted: np.ndarray, atol: float = ATOL) -> bool:
    """Whether all numbers are the same but for rounding; NaN is the same as NaN.

    >>> close(np.array([1.0, np.nan]), np.array([1.000001, np.nan]))
    True
    """
    return bool(np.allclose(came, wanted, rtol=RTOL, atol=atol, equal_nan=True))


def count_off(came: np.ndarray, wanted: np.ndarray, atol: float = ATOL) -> int:
    """How many numbers are not the same."""
    return int((~np.isclose(came, wanted, rtol=RTOL, atol=atol, equal_nan=True)).sum())


def first_difference(came: np.ndarray, wanted: np.ndarray) -> tuple[int, ...]:
    """Place of the first NaN that should be none, or else of the largest difference."""
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(came.astype(np.float64) - wanted)
    gap = np.where(np.isnan(came) & np.isnan(wanted) | (came == wanted), 0, gap)
    gap = np.where(np.isnan(gap), np.inf, gap)
    return tuple(int(i) for i in np.unravel_index(np.argmax(gap), gap.shape))


def axes_text(axes: tuple[str, ...], shape: tuple[int, ...]) -> str:
    """Axis names with their lengths.

    >>> axes_text(("batch", "head"), (2, 3))
    'batch=2, head=3'
    """
    return ", ".join(f"{axis}={size}" for axis, size in zip(axes, shape, strict=True))


def at(place: tuple[int, ...], axes: tuple[str, ...]) -> str:
    """A place as text, to follow a name.

    >>> at((0, 2), ("head", "query"))
    ' at [head=0, query=2]'
    """
    return f" at [{axes_text(axes, place)}]" if place else ""


def times(came: np.ndarray, wanted: np.ndarray) -> float | None:
    """The one factor between all numbers, if there is one other than 0 and 1."""
    if not np.isfinite(came).all() or not np.isfinite(wanted).all() or not (wanted * wanted).sum():
        return None
    factor = float((came * wanted).sum() / (wanted * wanted).sum())
    off = abs(factor - 1) > 0.01 and abs(factor) > 1e-6
    return factor if off and came.size > 1 and close(came, factor * wanted) else None
