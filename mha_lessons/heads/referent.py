"""Which of two names does a pronoun mean? Questions, and what heads answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from mha_lessons.models import Model, ModelError
from mha_lessons.models.words import Span, words_attention


@dataclass(frozen=True)
class Question:
    """A pronoun and two names in a text.

    Attributes:
        text: what the model reads.
        pronoun: its first and last-plus-one character.
        names: the same of both names.
        right: 0 or 1 for the name that is meant, None for neither.
        group: questions that should be drawn together: of one web page, or of one sentence frame.
    """

    text: str
    pronoun: Span
    names: tuple[Span, Span]
    right: int | None
    group: str


def ask(model: Model, question: Question) -> Float[np.ndarray, "layer head 2"]:
    """How much attention each head sends from the pronoun to each of the names, all their pieces together.

    Asked of what a model can see only: `in_sight`.

    Raises:
        ModelError: the text is too long for the model, or a mention has no token of its own.
    """
    mentions = sorted({question.pronoun, *question.names})
    # A model that looks back only never sees what comes after the pronoun: spare it the reading.
    text = question.text[: question.pronoun[1]] if model.causal else question.text
    encoded = model.encode(text, mentions)
    if not all(encoded.measurable):
        raise ModelError("A name or the pronoun has no token of its own.")
    pronoun = mentions.index(question.pronoun)
    names = [mentions.index(name) for name in question.names]
    answer = np.zeros((model.num_layers, model.num_heads, 2), dtype=np.float32)

    def reduce(layer: int, attn: Any) -> None:
        words = words_attention(attn.float(), encoded.word_of_token, len(mentions))
        answer[layer] = words[:, pronoun, names].numpy()

    model.visit(encoded, reduce)
    return answer


def in_sight(question: Question, *, causal: bool) -> bool:
    """Whether the model sees both names from the pronoun; looking back only, it does if both come before."""
    return not causal or all(name[1] <= question.pronoun[0] for name in question.names)


def nearest(question: Question) -> int:
    """The name closer to the pronoun, by the characters between them."""
    start, end = question.pronoun
    gaps = [start - name[1] if name[1] <= start else name[0] - end for name in question.names]
    return int(gaps[1] < gaps[0])


def first(question: Question) -> int:
    """The name that comes first in the text."""
    return int(question.names[1] < question.names[0])


def longer(question: Question) -> int:
    """The name with more characters; the first of equals. A head that looked at random would lean to it."""
    sizes = [end - start for start, end in question.names]
    return int(sizes[1] > sizes[0])


RULES = {"nearest": nearest, "first": first, "longer": longer}
"""What can be said without understanding anything."""


def marked(text: str, right: int, group: str) -> Question:
    """A question written with marks: [names] in brackets, the {pronoun} in braces.

    >>> question = marked("[Ann] met [Bob] when {she} came.", 0, "met")
    >>> question.text, question.pronoun, question.names
    ('Ann met Bob when she came.', (17, 20), ((0, 3), (8, 11)))
    """
    plain = ""
    spans: dict[str, list[Span]] = {"[": [], "{": []}
    opened: list[tuple[str, int]] = []
    for character in text:
        if character in "[{":
            opened.append((character, len(plain)))
        elif character in "]}":
            mark, start = opened.pop()
            spans[mark].append((start, len(plain)))
        else:
            plain += character
    one, other = spans["["]
    (pronoun,) = spans["{"]
    return Question(plain, pronoun, (one, other), right, group)
