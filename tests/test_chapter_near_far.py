"""What *Benefit 3* says about the trained models, held against the results."""

from __future__ import annotations

import pytest
import torch

from mha_lessons.designed import designed_roles
from mha_lessons.experiments.results import Results, load
from mha_lessons.experiments.trained import FOLDER
from mha_lessons.widgets import HeadExplorer
from tests.book_claims import SOLUTION, cell, page, right


def results(name: str) -> Results:
    return load(FOLDER / f"{name}.json")


def test_near_and_far_with_heads_of_a_fixed_width_end_the_same_way() -> None:
    found = results("near_far_fixed_d_head")
    assert all(run.answers[1] < 0.1 for run in found.of(1))
    assert all(min(run.answers) > 0.97 for num_heads in (2, 4) for run in found.of(num_heads))


def test_the_single_head_keeps_the_near_word() -> None:
    assert right("near-far.one-head") == "the word before, and guess the other"


def test_induction_is_learned_by_two_layers_of_one_head() -> None:
    assert right("near-far.induction") == "two layers with one head each"
    assert min(run.accuracy for run in results("induction").of(1)) > 0.99
    assert max(run.accuracy for run in results("induction_one_layer").of(8)) < 0.5


@pytest.mark.parametrize("num_heads", [2, 4, 8])
def test_with_two_heads_or_more_nine_answers_in_ten_are_right_at_distances_never_seen(num_heads: int) -> None:
    runs = results("near_far").of(num_heads)
    assert len(runs) == 5
    assert min(run.unseen or 0 for run in runs) > 0.9


def test_in_every_run_with_two_heads_one_looks_next_door_and_one_far() -> None:
    for run in results("near_far").of(2):
        near, far = sorted(run.distances)
        assert 0.9 < near < 1.3 < 8 < far


def test_the_single_head_does_no_worse_at_distances_it_never_saw() -> None:
    for run in results("near_far").of(1):
        assert run.unseen == pytest.approx(run.accuracy, abs=0.02)
    for run in results("near_far").of(2):
        assert 0.9 < (run.unseen or 0) < run.accuracy


def test_with_more_heads_than_jobs_most_do_one_of_them_and_more_than_a_third_do_neither_cleanly() -> None:
    runs = [run for num_heads in (4, 8) for run in results("near_far").of(num_heads)]
    heads = [head for run in runs for head in run.on_sources or []]
    assert len(heads) == 5 * (4 + 8)
    cleanly = sum(max(near, far) > 0.7 for near, far in heads) / len(heads)
    assert 0.5 < cleanly < 2 / 3


def test_without_the_parking_the_two_experts_with_few_words_to_serve_look_far_less_far() -> None:
    text = "The doctor thanked Mary because she helped him"
    names = {"torch": torch, "explorer": HeadExplorer(text=text, num_heads=4, source="designed")}
    exec(cell("near-far", "attn = explorer.trace"), names)
    before = names["distance"].tolist()
    even, parked = (solution.strip().splitlines() for solution in SOLUTION.findall(page("near-far")))
    exec("\n".join(even[:-1]), names)
    assert eval(even[-1], names).item() == pytest.approx((8**2 - 1) / (3 * 8))
    exec("\n".join(parked[:-1]), names)  # on the heads of the page, whatever the solution before it did
    after = eval(parked[-1], names)
    shorter = {role: was - now for role, was, now in zip(designed_roles(4), before, after, strict=True)}
    *_, second, first = sorted(shorter, key=lambda role: abs(shorter[role]))
    assert {first, second} == {"pronoun → name", "verb → object"}
    assert all(now < was / 2 for was, now in zip(before[2:], after[2:], strict=True))
    assert shorter["same word"] < -0.5
