"""A sentence becomes words and punctuation marks. `widgets/core/tokens.ts` cuts the same way.

The text is put into Unicode's composed form (NFC) and cut by general category:

- a word is a run of letters, marks and numbers, and may have an apostrophe or format characters inside;
- a flag is two regional indicators;
- any other visible character is a token of its own, with the marks, skin tone and joined emoji after it;
- spaces, control characters and stray format characters only separate.

Characters that this Python's Unicode tables do not know yet count as letters, which most of them are: two
sides with different tables then disagree on new punctuation and emoji only.
"""

import re
import unicodedata
from functools import lru_cache

_SINGLE = {"'": "'", "\u2019": "'", "\u200d": "j"}
_CATEGORY = {"L": "w", "N": "w", "Co": "w", "Cn": "w", "M": "m", "P": "p", "S": "s", "Cf": "f"}
_TOKEN = re.compile(
    r"[wm]+(?:(?:'|[fjt]+)[wm]+)*"  # a word
    r"|rr"  # a flag
    r"|['rkps](?:[mkt]|j[rks])*"  # a visible character and what belongs to it
)


def tokenize(text: str) -> list[str]:
    """The tokens of `text`, in order; an empty list where there is nothing to see.

    Case is kept: "The" and "the" differ.

    >>> tokenize("She didn't see the café, did she?")
    ['She', "didn't", 'see', 'the', 'café', ',', 'did', 'she', '?']
    """
    # Half of a surrogate pair, which JSON can carry, has no UTF-8 bytes: it becomes U+FFFD, as in the page.
    well_formed = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    composed = unicodedata.normalize("NFC", well_formed)
    kinds = "".join(map(_kind, composed))
    return [composed[found.start() : found.end()] for found in _TOKEN.finditer(kinds)]


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    """One letter for what a character is to the pattern above; a blank for what only separates."""
    if character in _SINGLE:
        return _SINGLE[character]
    if "\U0001f1e6" <= character <= "\U0001f1ff":
        return "r"  # regional indicator
    if "\U0001f3fb" <= character <= "\U0001f3ff":
        return "k"  # skin tone
    if "\U000e0020" <= character <= "\U000e007f":
        return "t"  # tag, as in the flag of Scotland
    category = unicodedata.category(character)
    return _CATEGORY.get(category) or _CATEGORY.get(category[0], " ")
