"""Tokens and words: which piece belongs to which word, and attention between words."""

from __future__ import annotations

import pytest
import torch

from mha_lessons.models import Attentions, Encoded, ModelError
from mha_lessons.models.words import align, word_spans, words_attention
from tests.tiny_models import tiny


def test_each_piece_belongs_to_the_word_whose_characters_it_has() -> None:
    found = tiny("bert").attentions("The dogs barked.")
    assert found.tokens == ["[CLS]", "the", "dog", "##s", "bark", "##ed", ".", "[SEP]"]
    assert found.words == ["The", "dogs", "barked", "."]
    assert found.word_of_token == [None, 0, 1, 1, 2, 2, 3, None]


def test_a_word_is_what_somebody_else_says_where_spans_are_given() -> None:
    text = "she didn't see"
    found = tiny("bert").attentions(text, spans=[(0, 3), (4, 7), (7, 10), (11, 14)])
    assert found.words == ["she", "did", "n't", "see"]
    assert found.encoded.tokens_of(3) == [found.tokens.index("see")]


@pytest.mark.parametrize(
    ("pieces", "words", "wanted"),
    [
        ([(0, 2), (2, 3)], [(0, 3)], [0, 0]),
        ([(0, 3)], [(0, 1), (1, 3)], [1]),
        ([(0, 2)], [(0, 1), (1, 2)], [0]),
        ([(0, 4)], [(1, 4)], [0]),
        ([(0, 1), (1, 2)], [(0, 1), (2, 3)], [0, None]),
        ([(2, 3), (2, 3), (3, 4)], [(2, 3), (3, 4)], [0, 0, 1]),
        ([(0, 0), (0, 2), (0, 0)], [(0, 2)], [None, 0, None]),
    ],
    ids=[
        "pieces",
        "the greater share",
        "first of equals",
        "leading space",
        "space",
        "bytes of a sign",
        "special",
    ],
)
def test_a_piece_goes_to_the_word_it_shares_most_characters_with(
    pieces: list[tuple[int, int]], words: list[tuple[int, int]], wanted: list[int | None]
) -> None:
    assert align(pieces, words) == wanted


def test_attention_to_a_word_is_summed_and_attention_from_a_word_is_averaged() -> None:
    # Tokens: [CLS], "dog", "##s", "bark"; worked by hand.
    attn = torch.tensor([[1.0, 0, 0, 0], [0.1, 0.2, 0.3, 0.4], [0.5, 0.1, 0.1, 0.3], [0.2, 0.3, 0.5, 0.0]])
    words = words_attention(attn, [None, 0, 0, 1], 2)
    torch.testing.assert_close(words, torch.tensor([[0.35, 0.35], [0.8, 0.0]]))


def test_a_word_without_a_token_has_neither_row_nor_column() -> None:
    words = words_attention(torch.full((2, 2), 0.5), [0, 2], 3)
    assert words[1].abs().sum() == words[:, 1].abs().sum() == 0
    assert words[0].tolist() == [0.5, 0, 0.5]


def test_words_and_marks_are_cut_apart_and_apostrophes_stay_inside() -> None:
    text = "Ann’s dog didn't (really) bark — 3 times.\n"
    assert [text[a:b] for a, b in word_spans(text)] == [
        *("Ann’s", "dog", "didn't", "(", "really", ")", "bark", "—", "3", "times", "."),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "The text is empty: give at least one word."),
        (" \n\t ", "The text is only spaces: give at least one word."),
        ("你好 世界", r"The tokenizer knows nothing in '你好 世界': all of it becomes \[UNK\]"),
        ("\u200b", r"has no word"),
    ],
)
def test_a_text_that_cannot_be_read_gets_one_sentence(text: str, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        tiny("bert").attentions(text)


def test_one_unknown_word_among_known_ones_is_no_reason_to_refuse() -> None:
    assert "[UNK]" in tiny("bert").attentions("the 你好 dog").tokens


def test_attention_that_does_not_match_its_tokens_is_refused_with_both_shapes() -> None:
    encoded = Encoded("a b", [4, 5], ["a", "b"], [False, False], ["a", "b"], [0, 1])
    with pytest.raises(
        ModelError, match=r"attn should be \[layer=1, head, query=2, key=2\], got \[1, 3, 5, 5\]"
    ):
        Attentions(encoded, torch.zeros(1, 3, 5, 5), [0], causal=False)
