"""Sizes as a reader takes them in: 16,640, 6.44 billion, 512 KiB. Twin: `widgets/core/units.ts`."""

import math

BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
COUNTS = ("", "thousand", "million", "billion", "trillion")
FLOPS = ("FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP")


def bytes_text(size: float) -> str:
    """Bytes in powers of 1024, to three digits.

    >>> bytes_text(512 * 1024), bytes_text(69120), bytes_text(0.5)
    ('512 KiB', '67.5 KiB', '0.5 B')
    """
    return _scaled(size, 1024, BYTES)


def flops_text(count: float) -> str:
    """Floating-point operations in powers of 1000, to three digits.

    >>> flops_text(33_280), flops_text(8_589_934_592)
    ('33.3 kFLOP', '8.59 GFLOP')
    """
    return _scaled(count, 1000, FLOPS)


def count_text(count: float) -> str:
    """A count: every digit below a million, three of them above.

    >>> count_text(16_640), count_text(6_442_450_944)
    ('16,640', '6.44 billion')
    """
    return f"{int(count):,}" if count < 1e6 else _scaled(count, 1000, COUNTS)


def ratio_text(value: float, reference: float) -> str:
    """How many times as much, in a word.

    >>> [ratio_text(*pair) for pair in ((8, 8), (32, 8), (2, 8))]
    ['same', '× 4', '÷ 4']
    """
    if value == reference:
        return "same"
    if not value or not reference:
        return "new" if value else "none"
    return f"× {_digits(value / reference)}" if value > reference else f"÷ {_digits(reference / value)}"


def _scaled(size: float, step: int, names: tuple[str, ...]) -> str:
    power = 0
    # 999.6 would be written as 1000: it belongs to the next unit
    while power < len(names) - 1 and size >= (step if step == 1024 else 999.5):
        size, power = size / step, power + 1
    return f"{_digits(size)} {names[power]}".rstrip()


def _digits(size: float) -> str:
    """Three digits, halves up, without zeros at the end; four where the number has four before the point."""
    places = 100 if size < 9.995 else 10 if size < 99.95 else 1
    rounded = math.floor(size * places + 0.5) / places
    return repr(rounded).removesuffix(".0")
