"""Do heads follow grammar? What they are asked: to point from a word to its partner.

A head's answer for a word is the other word that gets most of its attention. An arc asks twice: from the
dependent to its head, and from the head to its dependent. A model that looks back only is asked about arcs
whose target comes before the source: each arc once, in the direction it can see.

Source: Clark et al. 2019, section 4.2, with Universal Dependencies in place of Stanford's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Int16
from torch import Tensor

from mha_lessons.heads.measures import FAR, visible
from mha_lessons.heads.treebank import Sentence

DIRECTIONS = ("dependent to head", "head to dependent")
FAR_OF_FAR = "far of far"
SUMS = ("any", "far", FAR_OF_FAR)
"""Rows that sum over relations, see `ask_all`."""
UNMARKED = ("punct",)
"""Left out of sums over all relations, as parsers' scores do: where a comma hangs is a convention."""


def answers(
    attn: Float[Tensor, "*heads word word"],
    measurable: Sequence[bool],
    *,
    causal: bool,
    at_least: int = 1,
) -> Int16[np.ndarray, "*heads word"]:
    """For each word the other word that gets most of its attention.

    A word with no other in sight has -1; one without a token of its own (`Encoded.measurable`) has -2.
    Only words `at_least` so many places away can be answers.

    >>> answers(torch.tensor([[0.7, 0.3], [0.1, 0.2]]), [True, True], causal=False).tolist()
    [1, 0]
    """
    words = attn.shape[-1]
    places = torch.arange(words)
    allowed = visible(words, causal=causal) & ((places - places[:, None]).abs() >= at_least)
    for word, there in enumerate(measurable):
        if not there:
            allowed[word, :] = allowed[:, word] = False
    best = attn.masked_fill(~allowed, -1).argmax(-1)
    found = best.masked_fill(~allowed.any(-1), -1).numpy().astype(np.int16)
    found[..., ~np.array(measurable, dtype=bool)] = -2
    return found


@dataclass(frozen=True)
class Questions:
    """What was asked about one relation in one direction, and which heads were right.

    Attributes:
        right: [question, head], heads of all layers in a row.
        distance: how far the right word is after the word asked about.
        sentence: which sentence the question is from.
    """

    right: Bool[np.ndarray, "question head"]
    distance: Int[np.ndarray, " question"]
    sentence: Int[np.ndarray, " question"]

    def __len__(self) -> int:
        return len(self.distance)


Asked = dict[tuple[str, str], Questions]


def ask_all(
    sentences: Sequence[Sentence],
    answered: Iterable[Int16[np.ndarray, "layer head _word"]],  # of each sentence its own
    far_answered: Iterable[Int16[np.ndarray, "layer head _word"]],
    *,
    causal: bool,
) -> Asked:
    """All questions by relation and direction, and three rows that sum over relations.

    "any" is all of them. "far" is arcs over `FAR` words or more; its rival, the best offset among those,
    knows that the partner is far, which a head is not told. "far of far" tells the head, too: its answer is
    the word with most attention among those so far away.

    Args:
        sentences: with arcs.
        answered: what `answers` gives for each.
        far_answered: the same with `at_least=FAR`.
        causal: whether the model looks back only.
    """
    rows: dict[tuple[str, str], list[tuple[Bool[np.ndarray, " head"], int, int]]] = {}
    for number, (sentence, best, far) in enumerate(zip(sentences, answered, far_answered, strict=True)):
        flat, far_flat = (each.reshape(-1, each.shape[-1]) for each in (best, far))
        there = flat[0] != -2
        for arc in sentence.arcs:
            ways = ((arc.dependent, arc.head), (arc.head, arc.dependent))
            for direction, (source, target) in zip(DIRECTIONS, ways, strict=True):
                if not (there[source] and there[target]) or (causal and target > source):
                    continue
                distance = target - source
                row = (flat[:, source] == target, distance, number)
                for name in _names(arc.relation, distance):
                    rows.setdefault((name, direction), []).append(row)
                if arc.relation not in UNMARKED and abs(distance) >= FAR:
                    row = (far_flat[:, source] == target, distance, number)
                    rows.setdefault((FAR_OF_FAR, direction), []).append(row)
    return {key: _questions(each) for key, each in rows.items()}


def _questions(rows: list[tuple[Bool[np.ndarray, " head"], int, int]]) -> Questions:
    right, distance, sentence = zip(*rows, strict=True)
    return Questions(np.array(right), np.array(distance), np.array(sentence))


def _names(relation: str, distance: int) -> list[str]:
    if relation in UNMARKED:
        return [relation]
    return [relation, "any"] + (["far"] if abs(distance) >= FAR else [])
