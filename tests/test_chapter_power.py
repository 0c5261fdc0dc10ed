"""What *Benefit 4* says about the trained models, held against the results."""

from __future__ import annotations

from statistics import mean
from typing import Any

import pytest

from mha_lessons.experiments import juggling
from mha_lessons.experiments.evaluation import looks
from mha_lessons.experiments.pruning import accuracy_curve
from mha_lessons.experiments.results import Results, load
from mha_lessons.experiments.trained import FOLDER, load_trained
from mha_lessons.figures import dots
from mha_lessons.widgets import HeadPruner, HeadTrainer
from mha_lessons.widgets.trainer_session import BATCH
from tests.book_claims import cell, right


def results(name: str) -> Results:
    return load(FOLDER / f"{name}.json")


def left_without(*heads: int) -> float:
    """The share of answers that the juggler with 8 heads gets right without these."""
    model, task = load_trained("juggling_h8_seed0")
    return accuracy_curve(model, task, heads)[-1].accuracy


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


def test_the_runs_of_the_figure_learn_from_three_times_as_many_sequences_as_the_widget() -> None:
    settings = results("juggling").settings
    assert 3 < settings.steps * settings.batch / (HeadTrainer().steps * BATCH) < 4


def test_one_head_reports_one_place_well_and_is_wrong_about_the_others_four_times_in_five() -> None:
    for run in results("juggling").of(1):
        assert max(run.answers) > 0.75
        assert sorted(run.answers)[-2] < 0.2


def test_the_single_head_looks_at_all_four_places_and_a_little_more_at_one() -> None:
    for run in results("juggling").of(1):
        assert run.on_sources
        *rest, most = sorted(run.on_sources[0])
        assert all(weight == pytest.approx(0.22, abs=0.01) for weight in rest)
        assert 0.27 < most < 0.3
        assert run.on_sources[0].index(most) == run.answers.index(max(run.answers))


def test_from_as_many_heads_as_places_to_eight_times_as_many_every_run_gets_all_right() -> None:
    found = results("juggling")
    enough = [num_heads for num_heads in found.heads if 4 <= num_heads <= 4 * 8]
    assert enough == [4, 8, 16, 32]
    assert min(run.accuracy for num_heads in enough for run in found.of(num_heads)) > 0.999


def test_of_five_runs_with_two_heads_one_stands_out_and_gives_up_one_answer() -> None:
    best, *others = sorted(results("juggling").of(2), key=lambda run: -run.accuracy)
    assert sum(answer > 0.85 for answer in best.answers) == 3
    assert min(best.answers) < 0.25
    assert 0.72 < best.accuracy < 0.78
    assert all(0.55 < run.accuracy < 0.65 for run in others), "little more than half"


def test_of_twenty_runs_with_two_heads_most_report_three_places_and_one_reports_all_four() -> None:
    runs = results("juggling_two_heads").of(2)
    names: dict[str, Any] = {"load": load, "FOLDER": FOLDER, "dots": dots}
    exec(cell("power", "juggling_two_heads"), names)
    well = names["well"]
    assert len(runs) == 20
    assert (well.count(4), well.count(3), well.count(2)) == (1, 11, 8)
    for count, run in zip(well, runs, strict=True):
        assert (count == 2) == (run.accuracy < 0.65)
        assert (count == 3) == (0.74 < run.accuracy < 0.76)
        assert count == 4 or min(run.answers) < 0.4, "one is given up"
    (best,) = [run for run in runs if run.accuracy > 0.85]
    assert (best.seed, min(best.answers) > 0.8) == (17, True)
    first = results("juggling").of(2)
    assert [run.accuracy for run in runs[:5]] == pytest.approx([run.accuracy for run in first], abs=1e-3)


def test_longer_training_leaves_one_head_where_it_was() -> None:
    short, long = (
        mean(run.accuracy for run in results(name).of(1)) for name in ("juggling", "juggling_more_steps")
    )
    assert long == pytest.approx(short, abs=0.02)


def test_one_long_run_with_two_heads_gets_nine_answers_in_ten_right_and_the_others_gain_a_little() -> None:
    short, long = (results(name).of(2) for name in ("juggling", "juggling_more_steps"))
    assert [run.seed for run in short] == [run.seed for run in long]
    best = max(long, key=lambda run: run.accuracy)
    assert 0.9 < best.accuracy < 0.99
    gains = [after.accuracy - before.accuracy for before, after in zip(short, long, strict=True)]
    *others, most = sorted(gains)
    assert most == gains[long.index(best)] > 1.5 * max(others)
    assert all(0 < gain < 0.1 for gain in others)


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
    single = max(run.accuracy for run in results("binding").of(1))
    assert single < other.accuracy < single + 0.03, "hardly better than a single head"


def test_both_orders_take_the_same_four_heads_first_at_no_price() -> None:
    numbers = HeadPruner(model="juggling_h8_seed0").numbers()
    by_gradient, by_ablation = (numbers["orders"][order][:4] for order in ("gradient", "ablation"))
    assert set(by_gradient) == set(by_ablation) == {0, 3, 4, 5}
    assert left_without(*by_gradient) > 0.995


def test_the_four_heads_that_are_left_have_a_place_each_and_none_can_go() -> None:
    found = looks(*load_trained("juggling_h8_seed0")).on_sources
    assert found
    place = {head: max(range(4), key=found[head].__getitem__) for head in (1, 2, 6, 7)}
    assert sorted(place.values()) == [0, 1, 2, 3]
    assert all(found[head][place[head]] > 0.97 for head in place)
    for head in place:
        assert left_without(0, 3, 4, 5, head) == pytest.approx(0.75, abs=0.03)


def test_heads_four_and_six_do_one_job_and_only_both_together_are_missed() -> None:
    found = looks(*load_trained("juggling_h8_seed0")).on_sources
    assert found
    assert all(found[head][0] > 0.9 for head in (4, 6)), "both look at the first place"
    assert min(left_without(4), left_without(6)) > 0.95
    assert left_without(4, 6) == pytest.approx(0.8, abs=0.03)
