"""What a reader can set, and what is wrong with it. Twin: `widgets/core/params.ts`, word for word."""

import math
import re
from dataclasses import dataclass

from mha_lessons.tokens import tokenize

MAX_TOKENS = 256
MAX_CHARACTERS = 10_000
MIN_D_MODEL = 4
MAX_D_MODEL = 256
MIN_D_MODEL_DESIGNED = 16
MAX_WIDTH = 1024
MAX_ATTENTION_WEIGHTS = 2**24
MIN_TEMPERATURE = 0.05
MAX_TEMPERATURE = 20
MAX_SEED = 2**32 - 1
MAX_GATE = 10
"""A gate may be any number of at most this size; the controls offer 0, 0.5, 1 and 2."""


@dataclass(frozen=True)
class Params:
    """What a widget computes from. Nothing is checked here: see `check`."""

    text: str
    num_heads: int = 4
    d_model: int = 64
    d_head: int | None = None
    """None: d_model // num_heads"""
    causal: bool = False
    temperature: float = 1.0
    """Scores are divided by it."""
    seed: int = 0
    source: str = "random"
    """random, or designed"""

    @property
    def head_width(self) -> int:
        """The width of one head that these parameters ask for."""
        return int(self.d_model) // int(self.num_heads) if self.d_head is None else int(self.d_head)


def check(params: Params) -> str | None:
    """None, or one sentence that says what is wrong and what would work.

    Fields may hold anything, since they may come from a page or a file; the first fault is named.

    >>> check(Params("She left", num_heads=3, d_model=64))
    'd_model = 64 cannot be split into 3 equal heads. Try 2 or 4.'
    >>> check(Params("She left")) is None
    True
    """
    return (
        _check_types(params)
        or _check_text(params.text)
        or _check_heads(int(params.num_heads), int(params.d_model), params.d_head)
        or _check_size(len(tokenize(params.text)), int(params.num_heads))
        or (
            f"Designed heads need d_model = {MIN_D_MODEL_DESIGNED} or more, got {int(params.d_model)}. "
            f"Try {MIN_D_MODEL_DESIGNED}."
            if params.source == "designed" and params.d_model < MIN_D_MODEL_DESIGNED
            else None
        )
    )


def check_gates(gates: object) -> str | None:
    """None, or one sentence that says what is wrong with the gates.

    >>> check_gates([1, math.nan])
    'gates should be a list of numbers from -10 to 10, one for each head, got NaN for head 1.'
    """
    wanted = f"gates should be a list of numbers from -{MAX_GATE} to {MAX_GATE}, one for each head"
    if not isinstance(gates, list | tuple):
        return f"{wanted}, got {describe(gates)}."
    for head, gate in enumerate(gates):
        if not (is_number(gate) and abs(gate) <= MAX_GATE):
            return f"{wanted}, got {describe(gate)} for head {head}."
    return None


def _check_types(p: Params) -> str | None:
    """Each value alone."""
    if not isinstance(p.text, str):
        return f"text should be a sentence, got {describe(p.text)}."
    if not is_whole(p.d_model, MIN_D_MODEL, MAX_D_MODEL):
        return (
            f"d_model should be a whole number from {MIN_D_MODEL} to {MAX_D_MODEL}, "
            f"got {describe(p.d_model)}."
        )
    if not is_whole(p.num_heads, 1, MAX_WIDTH):
        return f"num_heads should be a whole number from 1 to {MAX_WIDTH}, got {describe(p.num_heads)}."
    if p.d_head is not None and not is_whole(p.d_head, 1, MAX_WIDTH):
        return (
            f"d_head should be a whole number from 1 to {MAX_WIDTH}, or nothing for d_model // num_heads, "
            f"got {describe(p.d_head)}."
        )
    if not isinstance(p.causal, bool):
        return f"causal should be true or false, got {describe(p.causal)}."
    if not is_number(p.temperature) or not MIN_TEMPERATURE <= p.temperature <= MAX_TEMPERATURE:
        return (
            f"temperature should be a number from {MIN_TEMPERATURE} to {MAX_TEMPERATURE}, "
            f"got {describe(p.temperature)}."
        )
    if not is_whole(p.seed, 0, MAX_SEED):
        return f"seed should be a whole number from 0 to {MAX_SEED}, got {describe(p.seed)}."
    if p.source not in ("random", "designed"):
        return f'source should be "random" or "designed", got {describe(p.source)}.'
    return None


def _check_text(text: str) -> str | None:
    # Counted first, so that a text of megabytes is refused without being cut into tokens.
    if len(text) > MAX_CHARACTERS:
        return f"The sentence has {len(text)} characters. At most {MAX_CHARACTERS} fit: shorten it."
    tokens = len(tokenize(text))
    if tokens == 0:
        return "The sentence is empty. Type at least one word."
    if tokens > MAX_TOKENS:
        return f"The sentence has {tokens} words and punctuation marks. At most {MAX_TOKENS} fit: shorten it."
    return None


def _check_heads(num_heads: int, d_model: int, d_head: int | None) -> str | None:
    if d_head is None and d_model % num_heads:
        divisors = [number for number in range(1, d_model + 1) if d_model % number == 0]
        fewer = [number for number in divisors if number < num_heads][-1:]
        more = [number for number in divisors if number > num_heads][:1]
        advice = " or ".join(map(str, fewer + more))
        return f"d_model = {d_model} cannot be split into {num_heads} equal heads. Try {advice}."
    if d_head is not None and num_heads * d_head > MAX_WIDTH:
        return (
            f"{num_heads} heads of width {int(d_head)} are {num_heads * int(d_head)} numbers side by side. "
            f"At most {MAX_WIDTH} fit: try d_head = {MAX_WIDTH // num_heads}."
        )
    return None


def _check_size(tokens: int, num_heads: int) -> str | None:
    weights = num_heads * tokens**2
    if weights <= MAX_ATTENTION_WEIGHTS:
        return None
    return (
        f"{num_heads} heads over {tokens} tokens are {weights} attention weights. "
        f"At most {MAX_ATTENTION_WEIGHTS} fit: try {MAX_ATTENTION_WEIGHTS // tokens**2} heads."
    )


def is_number(value: object) -> bool:
    """Whether a value is a number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: object, low: int, high: int) -> bool:
    """Whether `value` is a whole number in the range; 4.0 is one, since JSON does not tell it from 4."""
    return (
        isinstance(value, int | float) and is_number(value) and low <= value <= high and value == int(value)
    )


def describe(value: object) -> str:
    """A refused value in words: a number as JavaScript writes it, anything else by its kind.

    >>> describe(16.0), describe([1]), describe("<b>")
    ('16', 'a list', 'text')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"' if re.fullmatch("[a-z_]{1,20}", value) else "text"
    if isinstance(value, list | tuple):
        return "a list"
    if not isinstance(value, int | float):
        return "an object"
    try:
        number = float(value) + 0.0  # no -0
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "infinity" if number > 0 else "-infinity"
    # repr writes 16.0 and 1e-07 where JavaScript writes 16 and 1e-7
    return re.sub(r"e\+?(-?)0*", r"e\1", repr(number)).removesuffix(".0")
