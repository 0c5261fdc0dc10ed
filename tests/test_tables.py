from html.parser import HTMLParser

import pytest

from mha_lessons.tables import table


class Cells(HTMLParser):
    """Name, attributes and text of each cell."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("th", "td", "b"):
            self.found.append((tag, dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.found:
            tag, attrs, text = self.found.pop()
            self.found.append((tag, attrs, text + data))


def cells(columns: list[object], rows: list[list[object]]) -> list[tuple[str, dict[str, str | None], str]]:
    return Cells(table(columns, rows)._repr_html_()).found


def test_words_stand_left_and_numbers_right_and_a_stray_word_moves_no_column() -> None:
    found = cells(
        ["model", "size", "kind", "note"], [["a", 1, "wide", ""], ["b", 2, "thin", ""], ["c", "none", 3, ""]]
    )
    sides = [attrs["style"] for _, attrs, _ in found]
    assert sides == ["text-align: left", "text-align: right", *["text-align: left"] * 2] * 4


def test_heads_name_their_column_and_first_cells_their_row() -> None:
    found = cells(["head", "share"], [["0-1", 0.5]])
    assert [(tag, attrs.get("scope")) for tag, attrs, _ in found] == [
        ("th", "col"),
        ("th", "col"),
        ("th", "row"),
        ("td", None),
    ]


def test_what_looks_like_html_is_shown_and_not_obeyed() -> None:
    found = cells(["<b>x</b>"], [["a & <b>"]])
    assert [(tag, text) for tag, _, text in found] == [("th", "<b>x</b>"), ("th", "a & <b>")]


def test_a_row_of_another_length_is_refused_with_what_came_and_what_was_wanted() -> None:
    with pytest.raises(ValueError, match="should have 2 cells, one a column, got 1"):
        table(["a", "b"], [["only"]])
