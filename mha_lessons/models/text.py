"""A text as a model reads it: token ids, and the word that each token is a piece of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mha_lessons.models.problem import ModelError
from mha_lessons.models.words import Span, align, word_spans


@dataclass(frozen=True)
class Encoded:
    """A text as tokens and as words.

    Attributes:
        text: the characters.
        ids: token numbers, as the model takes them.
        tokens: the same to read; special tokens by their names.
        special: whether a token was added by the tokenizer ([CLS], [SEP], a start token).
        words: the words of the text.
        word_of_token: for each token the index of its word, None for special tokens and bare spaces.
    """

    text: str
    ids: list[int]
    tokens: list[str]
    special: list[bool]
    words: list[str]
    word_of_token: list[int | None]

    @property
    def special_places(self) -> list[int]:
        """Where the tokens are that the tokenizer added."""
        return [place for place, flag in enumerate(self.special) if flag]

    def tokens_of(self, word: int) -> list[int]:
        """Where the pieces of a word are."""
        return [token for token, its in enumerate(self.word_of_token) if its == word]

    @property
    def measurable(self) -> list[bool]:
        """For each word whether a token stands for it; not where it is merged into its neighbour."""
        there = set(self.word_of_token)
        return [word in there for word in range(len(self.words))]


def encode(
    tokenizer: Any, text: str, spans: Sequence[Span] | None = None, *, start: int | None = None
) -> Encoded:
    """Cut a text into a model's tokens and align them with its words.

    Args:
        tokenizer: a fast tokenizer of Hugging Face's.
        text: not empty.
        spans: first and last-plus-one character of each word; by default words and punctuation marks.
        start: id of a token to put in front, for a model whose tokenizer does not.

    Raises:
        ModelError: no string, half a character, an empty text, or one that the tokenizer has no token for.
    """
    if not isinstance(text, str):
        raise ModelError(f"The text should be one string, got {type(text).__name__}.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ModelError("The text holds half a character (a lone surrogate): give whole characters.")
    if not text.strip():
        what = "only spaces" if text else "empty"
        raise ModelError(f"The text is {what}: give at least one word.")
    if spans is None:
        spans = word_spans(text)
    out = tokenizer(text, return_offsets_mapping=True, return_special_tokens_mask=True, truncation=False)
    ids, offsets = list(out["input_ids"]), [(int(a), int(b)) for a, b in out["offset_mapping"]]
    special = [bool(flag) for flag in out["special_tokens_mask"]]
    if start is not None and ids[:1] != [start]:
        ids, offsets, special = [start, *ids], [(0, 0), *offsets], [True, *special]
    visible = [
        (0, 0) if flag or not text[a:b].strip() else (a, b)
        for flag, (a, b) in zip(special, offsets, strict=True)
    ]
    word_of_token = align(visible, spans)
    of_words = [token for token, word in zip(ids, word_of_token, strict=True) if word is not None]
    if not of_words:
        raise ModelError(
            f"The text {_short(text)} has no word that the tokenizer keeps: give a text with words."
        )
    if tokenizer.unk_token_id is not None and set(of_words) == {tokenizer.unk_token_id}:
        raise ModelError(
            f"The tokenizer knows nothing in {_short(text)}: all of it becomes {tokenizer.unk_token}. "
            "Give a text in a script that the model was trained on."
        )
    words = [text[a:b] for a, b in spans]
    return Encoded(text, ids, _readable(tokenizer, ids, special), special, words, word_of_token)


def _readable(tokenizer: Any, ids: list[int], special: list[bool]) -> list[str]:
    """Tokens as text: byte-level tokenizers name a piece by stand-ins for its bytes."""
    names = tokenizer.convert_ids_to_tokens(ids)
    decoded = [tokenizer.decode([each], clean_up_tokenization_spaces=False).strip() for each in ids]
    return [
        str(name) if flag or not text else text
        for name, text, flag in zip(names, decoded, special, strict=True)
    ]


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
