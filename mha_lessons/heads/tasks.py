"""What a model is for, as a loss: so that "this head matters" has a meaning.

An encoder of sentences is judged by pairs of paraphrases: each sentence has to find its partner among all
second sentences, by cosine, the way such encoders are trained. A model that looks back only is judged by the
next token. Both use the same sentences, which are our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody gives it
from jaxtyping import Float, Int
from torch import Tensor

from mha_lessons.heads.paraphrases import PARAPHRASES
from mha_lessons.models import Model, ModelError

SCALE = 20.0
"""Cosines are multiplied by this before the softmax, as when such encoders are trained."""


@runtime_checkable
class Task(Protocol):
    """Something a model can do better or worse.

    Attributes:
        name: in a word or two.
        measures: what the loss is.
    """

    name: str
    measures: str

    def losses(self) -> Iterator[Float[Tensor, ""]]:
        """The loss of each example in nats, with gradients if they are on."""

    def judge(self) -> tuple[float, float]:
        """The mean loss, and the share that comes out right."""


def tasks_of(model: Model) -> tuple[Task, Task]:
    """Two tasks that fit a model, on different sentences: one to choose heads on, one to report on.

    Paraphrases for an encoder; the next token, of the first sentence of each pair, for one that looks back
    only.
    """
    # Two by two, since neighbours are hard to tell apart, and should be there together.
    halves = [[pair for place, pair in enumerate(PARAPHRASES) if place // 2 % 2 == half] for half in (0, 1)]
    if model.causal:
        one, other = (NextToken(model, [first for first, _ in half]) for half in halves)
        return one, other
    return Paraphrases(model, halves[0]), Paraphrases(model, halves[1])


class Paraphrases:
    """Find the partner: cross-entropy over all second sentences, and the other way round."""

    name = "paraphrases"
    measures = (
        "cross-entropy of finding a sentence's paraphrase among those of all pairs, by the cosine of mean "
        "token vectors, times 20; both ways"
    )

    def __init__(self, model: Model, pairs: Sequence[tuple[str, str]]) -> None:
        self._model = model
        self._ids, self._there = batch(model, [one for one, _ in pairs] + [other for _, other in pairs])

    def _cosines(self) -> Float[Tensor, "pair pair"]:
        hidden = self._model.hidden(self._ids, self._there)
        there = self._there[..., None].to(hidden)
        vectors = F.normalize((hidden * there).sum(1) / there.sum(1), dim=-1)
        one, other = vectors.chunk(2)
        return one @ other.T

    def losses(self) -> Iterator[Float[Tensor, ""]]:
        """Cross-entropy of each sentence; from one run, since each is compared with all others."""
        yield from _both_ways(self._cosines())

    def judge(self) -> tuple[float, float]:
        """Mean cross-entropy, and the share of sentences whose nearest is the partner."""
        with torch.no_grad():
            cosines = self._cosines()
        partner = torch.arange(len(cosines))
        right = torch.cat([cosines.argmax(0) == partner, cosines.argmax(1) == partner])
        return _both_ways(cosines).mean().item(), right.float().mean().item()


def _both_ways(cosines: Float[Tensor, "pair pair"]) -> Float[Tensor, " example"]:
    partner = torch.arange(len(cosines))
    scores = SCALE * cosines
    return torch.cat([F.cross_entropy(table, partner, reduction="none") for table in (scores, scores.T)])


class NextToken:
    """Say the next token: mean cross-entropy over the tokens of a sentence."""

    name = "next token"
    measures = "cross-entropy of the next token, mean over a sentence"

    def __init__(self, model: Model, texts: Sequence[str]) -> None:
        self._model = model
        self._ids, self._there = batch(model, texts)
        network: Any = model.network
        output = network.get_output_embeddings()
        tied = getattr(network.config, "tie_word_embeddings", False)
        if output is None and not tied:
            raise ModelError(
                f"{model.name} was loaded without its output words: no next token can be scored."
            )
        self._words: Tensor = (output or network.get_input_embeddings()).weight

    def _logits(self, ids: Int[Tensor, "text token"], there: Tensor) -> Float[Tensor, "text before word"]:
        hidden = self._model.hidden(ids, there)
        return hidden[:, :-1] @ self._words.T

    def losses(self) -> Iterator[Float[Tensor, ""]]:
        """Mean cross-entropy of each text, one run for each."""
        for ids, there in zip(self._ids, self._there, strict=True):
            one = ids[None, : there.sum()]
            yield F.cross_entropy(self._logits(one, torch.ones_like(one))[0], one[0, 1:])

    def judge(self) -> tuple[float, float]:
        """Mean cross-entropy over the texts, and the share of tokens that are the model's first guess."""
        with torch.no_grad():
            logits = self._logits(self._ids, self._there)
        wanted, there = self._ids[:, 1:], self._there[:, 1:]
        each = F.cross_entropy(logits.transpose(1, 2), wanted, reduction="none")
        loss = ((each * there).sum(1) / there.sum(1)).mean().item()
        return loss, (logits.argmax(-1) == wanted)[there.bool()].float().mean().item()


def batch(model: Model, texts: Sequence[str]) -> tuple[Int[Tensor, "text token"], Int[Tensor, "text token"]]:
    """Token ids filled up on the right to one length, and 1 where there is a token."""
    rows = [model.encode(text).ids for text in texts]
    longest = max(map(len, rows))
    fill = model.tokenizer.pad_token_id or 0
    ids = torch.tensor([row + [fill] * (longest - len(row)) for row in rows])
    there = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return ids, there
