"""From tokens to words: which piece belongs to which word, and attention between words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

Span = tuple[int, int]
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def word_spans(text: str) -> list[Span]:
    """First and last-plus-one character of each word and punctuation mark.

    Where a text is cut by somebody else, as in a treebank, take those spans instead.

    >>> text = "She didn't, he did."
    >>> [text[start:end] for start, end in word_spans(text)]
    ['She', "didn't", ',', 'he', 'did', '.']
    """
    visible = (found.span() for found in _WORD.finditer(text))
    return [(start, end) for start, end in visible if unicodedata.category(text[start])[0] != "C"]


def align(pieces: Sequence[Span], words: Sequence[Span]) -> list[int | None]:
    """For each piece of text the word it shares most characters with, the first of equals; or None.

    A piece that covers characters of two words, such as "'t" across "do|n't", goes to one of them only.

    >>> align([(0, 0), (0, 3), (3, 5), (5, 6)], [(0, 5), (6, 9)])
    [None, 0, 0, None]
    """
    found: list[int | None] = []
    first = 0
    for start, end in pieces:
        while first < len(words) and words[first][1] <= start:
            first += 1
        best, most = None, 0
        for index in range(first, len(words)):
            if words[index][0] >= end:
                break
            shared = min(end, words[index][1]) - max(start, words[index][0])
            if shared > most:
                best, most = index, shared
        found.append(best)
    return found


def words_attention(
    attn: Float[Tensor, "*heads query key"], word_of_token: Sequence[int | None], num_words: int
) -> Float[Tensor, "*heads word word"]:
    """Attention from word to word: summed over the pieces of the key, averaged over the pieces of the query.

    What goes to tokens of no word ([CLS], [SEP], a start token, spaces) is left out, so that a row sums to at
    most 1. A word without a piece of its own has a row and a column of zeros.

    Source: Clark et al. 2019, "What Does BERT Look At?", section 4.1.

    >>> import torch
    >>> attn = torch.tensor([[0.5, 0.3, 0.2], [0.0, 0.5, 0.5], [0.2, 0.2, 0.6]])
    >>> words_attention(attn, [None, 0, 0], 1)[0, 0]
    tensor(0.9000)
    """
    belongs = attn.new_zeros(len(word_of_token), num_words)
    for token, word in enumerate(word_of_token):
        if word is not None:
            belongs[token, word] = 1
    mean = (belongs / belongs.sum(0).clamp(min=1)).T
    return mean @ (attn @ belongs)
