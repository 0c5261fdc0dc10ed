"""What the experiments ask, sequence by sequence."""

import numpy as np
import pytest

from mha_lessons.experiments import binding, induction, juggling, near_far
from mha_lessons.experiments.binding import OTHER_WORDS
from mha_lessons.experiments.problem import SettingsError
from mha_lessons.experiments.task import FRESH, NOT_ASKED, Task, below, draw, places

TASKS = [
    juggling(k=3, length=7, symbols=5),
    binding(length=9, nouns=6),
    near_far(length=11, words=7),
    induction(),
]


@pytest.fixture(params=TASKS, ids=lambda task: task.name)
def task(request: pytest.FixtureRequest) -> Task:
    return request.param


def test_every_answer_is_the_symbol_at_its_source(task: Task) -> None:
    tokens, targets, sources = task.sequences(seed=3, first=10, count=20)
    assert tokens.shape == (20, task.length)
    assert targets.shape == sources.shape == (20, task.length, task.answers)
    asked = 0
    for n, t, m in np.ndindex(targets.shape):
        if sources[n, t, m] == NOT_ASKED:
            assert targets[n, t, m] == NOT_ASKED
        else:
            assert targets[n, t, m] == tokens[n, sources[n, t, m]]
            asked += 1
    assert asked >= 20 * task.answers


def test_symbols_and_classes_stay_within_their_numbers_and_use_them_all(task: Task) -> None:
    tokens, targets, _ = task.sequences(seed=0, first=0, count=400)
    assert set(np.unique(tokens)) == set(range(task.symbols))
    assert set(np.unique(targets)) - {NOT_ASKED} == set(range(task.classes))


def test_a_position_is_asked_for_all_its_answers_or_for_none(task: Task) -> None:
    _, targets, _ = task.sequences(seed=1, first=0, count=50)
    asked = targets != NOT_ASKED
    assert (asked.all(2) == asked.any(2)).all()


def test_a_sequence_depends_on_its_seed_and_number_alone(task: Task) -> None:
    many = task.sequences(seed=2, first=5, count=9)
    one = task.sequences(seed=2, first=8, count=1)
    for of_many, of_one in zip(many, one, strict=True):
        assert np.array_equal(of_many[3:4], of_one)
    assert not np.array_equal(many.tokens, task.sequences(seed=3, first=5, count=9).tokens)
    assert not np.array_equal(many.tokens, task.sequences(seed=2, first=FRESH, count=9).tokens)


def test_juggling_asks_for_the_next_symbols_around_the_circle() -> None:
    tokens, targets, _ = juggling(k=3, length=7).sequences(seed=4, first=0, count=6)
    for t in range(7):
        for m in range(3):
            assert (targets[:, t, m] == tokens[:, (t + m + 1) % 7]).all()


def test_binding_asks_the_verb_who_did_what_to_whom() -> None:
    nouns = 6
    tokens, targets, _ = binding(length=9, nouns=nouns).sequences(seed=0, first=0, count=200)
    voices = set()
    for sentence, asked in zip(tokens, targets, strict=True):
        (verb,) = np.flatnonzero(sentence >= nouns + OTHER_WORDS)
        before, after = np.flatnonzero(sentence < nouns)
        assert before < verb < after
        assert sentence[before] != sentence[after]
        passive = sentence[verb] == nouns + OTHER_WORDS + 1
        expected = [sentence[after], sentence[before]] if passive else [sentence[before], sentence[after]]
        assert asked[verb].tolist() == expected
        assert (np.delete(asked, verb, axis=0) == NOT_ASKED).all()
        voices.add(bool(passive))
    assert voices == {True, False}


def test_near_far_asks_for_the_word_before_and_the_first_word_at_some_distances_only() -> None:
    task = near_far(length=11, words=7, unseen=(4, 6))
    for asking, distances in ((task, {2, 3, 5, 7, 8, 9, 10}), (task.elsewhere(), {4, 6})):
        tokens, targets, _ = asking.sequences(seed=0, first=0, count=200)
        found = set()
        for sentence, asked in zip(tokens, targets, strict=True):
            start = int((sentence != 7).argmax())
            for t in np.flatnonzero(asked[:, 0] != NOT_ASKED):
                assert asked[t].tolist() == [sentence[t - 1], sentence[start]]
                found.add(int(t) - start)
        assert found == distances


def test_induction_repeats_different_symbols_and_asks_for_the_next_one() -> None:
    tokens, targets, _ = induction().sequences(seed=0, first=0, count=100)
    periods = set()
    for sentence, asked in zip(tokens, targets[:, :, 0], strict=True):
        period = int((asked != NOT_ASKED).argmax())
        periods.add(period)
        assert len(set(sentence[:period])) == period
        assert (sentence[period:] == sentence[:-period]).all()
        assert (asked[:period] == NOT_ASKED).all()
        assert (asked[period:-1] == sentence[period + 1 :]).all()
    assert periods == set(range(6, 13))


def test_drawn_numbers_are_spread_evenly() -> None:
    counts = np.bincount(below(draw(0, 0, 2000, 10).ravel(), 10), minlength=10)
    assert counts.sum() == 20_000
    assert abs(counts - 2000).max() < 200


def test_drawn_places_differ_and_each_order_comes_up_as_often() -> None:
    drawn = places(draw(0, 0, 6000, 2), 3)
    assert (drawn[:, 0] != drawn[:, 1]).all()
    _, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(counts) == 6
    assert abs(counts - 1000).max() < 130


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: juggling(k=12), r"k should be 1 to 11, the other places in a sequence of 12, got 12"),
        (lambda: juggling(k=0), r"k should be 1 to 11, .* got 0"),
        (lambda: binding(length=2), r"length should be 3 or more, .* got 2"),
        (lambda: binding(nouns=1), r"nouns should be 2 or more, got 1"),
        (lambda: near_far(length=5, unseen=(2, 3, 4)), r"no distance is left to ask about"),
    ],
)
def test_a_task_that_cannot_be_says_what_could(build: object, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        build()
