"""Heads with hand-set queries and keys, so that patterns mean something. Twin: `widgets/core/designed.ts`.

The token vector x is laid out in channels that can be read (see `Layout`). A head is a list of columns; each
column is a question that a query asks and an answer that a key gives, both as weights on channels, and the
score is the sum over columns of question times answer. A head of width d_head has room for its first d_head
columns: a class head needs few, a position head many, so position heads blur or repeat as heads get thinner.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mha_lessons.embed import on_grid, word_row
from mha_lessons.lexicon import WORD_CLASSES, classify
from mha_lessons.philox import Purpose, uniform
from mha_lessons.weights import Weights, random_weights

PERIODS = (16, 4, 64, 8, 2, 32, 128, 256, 512)
"""Periods of the position code in tokens, the most useful first: x holds as many as it has room for."""
MATCH = 12.0
"""A full match scores this much above no match: e^12 / (e^12 + 64) = 99.96 % against 64 other keys."""
PLACE = 16.0
"""Among the words that match, the weight of a good place."""
SINK = 2 * PLACE + MATCH / 2
"""Enough to outbid any place, for queries to which the head does not apply."""

Weighted = Mapping[int, float]


class Column(NamedTuple):
    """One column of a head's w_q and w_k: channel -> weight."""

    asks: Weighted
    answers: Weighted


class Layout:
    """Where the channels of x stand.

    One channel per word class, one that is 1 for the first token only, sin and cos of the place for each
    period, and the rest +1 or -1 at random, the same for the same word.

    >>> layout = Layout(16)
    >>> layout.first, layout.periods, layout.sine(4), layout.identity
    (8, (16, 4), 11, 13)
    """

    def __init__(self, d_model: int) -> None:
        self.d_model = d_model
        self.first = len(WORD_CLASSES)
        self.periods = PERIODS[: (d_model - self.first) // 4]
        self.identity = self.first + 1 + 2 * len(self.periods)

    def sine(self, period: int) -> int:
        """The channel that holds sin of this period; cos is the next one."""
        return self.first + 1 + 2 * self.periods.index(period)


class Design(NamedTuple):
    """What a head does, and the columns it takes when it has room for so many."""

    role: str
    columns: Callable[[Layout, int], list[Column]]


def designed_vectors(tokens: Sequence[str], d_model: int, seed: int) -> NDArray[np.float32]:
    """Token vectors in readable channels, [seq, d_model].

    >>> designed_vectors(["she", "left"], 16, seed=0)[1, :9].tolist()  # a verb, not first
    [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    layout = Layout(d_model)
    x = np.zeros((len(tokens), d_model), dtype=np.float32)
    for place, word_class in enumerate(classify(tokens)):
        x[place, WORD_CLASSES.index(word_class)] = 1
        for period in layout.periods:
            sine = layout.sine(period)
            x[place, sine : sine + 2] = _on_circle(place, period)
    x[:1, layout.first] = 1
    identity = uniform(
        seed, Purpose.IDENTITY, [word_row(token) for token in tokens], d_model - layout.identity
    )
    x[:, layout.identity :] = np.sign(identity)
    return x


def designed_roles(num_heads: int) -> list[str]:
    """What each head was designed to do.

    >>> designed_roles(3)
    ['previous word', 'same word', 'pronoun → name']
    """
    return [DESIGNS[head % len(DESIGNS)].role for head in range(num_heads)]


def designed_weights(d_model: int, num_heads: int, d_head: int, seed: int) -> Weights:
    """Hand-set w_q and w_k, seeded w_v and w_o, in the shapes of `random_weights`.

    >>> [matrix.shape for matrix in designed_weights(16, 2, 3, seed=0)]
    [(16, 6), (16, 6), (16, 6), (6, 16)]
    """
    layout = Layout(d_model)
    weights = random_weights(d_model, num_heads * d_head, seed)
    w_q, w_k = np.zeros_like(weights.w_q), np.zeros_like(weights.w_k)
    for head in range(num_heads):
        columns = DESIGNS[head % len(DESIGNS)].columns(layout, d_head)[:d_head]
        for column, (asks, answers) in enumerate(columns, start=head * d_head):
            for channel, weight in asks.items():
                # The layer divides by sqrt(d_head): taken back, so that MATCH means the same at each width.
                w_q[channel, column] = weight * math.sqrt(d_head)
            for channel, weight in answers.items():
                w_k[channel, column] = weight
    return weights._replace(w_q=w_q, w_k=w_k)


def _on_circle(place: float, period: int) -> tuple[float, float]:
    """(sin, cos) of a place on a circle of `period` places."""
    angle = 2 * math.pi * place / period
    sine, cosine = on_grid(np.array([math.sin(angle), math.cos(angle)])).tolist()
    return sine, cosine


def _match(asking: Sequence[str], found: Mapping[str, float]) -> Column:
    """A query of one of the classes `asking` finds the keys of the classes `found`, each with its weight."""
    return Column(
        asks={WORD_CLASSES.index(name): MATCH for name in asking},
        answers={WORD_CLASSES.index(name): weight for name, weight in found.items()},
    )


def _sink(layout: Layout, without: Sequence[str], weight: float) -> Column:
    """Queries of every other class look at the first token, as idle heads of trained models do."""
    asks = {channel: weight for channel, name in enumerate(WORD_CLASSES) if name not in without}
    return Column(asks, answers={layout.first: 1})


def _at_place(layout: Layout, room: int, shift: float, weight: float, wanted: Sequence[int]) -> list[Column]:
    """Queries look `shift` places on.

    The score is `weight` times the mean over periods of cos(2 pi (key - query - shift) / period). A circle
    takes two columns; of `wanted` those that x has are used, as far as there is room.
    """
    periods = [period for period in wanted if period in layout.periods][: max(room, 0) // 2]
    columns = []
    for period in periods:
        sine = layout.sine(period)
        cosine = sine + 1
        share = weight / len(periods)
        s, c = _on_circle(shift, period)
        # The first token has nothing before it: its flag turns its query back to itself.
        back_s, back_c = (-s, 1 - c) if shift < 0 else (0.0, 0.0)
        # sin and cos of a sum of angles
        columns += [
            Column({sine: share * c, cosine: share * s, layout.first: share * back_s}, {sine: 1}),
            Column({sine: share * -s, cosine: share * c, layout.first: share * back_c}, {cosine: 1}),
        ]
    return columns


def _same_word(layout: Layout, room: int) -> list[Column]:
    """Queries look at copies of their own word; with few channels, at words that happen to share them."""
    count = min(room, layout.d_model - layout.identity)
    return [Column({layout.identity + i: MATCH / count}, {layout.identity + i: 1}) for i in range(count)]


def _relation(
    role: str, asking: Sequence[str], found: Mapping[str, float], shift: float, periods: Sequence[int]
) -> Design:
    """From words of some classes to words of others, the best place first; all else goes to the sink."""

    def columns(layout: Layout, room: int) -> list[Column]:
        return [
            _match(asking, found),
            _sink(layout, asking, SINK),
            *_at_place(layout, room - 2, shift, PLACE, periods),
        ]

    return Design(role, columns)


DESIGNS = (
    Design("previous word", lambda layout, room: _at_place(layout, room, -1, MATCH, PERIODS)),
    Design("same word", _same_word),
    _relation("pronoun → name", ["pronoun"], {"name": 1, "noun": 0.75}, -6, [64]),
    _relation("verb → object", ["verb"], {"noun": 1, "name": 1, "pronoun": 0.8}, 2, [16, 64, 32]),
    _relation("next noun", ["determiner", "adjective"], {"noun": 1, "name": 0.75}, 1.5, [16, 64, 32]),
    Design("first word", lambda layout, room: [_sink(layout, [], MATCH)]),
    Design("nearby words", lambda layout, room: _at_place(layout, room, 0, MATCH, [32, 16])),
    Design("far-away words", lambda layout, room: _at_place(layout, room, 0, -MATCH, [64, 128, 16])),
)
"""Head i takes design i modulo 8."""
