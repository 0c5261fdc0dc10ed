"""Words for numbers of heads, and for the symbols of a task, which `widgets/core/task_words.ts` has, too."""

from __future__ import annotations

# fmt: off
_NOUNS = ["dog", "man", "cat", "girl", "fox", "boy", "hen", "king",
          "bear", "nurse", "wolf", "child", "goat", "judge", "crow", "pilot"]
_OTHERS = ["today", "there", "again", "later", "then", "now"]
_VERBS = ["bites", "bitten by"]
_WORDS = ["sun", "sea", "sky", "oak", "elm", "fox", "hen", "owl",
          "cup", "pen", "map", "key", "jar", "bag", "hat", "box"]
_SILENCE = "·"
# fmt: on

_SYMBOLS = {
    "juggling": list("abcdefghijklmnop"),
    "binding": [*_NOUNS, *_OTHERS, *_VERBS],
    "near_far": [*_WORDS, _SILENCE],
}


def heads(number: int) -> str:
    """A number of heads in words.

    >>> heads(1), heads(3)
    ('1 head', '3 heads')
    """
    return "1 head" if number == 1 else f"{number} heads"


def symbol_words(task: str) -> list[str]:
    """The words that stand for a task's symbols, by their numbers.

    >>> symbol_words("juggling")[:3]
    ['a', 'b', 'c']
    """
    return _SYMBOLS[task]
