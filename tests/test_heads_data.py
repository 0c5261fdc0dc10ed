"""Treebanks and pronoun files: what is read, and one sentence with file and line for what is malformed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mha_lessons.heads import DataError
from mha_lessons.heads.gap import HEADER, read_gap
from mha_lessons.heads.treebank import Arc, read_treebank


def line(place: str, form: str, head: str, relation: str, misc: str = "_") -> str:
    return "\t".join([place, form, form.lower(), "X", "_", "_", head, relation, "_", misc])


SHE = [
    "# sent_id = one",
    "# text = She didn't see: yes.",
    line("1", "She", "4", "nsubj"),
    line("2-3", "didn't", "_", "_"),
    line("2", "did", "4", "aux"),
    line("3", "n't", "4", "advmod"),
    line("4", "see", "0", "root", "SpaceAfter=No"),
    line("5", ":", "4", "punct"),
    line("5.1", "ghost", "_", "_"),
    line("6", "yes", "4", "obj", "SpaceAfter=No"),
    line("7", ".", "4", "punct"),
]


def write(folder: Path, lines: list[str], name: str = "some.conllu") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_sentence_has_its_text_words_and_arcs(tmp_path: Path) -> None:
    first, second = read_treebank(write(tmp_path, [*SHE, "", line("1", "Yes", "0", "root")]))
    assert first.text == "She didn't see: yes."
    assert [first.text[a:b] for a, b in first.spans] == ["She", "did", "n't", "see", ":", "yes", "."]
    assert first.arcs == [
        *(Arc(0, 3, "nsubj"), Arc(1, 3, "aux"), Arc(2, 3, "advmod")),
        *(Arc(4, 3, "punct"), Arc(5, 3, "obj"), Arc(6, 3, "punct")),
    ]
    assert (first.name, second.name, second.arcs) == ("one", "line 13", [])


def test_words_whose_letters_are_not_those_of_the_whole_share_all_of_it(tmp_path: Path) -> None:
    rows = [line("1-2", "gimme", "_", "_"), line("1", "give", "0", "root"), line("2", "me", "1", "iobj")]
    (sentence,) = read_treebank(write(tmp_path, rows))
    assert (sentence.text, sentence.spans) == ("gimme", [(0, 5), (0, 5)])


def test_lines_are_counted_by_newlines_only_and_may_end_as_on_windows(tmp_path: Path) -> None:
    odd = line("1", "a\u2028b", "0", "root")
    path = tmp_path / "odd.conllu"
    path.write_bytes((odd + "\r\n\r\n" + line("1", "c", "7", "root") + "\r\n").encode())
    with pytest.raises(DataError, match="line 3: the head of 'c' should be a number from 0 to 1, got 7"):
        read_treebank(path)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("1\tShe\tshe\tX\t_\t_\t0\troot\t_", "line 2: a word should have 10 columns with tabs, got 9"),
        ("She sees her.", "line 2: a word should have 10 columns with tabs, got 1"),
        (line("1", "She", "x", "root"), "line 2: this is not a line of CoNLL-U"),
        (line("one", "She", "0", "root"), "line 2: this is not a line of CoNLL-U"),
        (line("2", "She", "0", "root"), "line 2: the word should have number 1, got 2"),
        (line("1", "She", "3", "root"), "line 2: the head of 'She' should be a number from 0 to 1, got 3"),
        (line("1", "She", "_", "root"), "line 2: the head of 'She' should be a number from 0 to 1, got None"),
        (line("1", "She", "1", "obj"), "line 2: 'She' depends on itself"),
        (line("1", "She", "0", "_"), "line 2: 'She' has no relation"),
        (line("1", "She", "0" * 5000 + "1", "root"), "line 2: "),
        (
            line("1-2", "don't", "_", "_") + "\n" + line("1", "do", "0", "root"),
            "line 2: the words 1 to 2 should all be there, the sentence has 1",
        ),
    ],
)
def test_a_malformed_line_of_a_treebank_is_named_with_its_number(tmp_path: Path, bad: str, says: str) -> None:
    path = write(tmp_path, ["# sent_id = x", bad])
    with pytest.raises(DataError) as caught:
        read_treebank(path)
    assert str(caught.value).startswith(f"{path}, {says}")
    assert "\n" not in str(caught.value)


def test_a_treebank_without_sentences_or_without_a_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no sentence"):
        read_treebank(write(tmp_path, ["# only a remark"]))
    with pytest.raises(DataError, match=r"There is no treebank .*absent.conllu"):
        read_treebank(tmp_path / "absent.conllu")
    with pytest.raises(DataError, match="cannot be read"):
        read_treebank(tmp_path)
    (tmp_path / "latin").write_bytes(b"# a\n# caf\xe9\n")
    with pytest.raises(DataError, match="latin, line 2: this is not UTF-8 text"):
        read_treebank(tmp_path / "latin")


def gap_row(**changes: str) -> str:
    row = dict(zip(HEADER, ["d-1", "Ann Lee met Bo and she left.", "she", "19"], strict=False))
    row |= {"A": "Ann Lee", "A-offset": "0", "A-coref": "TRUE", "B": "Bo", "B-offset": "12"}
    row |= {"B-coref": "FALSE", "URL": "page"}
    return "\t".join((row | {name.replace("_", "-"): value for name, value in changes.items()}).values())


def test_a_row_of_gap_is_a_question_and_neither_is_kept_as_such(tmp_path: Path) -> None:
    rows = ["\t".join(HEADER), gap_row(), gap_row(A_coref="FALSE"), gap_row(A_coref="False", B_coref="True")]
    questions = read_gap(write(tmp_path, rows, "gap.tsv"))
    assert [each.right for each in questions] == [0, None, 1]
    one = questions[0]
    assert [one.text[a:b] for a, b in (one.pronoun, *one.names)] == ["she", "Ann Lee", "Bo"]
    assert one.group == "page"


def test_quotes_in_a_text_are_only_characters(tmp_path: Path) -> None:
    text = 'Ann Lee met Bo and she left "early.'
    (one,) = read_gap(write(tmp_path, ["\t".join(HEADER), gap_row(Text=text)], "gap.tsv"))
    assert one.text == text


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("d-1\tonly", "line 2: a row should have 11 columns with tabs, got 2"),
        (gap_row(Pronoun_offset="18"), "line 2: 'she' is not at character 18 of the text"),
        (gap_row(A_offset="1" * 5000), "line 2: 'Ann Lee' is not at character 1111"),
        (gap_row(A_offset="x"), "line 2: 'Ann Lee' is not at character x of the text"),
        (gap_row(B="Bob"), "line 2: 'Bob' is not at character 12 of the text"),
        (gap_row(B=""), "line 2: '' is not at character 12 of the text"),
        (gap_row(B_coref="TRUE"), "line 2: A-coref and B-coref should be TRUE and FALSE, or both FALSE"),
        (gap_row(A_coref="yes"), "line 2: A-coref and B-coref should be TRUE and FALSE, or both FALSE"),
    ],
)
def test_a_malformed_row_of_gap_is_named_with_its_number(tmp_path: Path, row: str, says: str) -> None:
    path = write(tmp_path, ["\t".join(HEADER), row], "gap.tsv")
    with pytest.raises(DataError) as caught:
        read_gap(path)
    assert str(caught.value).startswith(f"{path}, {says}")


def test_a_file_that_is_not_gap_is_told_by_its_first_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="line 1: the columns should be ID, Text, Pronoun"):
        read_gap(write(tmp_path, ["a,b,c"], "gap.csv"))
    with pytest.raises(DataError, match="holds no pronoun"):
        read_gap(write(tmp_path, ["\t".join(HEADER)], "gap.tsv"))
