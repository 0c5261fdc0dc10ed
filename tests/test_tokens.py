import pytest

from mha_lessons.tokens import tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("“Don’t!” she said, 3 times.", "“ Don’t ! ” she said , 3 times ."),
        ("rock 'n' roll, the boys' toys", "rock ' n ' roll , the boys ' toys"),
        ("well-known x_y 3.14", "well - known x _ y 3 . 14"),
        ("...", ". . ."),
        ("הוא אמר שלום", "הוא אמר שלום"),
        ("👩‍👩‍👧👍🏽🇩🇪🇫🇷1️⃣", "👩‍👩‍👧 👍🏽 🇩🇪 🇫🇷 1️⃣"),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿ok", "🏴󠁧󠁢󠁳󠁣󠁴󠁿 ok"),
        ("a\u00a0b\u2028c\x00d\td", "a b c d d"),
    ],
)
def test_words_and_marks_are_tokens_of_their_own(text: str, tokens: str) -> None:
    assert tokenize(text) == tokens.split(" ")


@pytest.mark.parametrize("text", ["", " \t\n", "\u200b\ufeff\x00", "\u00ad \u202e \u200d"])
def test_what_cannot_be_seen_is_no_token(text: str) -> None:
    assert tokenize(text) == []


def test_one_letter_written_in_two_ways_is_the_same_word() -> None:
    assert tokenize("cafe\u0301") == tokenize("caf\u00e9") == ["caf\u00e9"]


def test_a_joiner_inside_a_word_stays_and_one_beside_it_goes() -> None:
    assert tokenize("\u200fمی\u200cخواهم\u200f") == ["می\u200cخواهم"]


def test_half_of_a_surrogate_pair_becomes_the_replacement_character() -> None:
    assert tokenize("a\ud800b") == ["a", "\ufffd", "b"]
    assert tokenize("\ud83d\ude00") == ["😀"]
