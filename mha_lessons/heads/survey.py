"""One look at a sentence: what each head points at, and its share of every measure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mha_lessons.heads.chunks import Arrays
from mha_lessons.heads.measures import (
    FAR,
    entropy,
    far_masses,
    induction_score,
    mean_distance,
    offset_share,
    share_on,
)
from mha_lessons.heads.relations import answers
from mha_lessons.heads.resampling import halves, ratio_interval
from mha_lessons.heads.treebank import Sentence
from mha_lessons.models import Encoded, Model, ModelError
from mha_lessons.models.words import words_attention

MEASURES = ("entropy", "distance", "previous", "next", "self", "first", "last", "far")
"""In the order of the arrays; `first` and `last` are the special tokens at the ends ([CLS] and [SEP]), where
a model has them; `far` is attention on far words over attention on other words."""
SPOKEN = 0.1
"""The least share of its attention that a head sends to other words, to be asked how far it looks."""
PERIOD, ROUNDS = 24, 8
"""Random tokens said twice, and how often with new ones, for the induction score."""


def look(model: Model, sentence: Sentence) -> Arrays:
    """What the heads do on one sentence, reduced while the model runs.

    Returns:
        `answers` and `far_answers` [layer, head, word], of `relations.answers`; `sums` and `counts`
        [measure, layer, head], whose quotient over many sentences is the measure; `chance` [2], the same for
        `far` under even attention. Empty for a sentence that the model cannot read: too long, or in a script
        it has no tokens for.
    """
    try:
        encoded = model.encode(sentence.text, sentence.spans)
    except ModelError:
        return {}
    heads = (model.num_layers, model.num_heads)
    best, far_best = np.full((2, *heads, len(sentence.spans)), -2, dtype=np.int16)
    sums, counts = np.zeros((2, len(MEASURES), *heads))
    chance = np.zeros(2)
    queries = [place for place, special in enumerate(encoded.special) if not special]

    def reduce(layer: int, attn: Tensor) -> None:
        attn = attn.float()
        words = words_attention(attn, encoded.word_of_token, len(sentence.spans))
        best[layer] = answers(words, encoded.measurable, causal=model.causal)
        far_best[layer] = answers(words, encoded.measurable, causal=model.causal, at_least=FAR)
        for place, values in enumerate(_token_measures(attn, encoded)):
            asked = values[..., queries]
            sums[place, layer] = asked.nansum(-1).numpy()
            counts[place, layer] = (~asked.isnan()).sum(-1).numpy()
        far, other, even = far_masses(words, causal=model.causal)
        sums[-1, layer], counts[-1, layer] = far.nansum(-1).numpy(), other.nansum(-1).numpy()
        chance[:] = even.nansum().item(), (~even.isnan()).sum().item()

    model.visit(encoded, reduce)
    return {
        "answers": best,
        "far_answers": far_best,
        "sums": sums.astype(np.float32),
        "counts": counts.astype(np.float32),
        "chance": chance,
    }


def _token_measures(
    attn: Float[Tensor, "head query key"], encoded: Encoded
) -> list[Float[Tensor, "head query"]]:
    """All measures but the last, per query; a share of a special token that is not there is NaN."""
    nothing = torch.full(attn.shape[:-1], torch.nan)
    return [
        entropy(attn),
        mean_distance(attn),
        offset_share(attn, -1),
        offset_share(attn, 1),
        offset_share(attn, 0),
        share_on(attn, [0]) if encoded.special[0] else nothing,
        share_on(attn, [attn.shape[-1] - 1]) if encoded.special[-1] else nothing,
    ]


def pool(looks: Iterable[Arrays]) -> tuple[dict[str, Float[np.ndarray, "layer head"]], float]:
    """Every measure over all sentences, a query counting once wherever it stands; and `far` by chance.

    A measure that no head has any of is left out: the share of [SEP] in a model without it, or of the next
    token in one that looks back only.
    """
    whole = [each for each in looks if each]
    sums = np.sum([each["sums"].astype(float) for each in whole], axis=0)
    counts = np.sum([each["counts"].astype(float) for each in whole], axis=0)
    far, queries = np.sum([each["chance"] for each in whole], axis=0)
    named = {
        name: sums[place] / np.maximum(counts[place], 1e-12)
        for place, name in enumerate(MEASURES)
        if sums[place].any()
    }
    return named, float(far / queries) if queries else float("nan")


def farthest(looks: Sequence[Arrays], seed: int) -> dict[str, Any] | None:
    """The head with most of its attention between words on far ones; chosen on one half, told of the other.

    Heads that park nearly all of their attention on a sink are passed over: a share of next to nothing says
    nothing. At least `SPOKEN` of a head's attention has to go to other words.

    Args:
        looks: what `look` gives for each sentence, none of them empty.
        seed: of the halves and the draws.

    Returns:
        The head, its share with an interval by sentences, the share by chance, and how much of all its
        attention goes to other words at all; None if no word has another so far away.
    """
    place = MEASURES.index("far")
    far, other = (
        np.stack([each[name][place] for each in looks]).astype(float) for name in ("sums", "counts")
    )
    even = np.stack([each["chance"] for each in looks])
    choose = halves(range(len(looks)), seed)
    if not even[choose, 1].any() or not even[~choose, 1].any():
        return None
    on_words = other[choose].sum(0)
    speaks = on_words >= SPOKEN * even[choose, 1].sum()
    if not speaks.any():
        return None
    share = np.where(speaks, far[choose].sum(0) / np.maximum(on_words, 1e-12), -1)
    layer, head = np.unravel_index(share.argmax(), share.shape)
    sums, counts = far[~choose, layer, head], other[~choose, layer, head]
    chance, queries = even[~choose].sum(0)
    return {
        "head": (int(layer), int(head)),
        "share": sums.sum() / counts.sum(),
        "interval": ratio_interval(sums, counts, seed),
        "by_chance": chance / queries,
        "of_all_attention": counts.sum() / queries,
        "queries": int(queries),
    }


def induction(
    model: Model, seed: int, *, period: int = PERIOD, rounds: int = ROUNDS
) -> Float[np.ndarray, "layer head"]:
    """How much of each head's attention goes to what followed last time, on random tokens said twice."""
    special = set(model.tokenizer.all_special_ids)
    ordinary = np.array([each for each in range(len(model.tokenizer)) if each not in special])
    frame = model.encode("a")
    inner = [place for place, flag in enumerate(frame.special) if not flag]
    before, after = frame.ids[: inner[0]], frame.ids[inner[-1] + 1 :]
    scores = np.zeros((rounds, model.num_layers, model.num_heads))
    draw = np.random.default_rng(seed)
    for each in range(rounds):
        once = draw.choice(ordinary, period, replace=False).tolist()
        ids = [*before, *once, *once, *after]
        nothing: list[None] = [None] * len(ids)
        encoded = Encoded("", ids, [""] * len(ids), [False] * len(ids), [], list(nothing))

        def reduce(layer: int, attn: Tensor, each: int = each) -> None:
            scores[each, layer] = induction_score(attn.float(), period, len(before)).numpy()

        model.visit(encoded, reduce)
    mean: Float[np.ndarray, "layer head"] = scores.mean(0)
    return mean
