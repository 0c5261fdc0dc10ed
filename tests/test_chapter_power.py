"""What *Benefit 3* and *Benefit 4* say about the trained models, held against the results."""

from __future__ import annotations

from statistics import mean

import pytest

from mha_lessons.experiments import juggling
from mha_lessons.experiments.results import Results, load
from mha_lessons.experiments.trained import FOLDER
from mha_lessons.widgets import SelfCheck


def results(name: str) -> Results:
    return load(FOLDER / f"{name}.json")


def right(name: str) -> str:
    """The answer that the book holds to be right."""
    return next(option["text"] for option in SelfCheck.ask(name).options if option.get("right"))


def test_one_head_gets_about_a_third_of_the_answers() -> None:
    assert right("power.one-head") == "about a third"
    assert juggling().classes == 16
    assert mean(run.accuracy for run in results("juggling").of(1)) == pytest.approx(1 / 3, abs=0.03)


def test_heads_of_width_one_are_better_than_one_head_and_worse_than_eight() -> None:
    assert right("power.sixty-four") == "It is better than one head and worse than 8"
    found = results("juggling")
    best_of_one, worst_of_eight = (
        max(run.accuracy for run in found.of(1)),
        min(run.accuracy for run in found.of(8)),
    )
    assert {run.d_head for run in found.of(64)} == {1}
    assert all(best_of_one < run.accuracy < worst_of_eight for run in found.of(64))


def test_one_head_reports_one_place_well_and_the_others_hardly() -> None:
    for run in results("juggling").of(1):
        assert max(run.answers) > 0.75
        assert sorted(run.answers)[-2] < 0.25


def test_the_single_head_looks_at_all_four_places_and_a_little_more_at_one() -> None:
    for run in results("juggling").of(1):
        assert run.on_sources
        *rest, most = sorted(run.on_sources[0])
        assert all(weight == pytest.approx(0.22, abs=0.01) for weight in rest)
        assert 0.27 < most < 0.3
        assert run.on_sources[0].index(most) == run.answers.index(max(run.answers))


def test_as_many_heads_as_places_are_enough_in_every_run() -> None:
    assert min(run.accuracy for run in results("juggling").of(4)) > 0.99


def test_the_lucky_run_with_two_heads_gives_up_one_answer() -> None:
    best, *others = sorted(results("juggling").of(2), key=lambda run: -run.accuracy)
    assert sum(answer > 0.85 for answer in best.answers) == 3
    assert min(best.answers) < 0.25
    assert 0.72 < best.accuracy < 0.78
    assert 0.5 < min(run.accuracy for run in others) < 0.6
    assert best.accuracy - others[0].accuracy > 0.1, "it stands out"


def test_longer_training_leaves_one_head_where_it_was() -> None:
    short, long = (
        mean(run.accuracy for run in results(name).of(1)) for name in ("juggling", "juggling_more_steps")
    )
    assert long == pytest.approx(short, abs=0.02)


def test_one_long_run_with_two_heads_gets_nearly_everything_right() -> None:
    best, *others = sorted(results("juggling_more_steps").of(2), key=lambda run: -run.accuracy)
    assert 0.9 < best.accuracy < 0.97
    assert all(run.accuracy < 0.75 for run in others)


def test_near_and_far_with_heads_of_a_fixed_width_end_the_same_way() -> None:
    found = results("near_far_fixed_d_head")
    assert all(run.answers[1] < 0.1 for run in found.of(1))
    assert all(min(run.answers) > 0.97 for num_heads in (2, 4) for run in found.of(num_heads))


def test_wide_heads_do_not_fall_back_however_many_they_are() -> None:
    found = results("juggling_fixed_d_head")
    assert max(found.heads) == 64, "as many as those that fall back when they are thin"
    assert min(run.accuracy for run in found.of(64)) > 0.99


def test_in_four_of_five_runs_two_heads_share_out_the_two_parts() -> None:
    shared = [run for run in results("binding").of(2) if run.all_right > 0.98]
    assert len(shared) == 4
    for run in shared:
        assert run.on_sources
        (a, b), (c, d) = run.on_sources  # each head's attention on agent and patient
        assert min(max(a, b), max(c, d)) > 0.9
        assert (a > b) != (c > d), "one looks at who acts, the other at who is acted upon"
    (other,) = (run for run in results("binding").of(2) if run not in shared)
    assert other.on_sources
    assert all(0.4 < weight < 0.6 for head in other.on_sources for weight in head)
    assert other.accuracy < 0.6


def test_the_single_head_keeps_the_near_word() -> None:
    assert right("near-far.one-head") == "the word before, and guess the other"


def test_induction_is_learned_by_two_layers_of_one_head() -> None:
    assert right("near-far.induction") == "two layers with one head each"
    assert min(run.accuracy for run in results("induction").of(1)) > 0.99
    assert max(run.accuracy for run in results("induction_one_layer").of(8)) < 0.5


def test_the_single_head_does_no_worse_at_distances_it_never_saw() -> None:
    for run in results("near_far").of(1):
        assert run.unseen == pytest.approx(run.accuracy, abs=0.02)
    for run in results("near_far").of(2):
        assert 0.9 < (run.unseen or 0) < run.accuracy
