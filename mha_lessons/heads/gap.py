"""Pronouns and names in Wikipedia, from the GAP corpus (Webster et al. 2018)."""

from __future__ import annotations

from pathlib import Path

from mha_lessons.heads.problem import DataError, read_text
from mha_lessons.heads.referent import Question
from mha_lessons.models.words import Span

MENTIONS = ("Pronoun", "A", "B")
HEADER = ["ID", "Text", "Pronoun", "Pronoun-offset"]
HEADER += ["A", "A-offset", "A-coref", "B", "B-offset", "B-coref", "URL"]


def read_gap(path: Path) -> list[Question]:
    """All questions of a GAP file, "neither" included; questions of one web page are a group.

    Raises:
        DataError: with file and line, what is wrong there.
    """
    # Not splitlines(): a text may hold one of the rarer characters that it takes for an end of line.
    lines = [line.rstrip("\r") for line in read_text(path, "file of pronouns").rstrip("\n").split("\n")]
    if lines[0].split("\t") != HEADER:
        raise DataError(f"{path}, line 1: the columns should be {', '.join(HEADER)}, with tabs between them.")
    questions = [_question(f"{path}, line {number}", line) for number, line in enumerate(lines[1:], 2)]
    if not questions:
        raise DataError(f"{path} holds no pronoun: give a file of the GAP corpus.")
    return questions


def _question(where: str, line: str) -> Question:
    cells = line.split("\t")
    if len(cells) != len(HEADER):
        raise DataError(f"{where}: a row should have {len(HEADER)} columns with tabs, got {len(cells)}.")
    row = dict(zip(HEADER, cells, strict=True))
    text = row["Text"]
    pronoun, one, other = (_span(where, text, row[what], row[f"{what}-offset"]) for what in MENTIONS)
    flags = [row["A-coref"].upper(), row["B-coref"].upper()]
    if not set(flags) <= {"TRUE", "FALSE"} or flags == ["TRUE", "TRUE"]:
        raise DataError(f"{where}: A-coref and B-coref should be TRUE and FALSE, or both FALSE, got {flags}.")
    return Question(text, pronoun, (one, other), flags.index("TRUE") if "TRUE" in flags else None, row["URL"])


def _span(where: str, text: str, mention: str, offset: str) -> Span:
    # Python refuses numbers of thousands of digits.
    start = int(offset) if offset.isdecimal() and len(offset) < 10 else len(text)
    end = start + len(mention)
    if not mention or text[start:end] != mention:
        raise DataError(f"{where}: {mention!r} is not at character {offset[:20]} of the text.")
    return start, end
