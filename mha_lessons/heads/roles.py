"""The four roles that heads are said to have: for each the best head, its rival, and a verdict.

The roles are those of the analogy this book starts from: one head finds the name behind a pronoun, one links
verb and object, one follows grammar, one looks far. A claim holds here if its head beats the best simple rule
on data that chose neither, with a corrected p below 0.05.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mha_lessons.heads.coreference import NameScore
from mha_lessons.heads.measures import FAR
from mha_lessons.heads.relation_scores import Score, best_direction
from mha_lessons.heads.relations import FAR_OF_FAR, SUMS, UNMARKED

SURE = 0.05


@dataclass(frozen=True)
class Evidence:
    """One test of a role.

    Attributes:
        test: what was asked, of which data.
        n: questions that the scores are from.
        head: layer and head, from 0.
        score, interval: its share of right answers, and 95 %.
        rival, baseline: the best simple rule, and its share on the same questions.
        gain, gain_interval: score minus baseline.
        p: that the two are alike, corrected where many were tried.
        holds: whether the head is better than the rule.
    """

    test: str
    n: int
    head: tuple[int, int]
    score: float
    interval: tuple[float, float]
    rival: str
    baseline: float
    gain: float
    gain_interval: tuple[float, float]
    p: float
    holds: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "holds", self.gain > 0 and self.p < SURE)


def from_relation(score: Score, name: str | None = None) -> Evidence:
    """A relation as evidence."""
    return Evidence(
        test=f"{name or score.relation}, {score.direction}",
        n=score.n,
        head=score.head,
        score=score.score,
        interval=score.interval,
        rival=_offset(score.offset),
        baseline=score.baseline,
        gain=score.gain,
        gain_interval=score.gain_interval,
        p=score.p_holm,
    )


def from_names(test: str, score: NameScore) -> Evidence:
    """A choice between two names as evidence."""
    return Evidence(
        test=test,
        n=score.n,
        head=score.head,
        score=score.score,
        interval=score.interval,
        rival=score.rule if score.rule == "chance" else f"the {score.rule} name",
        baseline=score.rules[score.rule],
        gain=score.gain,
        gain_interval=score.gain_interval,
        p=score.p,
    )


def _offset(offset: int) -> str:
    words = f"{abs(offset)} word{'s' if abs(offset) > 1 else ''}"
    return f"the word {words} {'on' if offset > 0 else 'back'}"


def roles(
    scores: Sequence[Score], names: dict[str, NameScore], far: dict[str, Any] | None, *, causal: bool
) -> list[dict[str, Any]]:
    """Each role with its evidence and a sentence that says what the numbers say.

    Args:
        scores: of `score_relations`. names: of `score_names` by test: "GAP", "templates", "Winograd-style
        pairs", those that could be asked. far: the head with most attention on far words, as `study` finds
        it. causal: whether the model looks back only.
    """
    told = [
        _role(
            "pronoun to name",
            [from_names(test, names[test]) for test in ("templates", "GAP") if test in names],
        ),
        _role("verb and object", _one(scores, "obj")),
        _grammar(scores),
        _long_range(scores, far),
    ]
    failures = (
        [from_names("Winograd-style pairs", names["Winograd-style pairs"])]
        if "Winograd-style pairs" in names
        else []
    )
    for relation in ("conj", "nmod", "case"):
        failures += _one(scores, relation)
    told.append(_role("expected failures", failures))
    if causal and failures and names.get("Winograd-style pairs"):
        told[-1]["note"] = (
            "A model that looks back only reads the pronoun before the word that decides: both sentences of "
            "a pair look the same to it, so it is right exactly half of the time."
        )
    return told


def _one(scores: Sequence[Score], relation: str, name: str | None = None) -> list[Evidence]:
    score = best_direction(scores, relation)
    return [] if score is None else [from_relation(score, name)]


def _long_range(scores: Sequence[Score], far: dict[str, Any] | None) -> dict[str, Any]:
    """By arcs between words far apart, and by attention on far words, which says nothing of its use."""
    apart = f"words {FAR} or more apart"
    found = _one(scores, FAR_OF_FAR, f"{apart}, choosing among those") + _one(scores, "far", apart)
    more = []
    if far is not None:
        (layer, head), share, even = far["head"], 100 * far["share"], 100 * far["by_chance"]
        more.append(
            f"of what head {layer}-{head} sends to other words, {share:.0f} % goes {FAR} or more words "
            f"away; spread evenly it would be {even:.0f} %"
        )
    return _role("long range", found, *more) | {"far_share": far}


def _role(role: str, evidence: list[Evidence], *more: str) -> dict[str, Any]:
    """A role with its evidence; its verdict is one sentence, a clause each and what more there is."""
    clauses = [clause(each) for each in evidence] or ["there were too few questions to say"]
    verdict = "; ".join([*clauses, *more]) + "."
    return {"role": role, "evidence": [asdict(each) for each in evidence], "verdict": verdict}


def clause(found: Evidence) -> str:
    """What one test says.

    >>> print(clause(Evidence("obj", 500, (2, 0), 0.71, (0.68, 0.74), "the word 2 words on",
    ...     0.38, 0.33, (0.3, 0.36), 0.001)))
    obj: yes, head 2-0 is right in 71 % of 500 (95 %: 68 to 74), "the word 2 words on" in 38 %
    """
    layer, head = found.head
    low, high = (100 * end for end in found.interval)
    if found.holds:
        says = "yes"
    else:
        says = "no, it is worse than the rule" if found.gain < 0 and found.p < SURE else "not shown"
    return (
        f"{found.test}: {says}, head {layer}-{head} is right in {100 * found.score:.0f} % of {found.n} "
        f'(95 %: {low:.0f} to {high:.0f}), "{found.rival}" in {100 * found.baseline:.0f} %'
    )


def _grammar(scores: Sequence[Score]) -> dict[str, Any]:
    """All relations but verb and object, which has a row of its own."""
    others = {*SUMS, *UNMARKED, "obj"}
    names = dict.fromkeys(score.relation for score in scores if score.relation not in others)
    found = [each for name in names for each in _one(scores, name)]
    found.sort(key=lambda each: -each.gain)
    good = [each for each in found if each.holds]
    if not found:
        return _role("grammar", [])
    verdict = (
        f"{len(good)} of {len(found)} relations have a head that beats the best fixed offset; "
        f"{len({each.head for each in good})} different heads do it."
    )
    if good:
        won = ", ".join(f"{each.test.partition(',')[0]} {each.head[0]}-{each.head[1]}" for each in good)
        verdict = f"{verdict[:-1]}: {won}."
    return {"role": "grammar", "evidence": [asdict(each) for each in found], "verdict": verdict}
