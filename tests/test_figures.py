"""A figure of runs: every run has its sign at its value, and nothing is said by colour alone."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from mha_lessons.figures import Figure, dots

RUNS = {"one <b>": {1: [0.25, 0.5, 0.3], 8: [1.0]}, "two": {1: [0.5], 8: [0.0, 0.75]}}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def figure() -> Figure:
    return dots(RUNS, x="heads", y="share", title="A & B", level=(0.1, "chance"))


def drawn(figure: Figure, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(figure.svg).iter(SVG + tag))


def test_every_run_is_drawn_at_its_value(figure: Figure) -> None:
    lines = [each for each in drawn(figure, "line") if "stroke-dasharray" not in each.attrib]
    bottom, top = float(lines[0].attrib["y1"]), float(lines[-1].attrib["y1"])
    values = [(bottom - float(dot.attrib["cy"])) / (bottom - top) for dot in drawn(figure, "circle")]
    assert values == pytest.approx([0.25, 0.5, 0.3, 1.0], abs=1e-3)
    assert len(drawn(figure, "rect")) == 3


def test_each_series_has_a_shape_and_a_dash_of_its_own(figure: Figure) -> None:
    lines = drawn(figure, "polyline")
    assert len({line.attrib.get("stroke-dasharray") for line in lines}) == 2
    assert drawn(figure, "circle")
    assert drawn(figure, "rect")


def test_title_words_and_axes_are_there_and_escaped(figure: Figure) -> None:
    texts = [each.text for each in drawn(figure, "text")]
    assert {"heads", "share", "chance", "one <b>", "two", "1", "8", "0.25"} <= set(texts)
    assert drawn(figure, "title")[0].text == "A & B"
    assert figure.words == drawn(figure, "desc")[0].text
    assert "one <b>: 1: 0.3, 8: 1; two: 1: 0.5, 8: 0.375." in figure.words


def test_names_of_lines_that_end_together_do_not_cover_each_other() -> None:
    figure = dots({name: {1: [0.01]} for name in "abcd"}, x="x", y="y", title="t")
    places = sorted(float(each.attrib["y"]) for each in drawn(figure, "text") if each.text in set("abcd"))
    assert all(b - a >= 14 for a, b in pairwise(places))
    assert places[-1] <= 300 - 46 + 4


def test_the_page_gives_the_colours(figure: Figure) -> None:
    assert not re.search(r'(fill|stroke)="(?!var\(--mha|none)', figure.svg)


def test_notebook_and_book_get_the_words_with_the_picture(figure: Figure) -> None:
    data, metadata = figure._repr_mimebundle_()
    assert data["image/svg+xml"] == figure.svg
    assert metadata["image/svg+xml"]["alt"] == data["text/plain"] == figure.words


@pytest.mark.parametrize(
    ("series", "sentence"),
    [
        ({}, "series should be 1 to 4, got 0"),
        ({"a": {1: [1.2]}}, r"a at 1 should lie within \(0, 1\), got 1.2"),
        ({"a": {1: [float("nan")]}}, "got nan"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(series, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        dots(series, x="x", y="y", title="t")
