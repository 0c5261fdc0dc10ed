import json
from collections import Counter
from pathlib import Path

import pytest

import mha_lessons.lexicon
from mha_lessons.lexicon import WORD_CLASSES, classify
from mha_lessons.tokens import tokenize

DATA = json.loads(
    (Path(mha_lessons.lexicon.__file__).parent / "data/word_classes.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("The doctor thanked Mary", "determiner noun verb name"),
        ("She didn't see Zürich yesterday", "pronoun verb verb name other"),
        ("It’s Mary's old key.", "pronoun name adjective noun punctuation"),
        ("3 cities smiled", "determiner noun verb"),
        ("she watches keys, carries boxes", "pronoun verb noun punctuation verb noun"),
        ("Rain fell! Rain, Rain", "noun verb punctuation noun punctuation name"),
        ("“Rain fell”", "punctuation noun verb punctuation"),
        ("THE dreadful blorps quickly", "determiner adjective noun other"),
        ("שלום 東京", "noun noun"),
    ],
)
def test_words_get_a_class_from_the_list_their_form_a_capital_or_their_ending(
    text: str, classes: str
) -> None:
    assert classify(tokenize(text)) == classes.split()


def test_every_listed_word_has_one_class_and_gets_it_in_a_sentence() -> None:
    lists = DATA["closed"] | DATA["open"]
    assert set(lists) <= set(WORD_CLASSES)
    count = Counter(word for words in lists.values() for word in words.split())
    assert count.most_common(1)[0][1] == 1
    for word_class, words in lists.items():
        for word in words.split():
            assert tokenize(word) == [word]
            assert classify([word]) == [word_class]


def test_no_first_name_is_also_a_listed_word() -> None:
    words = {word for words in (DATA["closed"] | DATA["open"]).values() for word in words.split()}
    names = DATA["names"].split()
    assert not words & {name.lower() for name in names}
    assert set(classify(names)) == {"name"}
    assert len(words) > 700
