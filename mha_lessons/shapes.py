"""Names for axes, and one sentence for a shape that is wrong."""

from collections.abc import Sequence
from typing import Protocol


class Shaped(Protocol):
    """A tensor, or any array: so that this module needs no torch."""

    @property
    def shape(self) -> Sequence[int]:
        """The length of each axis."""


def check_shape(name: str, tensor: Shaped, /, **axes: int | None) -> None:
    """Raise unless `tensor` has exactly these axes; `None` lets an axis have any length.

    Args:
        name: what to call the tensor in the error.
        tensor: anything with a `shape`.
        axes: the wanted axes in order, by name.

    Raises:
        ValueError: naming the tensor, the wanted axes, and the shape that came.

    >>> import torch
    >>> check_shape("x", torch.ones(2, 5, 8), batch=None, seq=None, d_model=8)
    >>> check_shape("x", torch.ones(2, 5, 7), batch=None, seq=None, d_model=8)
    Traceback (most recent call last):
    ValueError: x should be [batch, seq, d_model=8], got [2, 5, 7]
    """
    shape = tensor.shape
    if len(shape) == len(axes) and all(
        want is None or want == got for want, got in zip(axes.values(), shape, strict=True)
    ):
        return
    wanted = ", ".join(axis if size is None else f"{axis}={size}" for axis, size in axes.items())
    raise ValueError(f"{name} should be [{wanted}], got {list(shape)}")


def divisors(number: int) -> list[int]:
    """All whole numbers that divide `number`, in order.

    >>> divisors(12)
    [1, 2, 3, 4, 6, 12]
    """
    small = [i for i in range(1, int(number**0.5) + 1) if number % i == 0]
    return small + [number // i for i in reversed(small) if i * i != number]


def one_of(numbers: Sequence[int]) -> str:
    """A list of numbers as a reader would say it: '1, 2 or 4'."""
    words = [str(number) for number in numbers]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def choose_d_head(d_model: int, num_heads: int, d_head: int | None, num_kv_heads: int) -> int:
    """The width of a head, after the sizes of a layer have been found to fit each other.

    Args:
        d_model: width of a token vector.
        num_heads: query heads.
        d_head: width of one head; `None` means `d_model // num_heads`, which has to come out even.
        num_kv_heads: key/value heads; each serves `num_heads // num_kv_heads` query heads.

    Raises:
        ValueError: a size below 1, or sizes that do not divide; the sentence says which would.

    >>> choose_d_head(12, 4, None, 2)
    3
    >>> choose_d_head(12, 5, None, 5)
    Traceback (most recent call last):
    ValueError: d_model=12 does not divide into num_heads=5: take 1, 2, 3, 4, 6 or 12 heads, or give d_head
    """
    sizes = {"d_model": d_model, "num_heads": num_heads, "num_kv_heads": num_kv_heads}
    if d_head is not None:
        sizes["d_head"] = d_head
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ValueError(f"{name} should be a whole number of at least 1, got {size!r}")
    if num_heads % num_kv_heads:
        raise ValueError(
            f"num_heads={num_heads} does not divide into num_kv_heads={num_kv_heads}: "
            f"take {one_of(divisors(num_heads))} key/value heads"
        )
    if d_head is not None:
        return d_head
    if d_model % num_heads:
        raise ValueError(
            f"d_model={d_model} does not divide into num_heads={num_heads}: "
            f"take {one_of(divisors(d_model))} heads, or give d_head"
        )
    return d_model // num_heads
