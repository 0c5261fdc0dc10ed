"""Halves, intervals, the test against a rival, and the correction for many looks."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from mha_lessons.heads.resampling import halves, holm, interval, p_value, per_group, ratio_interval


@pytest.mark.parametrize("number", [2, 5, 11])
def test_halves_hold_every_group_on_one_side_only_and_are_as_even_as_they_can_be(number: int) -> None:
    groups = [f"page {each % number}" for each in range(4 * number)]
    chosen = halves(groups, seed=1)
    sides = {group: {bool(chosen[i]) for i, each in enumerate(groups) if each == group} for group in groups}
    assert all(len(side) == 1 for side in sides.values())
    assert sum(side == {True} for side in sides.values()) == (number + 1) // 2


def test_halves_are_the_same_for_a_seed_and_others_for_another() -> None:
    assert np.array_equal(halves(range(99), 1), halves(range(99), 1))
    assert not np.array_equal(halves(range(99), 1), halves(range(99), 2))


def test_sums_are_taken_by_group() -> None:
    assert per_group(np.array([1.0, 2, 4, 8]), np.array([7, 3, 7, 9])).tolist() == [2, 5, 8]


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    draw = np.random.default_rng(0)
    covered = 0
    for _ in range(100):
        hits = (draw.random(150) < 0.3).astype(float)
        low, high = interval(hits, np.arange(150), seed=1)
        covered += low <= 0.3 <= high
    assert 88 <= covered <= 100


def test_words_of_one_sentence_that_go_together_make_the_interval_wider() -> None:
    groups = np.repeat(np.arange(20), 30)
    hits = np.repeat(np.random.default_rng(0).random(20) < 0.5, 30).astype(float)
    by_sentence, by_word = interval(hits, groups, 0), interval(hits, np.arange(600), 0)
    assert by_sentence[1] - by_sentence[0] > 3 * (by_word[1] - by_word[0])


def test_a_ratio_is_drawn_with_its_denominator() -> None:
    assert ratio_interval(np.array([2.0, 20, 200]), np.array([4.0, 40, 400]), 0) == (0.5, 0.5)


def test_one_group_has_no_interval() -> None:
    assert np.isnan(interval(np.ones(5), np.zeros(5, dtype=int), 0)).all()


def test_p_is_the_share_of_all_swaps_that_are_as_far_apart() -> None:
    one, other = np.array([1.0, 1, 1, 0, 1, 1, 1]), np.array([0.0, 0, 1, 1, 0, 0, 0])
    gap = one - other
    swaps = [abs(np.dot(gap, signs)) >= abs(gap.sum()) for signs in product([1, -1], repeat=len(gap))]
    assert p_value(one, other, np.arange(7), 0) == pytest.approx(np.mean(swaps))
    assert p_value(other, one, np.arange(7), 0) == pytest.approx(np.mean(swaps))


def test_p_swaps_whole_groups() -> None:
    one, other = np.ones(40), np.zeros(40)
    assert p_value(one, other, np.arange(40), 0) < 0.001
    assert p_value(one, other, np.arange(40) // 20, 0) == 0.5


def test_holm_multiplies_the_least_p_by_all_the_next_by_one_less_and_never_falls() -> None:
    assert holm([0.02, 0.001, 0.3, 0.011]) == pytest.approx([0.04, 0.004, 0.3, 0.033])
    assert holm([0.03, 0.029]) == pytest.approx([0.058, 0.058])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
