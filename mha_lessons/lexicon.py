"""A guess at each word's class, from a short English word list and endings. Twin: `widgets/core/lexicon.ts`.

It looks at single words, so it is often wrong where one word has two classes ("play", "saw"); the designed
heads need no more. The list is `data/word_classes.json`.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

_DATA = json.loads((Path(__file__).parent / "data" / "word_classes.json").read_text(encoding="utf-8"))

WORD_CLASSES: tuple[str, ...] = tuple(_DATA["classes"])
"""pronoun, name, noun, verb, determiner, adjective, other (prepositions, adverbs ...), punctuation"""


def _word_table(lists: dict[str, str]) -> dict[str, str]:
    return {word: word_class for word_class, words in lists.items() for word in words.split(" ")}


_CLOSED = _word_table(_DATA["closed"])
_OPEN = _word_table(_DATA["open"])
_NAMES = frozenset(_DATA["names"].split(" "))
_SUFFIXES: list[tuple[str, str]] = [tuple(pair) for pair in _DATA["suffixes"]]

_SHORT_FORM = re.compile(r"'(?:s|S|m|re|ll|ve|d)?\Z")  # the boy's, it's, I'm
_INFLECTIONS = (("ies", "y"), ("es", ""), ("s", ""))


def classify(tokens: Sequence[str]) -> list[str]:
    """One word class per token. A capital marks a name, except where a sentence starts.

    >>> classify(["The", "old", "doctor", "thanked", "Mary", "."])
    ['determiner', 'adjective', 'noun', 'verb', 'name', 'punctuation']
    """
    classes = []
    starts = True
    for token in tokens:
        found = _classify_word(token, starts)
        classes.append(found)
        starts = token in (".", "!", "?", "…", ":") or (starts and found == "punctuation")
    return classes


def _classify_word(token: str, starts: bool) -> str:
    category = unicodedata.category(token[0])
    if category[0] not in "LMN" and category not in ("Co", "Cn"):
        return "punctuation"
    if category[0] == "N":
        return "determiner"  # "3 cats"
    base = _SHORT_FORM.sub("", token.replace("\u2019", "'"))
    word = _lower(base)
    if word in _CLOSED:
        return _CLOSED[word]
    if base in _NAMES or (not starts and category == "Lu"):
        return "name"
    return _OPEN.get(word) or _inflected(word) or _by_suffix(word) or "noun"


def _inflected(word: str) -> str | None:
    """The class of the listed word that this one is a form of: keys, watches, carries."""
    for ending, base in _INFLECTIONS:
        found = _OPEN.get(word.removesuffix(ending) + base) if word.endswith(ending) else None
        if found in ("noun", "verb"):
            return found
    return None


def _by_suffix(word: str) -> str | None:
    return next((name for end, name in _SUFFIXES if len(word) > len(end) + 1 and word.endswith(end)), None)


def _lower(word: str) -> str:
    """Lower case for A to Z only: the list has no other letters, and case tables differ between versions."""
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), word)
