"""Sentences with their grammar, from a treebank in CoNLL-U, the format of Universal Dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mha_lessons.heads.problem import DataError, read_text
from mha_lessons.models.words import Span

COLUMNS = 10


@dataclass(frozen=True)
class Arc:
    """A word depends on another: `dependent` and `head` are places in the sentence, counted from 0."""

    dependent: int
    head: int
    relation: str


@dataclass(frozen=True)
class Sentence:
    """A sentence, where its words are in the text, and which depends on which (the root on none)."""

    name: str
    text: str
    spans: list[Span]
    arcs: list[Arc]


def read_treebank(path: Path) -> list[Sentence]:
    """All sentences of a CoNLL-U file.

    The text is put together from the word forms. Words written as one ("don't" of "do" and "n't") share its
    characters in order; where their letters are not those of the whole, each of them stands for all of it.

    Raises:
        DataError: with file and line, what is wrong there.
    """
    sentences = [
        _sentence(path, line, block)
        for line, block in _blocks(read_text(path, "treebank"))
        if _has_words(block)
    ]
    if not sentences:
        raise DataError(f"{path} holds no sentence: give a treebank in CoNLL-U.")
    return sentences


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines between empty ones, each with the number of its first line."""
    block: list[str] = []
    # Not splitlines(): a word may hold one of the rarer characters that it takes for an end of line.
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip():
            block.append(line.rstrip("\r"))
        elif block:
            yield number - len(block), block
            block = []


def _has_words(block: list[str]) -> bool:
    return any(not line.startswith("#") for line in block)


def _sentence(path: Path, first: int, block: list[str]) -> Sentence:
    rows = [
        (first + i, _row(path, first + i, line)) for i, line in enumerate(block) if not line.startswith("#")
    ]
    words = [(line, row) for line, row in rows if isinstance(row["id"], int)]
    for place, (line, row) in enumerate(words, 1):
        if row["id"] != place:
            raise DataError(f"{path}, line {line}: the word should have number {place}, got {row['id']}.")
        if not isinstance(row["head"], int) or not 0 <= row["head"] <= len(words):
            raise DataError(
                f"{path}, line {line}: the head of {row['form']!r} should be a number from 0 to "
                f"{len(words)}, got {row['head']}."
            )
        if row["head"] == place or row["deprel"] in (None, "", "_"):
            fault = "depends on itself" if row["head"] == place else "has no relation"
            raise DataError(f"{path}, line {line}: {row['form']!r} {fault}.")
    for line, row in rows:
        if not isinstance(row["id"], int) and row["id"][1] == "-" and row["id"][2] > len(words):
            raise DataError(
                f"{path}, line {line}: the words {row['id'][0]} to {row['id'][2]} should all be there, "
                f"the sentence has {len(words)}."
            )
    text, spans = _layout([row for _, row in rows], len(words))
    arcs = [
        Arc(place, row["head"] - 1, row["deprel"]) for place, (_, row) in enumerate(words) if row["head"] > 0
    ]
    names = [line.partition("=")[2].strip() for line in block if line.startswith("# sent_id")]
    return Sentence(names[0] if names else f"line {first}", text, spans, arcs)


def _row(path: Path, number: int, line: str) -> dict[str, Any]:
    import conllu

    columns = line.count("\t") + 1
    if columns != COLUMNS:
        raise DataError(
            f"{path}, line {number}: a word should have {COLUMNS} columns with tabs, got {columns}."
        )
    try:
        return dict(conllu.parse(line + "\n\n")[0][0])
    except (conllu.exceptions.ParseException, IndexError, ValueError) as error:
        reason = str(error).split("\n")[0] or "it holds no word"
        raise DataError(f"{path}, line {number}: this is not a line of CoNLL-U ({reason}).") from error


def _layout(rows: list[dict[str, Any]], num_words: int) -> tuple[str, list[Span]]:
    """The sentence as it was written, and the characters of each word."""
    text, spans = "", [(0, 0)] * num_words
    done = 0  # the last word whose characters are written
    for row in rows:
        place = row["id"]
        if isinstance(place, int):
            members = range(place, place + 1)
        elif place[1] == "-":
            members = range(place[0], place[2] + 1)
        else:
            continue  # an empty node, which stands for nothing in the text
        if members[0] <= done:
            continue
        start, done = len(text), members[-1]
        text += row["form"]
        inside = [each["form"] for each in rows if each["id"] in members]
        for word, form in zip(members, inside, strict=True):
            if "".join(inside) == row["form"]:
                spans[word - 1] = (start, start + len(form))
                start += len(form)
            else:
                spans[word - 1] = (start, len(text))
        if (row["misc"] or {}).get("SpaceAfter") != "No":
            text += " "
    return text.rstrip(), spans
