"""All measurements of one model, in steps that can be stopped and taken up again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float, Int

from mha_lessons.heads.chunks import Arrays, Chunks
from mha_lessons.heads.coreference import NameScore, score_names
from mha_lessons.heads.importance import ablation, gradient_importance, importance, prune
from mha_lessons.heads.problem import DataError
from mha_lessons.heads.referent import Question, ask, in_sight
from mha_lessons.heads.relation_scores import Score, best_direction, held_out_scores, score_relations
from mha_lessons.heads.relations import SUMS, UNMARKED, Asked, ask_all
from mha_lessons.heads.roles import roles
from mha_lessons.heads.schemas import winograd_pairs
from mha_lessons.heads.similarity import head_distances, similarity
from mha_lessons.heads.survey import farthest, induction, look, pool
from mha_lessons.heads.tasks import Task, tasks_of
from mha_lessons.heads.templates import pronoun_templates
from mha_lessons.heads.treebank import Sentence
from mha_lessons.models import Model, ModelError

Tell = Callable[[str, int, int], None]
"""Step, items done, items in all."""
T = TypeVar("T")
SAMPLE = 64
"""Sentences for the distances between heads."""
LENGTHS = (8, 30)
"""How many words those have."""
ORDERS = 5
"""Random orders of pruning, against the one by importance."""
CHUNK = 50
SHOWN = 12
"""Relations whose share is kept for every head, those with most questions."""


class Study:
    """Measure one model on gold data and on sentences of our own.

    Args:
        model: which.
        sentences: of a treebank.
        questions: of GAP; may be empty.
        chunks: where finished work is kept.
        seed: of all halves and draws.
        tell: called as the work goes on.
    """

    def __init__(
        self,
        model: Model,
        sentences: Sequence[Sentence],
        questions: Sequence[Question],
        chunks: Chunks,
        seed: int,
        tell: Tell,
    ) -> None:
        self.model, self.sentences, self.questions = model, sentences, questions
        self.chunks, self.seed, self.tell = chunks, seed, tell

    def run(self) -> dict[str, Any]:
        """All results, as plain values and arrays."""
        looks = list(self._each("Sentences", self.sentences, CHUNK, lambda each: look(self.model, each)))
        read = [(sentence, each) for sentence, each in zip(self.sentences, looks, strict=True) if each]
        if not read:
            raise DataError(
                f"{self.model.name} can read none of the sentences: give others, or shorter ones."
            )
        measures, far_by_chance = pool(looks)
        measures["induction"] = induction(self.model, self.seed)
        asked = ask_all(
            [sentence for sentence, _ in read],
            [each["answers"] for _, each in read],
            [each["far_answers"] for _, each in read],
            causal=self.model.causal,
        )
        heads = self.model.num_heads
        scores = score_relations(asked, heads, len(read), self.seed)
        names, counts = self._names()
        far = farthest([each for _, each in read], self.seed)
        alike = self._similarity()
        worth, more = self._importance()
        return {
            "sentences": {
                "n": len(self.sentences),
                "left_out": len(self.sentences) - len(read),
                "words": sum(len(sentence.spans) for sentence, _ in read),
                "words_without_a_token": int(sum((each["answers"][0, 0] == -2).sum() for _, each in read)),
            },
            "measures": measures | {"nearest_head": alike.pop("distance_to_nearest")} | more,
            "far_by_chance": far_by_chance,
            "relations": [asdict(score) for score in scores],
            "relation_heads": self._relation_heads(asked, scores, len(read)),
            "names": {test: asdict(score) for test, score in names.items()},
            "name_counts": counts,
            "similarity": alike,
            "importance": worth,
            "roles": roles(scores, names, far, causal=self.model.causal),
        }

    def _each(
        self, step: str, items: Sequence[T], size: int, work: Callable[[T], Arrays]
    ) -> Iterator[Arrays]:
        done = 0

        def tell() -> None:
            nonlocal done
            done += 1
            self.tell(step, done, len(items))

        label = step.lower().replace(" ", "-")
        return self.chunks.each(label, items, size, work, tell)

    def _relation_heads(self, asked: Asked, scores: list[Score], number: int) -> dict[str, Any]:
        names = [
            name for name in dict.fromkeys(score.relation for score in scores) if name not in SUMS + UNMARKED
        ]
        kept = {}
        for name in [*names[:SHOWN], *SUMS]:
            if (score := best_direction(scores, name)) is not None:
                table = held_out_scores(asked, score, self.model.num_heads, number, self.seed)
                kept[name] = {"direction": score.direction, "scores": table}
        return kept

    def _names(self) -> tuple[dict[str, NameScore], dict[str, Any]]:
        """Which of two names, in three tests; and how many questions each had to leave out, and why."""
        tests = {
            "GAP": self.questions,
            "templates": pronoun_templates(),
            "Winograd-style pairs": winograd_pairs(),
        }
        scores, counts = {}, {}
        for test, questions in tests.items():
            answered = [question for question in questions if question.right is not None]
            seen = [question for question in answered if in_sight(question, causal=self.model.causal)]
            attention = list(self._each(f"Names {test}", seen, CHUNK, self._ask))
            fit = [(question, each["names"]) for question, each in zip(seen, attention, strict=True) if each]
            counts[test] = {
                "n": len(questions),
                "neither": len(questions) - len(answered),
                "not_in_sight": len(answered) - len(seen),
                "too_long": len(seen) - len(fit),
                "used": len(fit),
            }
            if len({question.group for question, _ in fit}) > 1:
                scores[test] = score_names(
                    [q for q, _ in fit], np.stack([each for _, each in fit]), self.seed
                )
        return scores, counts

    def _ask(self, question: Question) -> Arrays:
        try:
            return {"names": ask(self.model, question)}
        except ModelError:
            return {}

    def _similarity(self) -> dict[str, Any]:
        """How alike heads are, on some sentences of middling length."""
        fits = [each for each in self.sentences if LENGTHS[0] <= len(each.spans) <= LENGTHS[1]]
        pool = fits or list(self.sentences)
        order = np.random.default_rng(self.seed).permutation(len(pool))[:SAMPLE]
        sample = [pool[place] for place in sorted(order)]
        tables = [each["js"] for each in self._each("Similarity", sample, 16, self._distances) if each]
        return similarity(np.mean(tables, axis=0), self.model.num_heads) | {"sentences": len(tables)}

    def _distances(self, sentence: Sentence) -> Arrays:
        try:
            return {"js": head_distances(self.model, sentence.text).astype(np.float32)}
        except ModelError:
            return {}

    def _importance(self) -> tuple[dict[str, Any], dict[str, Float[np.ndarray, "layer head"]]]:
        """What each head is worth by gradient and by ablation, and the price of taking many out.

        Heads are judged on one half of the sentences, and taken out on the other: an order that was found on
        the sentences it is tried on would look better than it is.
        """
        model = self.model
        try:
            choose, report = tasks_of(model)
        except ModelError as error:
            return {"task": None, "why_not": str(error)}, {}

        def gradient_of(task: Task) -> Arrays:
            return {"gradient": gradient_importance(model, task)}

        def ablated(layer: int) -> Arrays:
            return {"loss": ablation(model, choose, layer)}

        def pruned(order: Int[np.ndarray, " head"]) -> Arrays:
            curve = prune(model, report, order)
            return {"curve": np.array([[each.removed, each.loss, each.accuracy] for each in curve])}

        (gradient,) = (each["gradient"] for each in self._each("Gradient", [choose], 1, gradient_of))
        layers = self._each("Ablation", range(model.num_layers), 1, ablated)
        rise = np.stack([each["loss"] for each in layers]) - choose.judge()[0]
        draw = np.random.default_rng(self.seed)
        orders = [gradient.ravel().argsort(), rise.ravel().argsort()]
        orders += [draw.permutation(gradient.size) for _ in range(ORDERS)]
        curves = np.stack([each["curve"] for each in self._each("Pruning", orders, 1, pruned)])
        told = {"task": report.name, "loss_is": report.measures}
        return told | importance(gradient, rise, curves), {"gradient": gradient, "ablation": rise}
