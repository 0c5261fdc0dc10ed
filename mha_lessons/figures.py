"""A figure of many runs: every run is a dot, a line joins the medians, the name stands at the line.

Drawn as SVG with the page's own colours, so that it follows light and dark and prints well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import median
from typing import Any

Runs = Mapping[str, Mapping[Any, Sequence[float]]]
"""Series by name; each has the values of its runs at some places of the x axis."""

WIDTH, HEIGHT = 440, 300  # on a phone the letters are still 11 px
LEFT, RIGHT, TOP, BOTTOM = 64, 130, 16, 46  # of the plot's frame; names of the series stand at the right
COLOURS = [
    "var(--mha-accent, #2a4fb0)",
    "var(--mha-mark, #b4430c)",
    "var(--mha-right, #14663a)",
    "var(--mha-muted, #5a6475)",
]
INK, FAINT, SOFT = "var(--mha-fg, #1c2230)", "var(--mha-line, #d5dae2)", "var(--mha-muted, #5a6475)"
SIGN = 4.0  # half the width of a dot's sign
APART = 15  # between the baselines of two names


@dataclass(frozen=True)
class Figure:
    """A finished figure; a notebook and the book show it, `svg` is its source and `words` its text."""

    svg: str
    words: str

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, Any]]:
        alt = {"alt": self.words}
        return {"image/svg+xml": self.svg, "text/plain": self.words}, {"image/svg+xml": alt}


def dots(
    series: Runs,
    *,
    x: str,
    y: str,
    title: str,
    limits: tuple[float, float] = (0, 1),
    ticks: Sequence[float] = (0, 0.25, 0.5, 0.75, 1),
    level: tuple[float, str] | None = None,
) -> Figure:
    """Draw runs as dots over places of equal distance, such as head counts 1, 2, 4, 8.

    Args:
        series: up to four, each with the values of its runs by place; places come in order of appearance.
        x, y: names of the axes, with units.
        title: what the figure shows, in a few words.
        limits: lowest and highest value of the y axis.
        ticks: values with a line and a number.
        level: a value to compare with, such as chance, and its name.

    Raises:
        ValueError: no series, more than four, or a value beyond the limits.

    >>> figure = dots({"runs": {1: [0.3, 0.4], 8: [1.0]}}, x="heads", y="right", title="Juggling")
    >>> figure.words
    'Juggling. right by heads: runs: 1: 0.35, 8: 1.'
    """
    _check(series, limits)
    places = list(dict.fromkeys(place for runs in series.values() for place in runs))
    step = (WIDTH - LEFT - RIGHT) / max(len(places), 1)

    def across(place: object) -> float:
        return LEFT + step * (places.index(place) + 0.5)

    def up(value: float) -> float:
        low, high = limits
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low)

    parts = [_grid(up(tick), f"{tick:g}") for tick in ticks]
    parts += [_text(across(place), HEIGHT - BOTTOM + 18, str(place), "middle") for place in places]
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x, "middle", INK))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<g transform="translate(14 {middle:g}) rotate(-90)">{_text(0, 0, y, "middle", INK)}</g>')
    if level:
        parts.append(_level(up(level[0]), level[1]))
    ends = []
    for number, (name, runs) in enumerate(series.items()):
        line = [(across(place), up(median(values))) for place, values in runs.items()]
        parts.append(_line(line, COLOURS[number], number))
        for place, values in runs.items():
            spread = step * 0.28
            for i, value in enumerate(values):
                aside = spread * ((i + 0.5) / len(values) - 0.5)
                parts.append(_sign(across(place) + aside, up(value), number))
        ends.append((line[-1][1], name, number))
    for baseline, name, number in _spread(ends):
        parts.append(_text(WIDTH - RIGHT + 8, baseline, name, "start", COLOURS[number], bold=True))
    words = f"{title}. {y} by {x}: {'; '.join(_in_words(name, runs) for name, runs in series.items())}."
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'style="max-width: 100%; height: auto" font-family="system-ui, sans-serif" font-size="14">'
        f"<title>{escape(title)}</title><desc>{escape(words)}</desc>{''.join(parts)}</svg>"
    )
    return Figure(svg, words)


def _check(series: Runs, limits: tuple[float, float]) -> None:
    if not 1 <= len(series) <= len(COLOURS):
        raise ValueError(f"series should be 1 to {len(COLOURS)}, got {len(series)}")
    for name, runs in series.items():
        for place, values in runs.items():
            for value in values:
                if not limits[0] <= value <= limits[1]:
                    raise ValueError(f"{name} at {place} should lie within {limits}, got {value}")


def _in_words(name: str, runs: Mapping[Any, Sequence[float]]) -> str:
    return f"{name}: " + ", ".join(f"{place}: {median(values):.3g}" for place, values in runs.items())


def _text(x: float, y: float, words: str, anchor: str, colour: str = SOFT, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}"{weight}>{escape(words)}</text>'


def _grid(y: float, number: str) -> str:
    line = f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:g}" y2="{y:g}" stroke="{FAINT}"/>'
    return line + _text(LEFT - 8, y + 4, number, "end")


def _level(y: float, name: str) -> str:
    ends = f'x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:g}" y2="{y:g}"'
    line = f'<line {ends} stroke="{SOFT}" stroke-dasharray="5 4"/>'
    return line + _text(LEFT + 6, y - 5, name, "start")


def _line(points: Sequence[tuple[float, float]], colour: str, number: int) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = ["", ' stroke-dasharray="7 3"', ' stroke-dasharray="2 3"', ' stroke-dasharray="9 3 2 3"'][number]
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _sign(x: float, y: float, number: int) -> str:
    """A run; each series has a shape of its own, so that colour is never alone."""
    style = f'fill="{COLOURS[number]}" fill-opacity="0.75"'
    s, top = SIGN, f"M{x:.1f} {y - SIGN - 1:.1f}"
    slope = s + 1
    shapes = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{s}" {style}/>',
        f'<rect x="{x - s:.1f}" y="{y - s:.1f}" width="{2 * s}" height="{2 * s}" {style}/>',
        f'<path d="{top} l{slope} {2 * s} h{-2 * slope} z" {style}/>',
        f'<path d="{top} l{slope} {slope} l{-slope} {slope} l{-slope} {-slope} z" {style}/>',
    ]
    return shapes[number]


def _spread(ends: list[tuple[float, str, int]]) -> list[tuple[float, str, int]]:
    """The names at the ends of their lines, moved apart where they would cover each other."""
    placed: list[tuple[float, str, int]] = []
    lowest = TOP + 4.0
    for y, name, number in sorted(ends):
        baseline = max(y + 4, lowest)
        placed.append((baseline, name, number))
        lowest = baseline + APART
    over = lowest - APART - (HEIGHT - BOTTOM + 4)
    return [(y - max(over, 0), name, number) for y, name, number in placed]
