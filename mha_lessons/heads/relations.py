"""Do heads follow grammar? For each relation the head that points best from a word to its partner.

A head's answer for a word is the other word that gets most of its attention. An arc asks twice: from the
dependent to its head, and from the head to its dependent. The rival is the best fixed offset ("always the
next word"). Head and offset are chosen on one half of the sentences and reported on the other.

A model that looks back only is asked about arcs whose target comes before the source: each arc once, in the
direction it can see; its rival answers the same questions.

Source: Clark et al. 2019, section 4.2, with Universal Dependencies in place of Stanford's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Int16
from torch import Tensor

from mha_lessons.heads.measures import FAR, visible
from mha_lessons.heads.resampling import halves, holm, interval, p_value
from mha_lessons.heads.treebank import Sentence

DIRECTIONS = ("dependent to head", "head to dependent")
FEWEST = 25
"""A relation with fewer questions in either half is not reported."""
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

    def part(self, keep: Bool[np.ndarray, " question"]) -> Questions:
        """Some of the questions."""
        return Questions(self.right[keep], self.distance[keep], self.sentence[keep])


@dataclass(frozen=True)
class Score:
    """The best head for a relation against the best fixed offset, both on sentences that did not choose them.

    Attributes:
        relation, direction: what was asked.
        chosen_on, n: questions in the half that chose, and in the half reported here.
        head: layer and head.
        score, interval: its share of right answers, and 95 % by sentences.
        chosen_score, chosen_baseline: the shares on the half that chose head and offset: what luck added.
        offset: the best fixed offset, in words.
        baseline, baseline_interval: its share.
        gain, gain_interval: score minus baseline, drawn together.
        p, p_holm: that the two are alike; corrected for all relations and directions.
        median_head: the share of the head in the middle.
    """

    relation: str
    direction: str
    chosen_on: int
    n: int
    head: tuple[int, int]
    score: float
    interval: tuple[float, float]
    chosen_score: float
    chosen_baseline: float
    offset: int
    baseline: float
    baseline_interval: tuple[float, float]
    gain: float
    gain_interval: tuple[float, float]
    p: float
    p_holm: float
    median_head: float


Asked = dict[tuple[str, str], Questions]


def ask_all(
    sentences: Sequence[Sentence],
    answered: Iterable[Int16[np.ndarray, "layer head word"]],
    far_answered: Iterable[Int16[np.ndarray, "layer head word"]],
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


def score_relations(asked: Asked, num_heads: int, num_sentences: int, seed: int) -> list[Score]:
    """The best head of each relation and direction with enough questions, most frequent first.

    Args:
        asked: what `ask_all` gives.
        num_heads: heads of a layer.
        num_sentences: how many there are to halve.
        seed: of the halves and the draws.
    """
    choose = halves(range(num_sentences), seed)
    scored = []
    for (relation, direction), questions in sorted(asked.items(), key=lambda each: (-len(each[1]), each[0])):
        ours = choose[questions.sentence]
        chosen, held_out = questions.part(ours), questions.part(~ours)
        if min(len(chosen), len(held_out)) >= FEWEST:
            scored.append(_score(relation, direction, chosen, held_out, num_heads, seed))
    corrected = holm([each["p"] for each in scored])
    return [Score(**each, p_holm=p) for each, p in zip(scored, corrected, strict=True)]


def _score(
    relation: str, direction: str, chosen: Questions, held_out: Questions, num_heads: int, seed: int
) -> dict[str, Any]:
    best = int(chosen.right.mean(0).argmax())
    offsets, counts = np.unique(chosen.distance, return_counts=True)
    offset = int(offsets[counts.argmax()])
    head = held_out.right[:, best].astype(float)
    rival = (held_out.distance == offset).astype(float)
    units = held_out.sentence
    return {
        "relation": relation,
        "direction": direction,
        "chosen_on": len(chosen),
        "n": len(held_out),
        "head": divmod(best, num_heads),
        "score": float(head.mean()),
        "interval": interval(head, units, seed),
        "chosen_score": float(chosen.right[:, best].mean()),
        "chosen_baseline": float(counts.max() / len(chosen)),
        "offset": offset,
        "baseline": float(rival.mean()),
        "baseline_interval": interval(rival, units, seed),
        "gain": float((head - rival).mean()),
        "gain_interval": interval(head - rival, units, seed),
        "p": p_value(head, rival, units, seed),
        "median_head": float(np.median(held_out.right.mean(0))),
    }


def best_direction(scores: Iterable[Score], relation: str) -> Score | None:
    """Of a relation's directions the one with more questions; None if it was too rare.

    A model that sees both ways is asked as many in both: of equals, the one with more gain on the half that
    chose.
    """
    rows = [score for score in scores if score.relation == relation]
    return max(
        rows, key=lambda row: (row.chosen_on + row.n, row.chosen_score - row.chosen_baseline), default=None
    )


def held_out_scores(
    asked: Asked, score: Score, num_heads: int, num_sentences: int, seed: int
) -> Float[np.ndarray, "layer head"]:
    """The share of every head for one relation, on the same half as the reported one."""
    questions = asked[score.relation, score.direction]
    held_out = questions.part(~halves(range(num_sentences), seed)[questions.sentence])
    share: Float[np.ndarray, "layer head"] = held_out.right.mean(0).reshape(-1, num_heads)
    return share
