import numpy as np
import pytest

from mha_lessons.philox import Purpose, philox, seeded, uniform


def words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [  # the known answers of the paper's own library, Random123
        ("0 0 0 0", "0 0", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff " * 4, "ffffffff " * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            "243f6a88 85a308d3 13198a2e 03707344",
            "a4093822 299f31d0",
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_philox_gives_the_published_words(counter: str, key: str, answer: str) -> None:
    key0, key1 = words(key)
    assert philox(words(counter), key=(key0, key1)).tolist() == words(answer)


def test_counters_are_drawn_one_by_one_or_together_alike() -> None:
    counters = np.arange(2 * 3 * 4).reshape(2, 3, 4)
    together = philox(counters, key=(1, 2))
    assert together.shape == (2, 3, 4)
    assert together[1, 2].tolist() == philox(counters[1, 2], key=(1, 2)).tolist()


def test_an_entry_depends_on_its_own_row_and_column_only() -> None:
    wide = uniform(1, Purpose.W_Q, [3, 5, 7], 6)
    assert wide.shape == (3, 6)
    assert np.array_equal(uniform(1, Purpose.W_Q, [7, 5], 2), wide[[2, 1], :2])


def test_another_seed_purpose_or_half_of_the_rows_name_gives_other_numbers() -> None:
    base = uniform(1, Purpose.W_Q, [3], 50)
    others = [
        uniform(2, Purpose.W_Q, [3], 50),
        uniform(2**32 - 1, Purpose.W_Q, [3], 50),
        uniform(1, Purpose.W_K, [3], 50),
        uniform(1, Purpose.W_Q, [4], 50),
        uniform(1, Purpose.W_Q, [3 + 2**32], 50),
    ]
    for other in others:
        assert not (other == base).any()
        assert abs(np.corrcoef(other, base)[0, 1]) < 0.5


def test_uniform_numbers_are_odd_multiples_of_a_power_of_two_inside_the_range() -> None:
    numbers = uniform(1, Purpose.W_Q, range(50), 50).astype(np.float64)
    assert (numbers * 2**24 % 2 == 1).all()
    assert (abs(numbers) < 1).all()
    assert abs(numbers).max() > 0.99


def test_seeded_numbers_have_mean_zero_and_the_wanted_variance() -> None:
    numbers = seeded(1, Purpose.W_V, range(300), 300, variance=0.25)
    assert numbers.dtype == np.float32
    assert abs(numbers.mean()) < 0.01
    assert numbers.var() == pytest.approx(0.25, rel=0.02)


def test_no_rows_and_no_columns_are_empty_arrays() -> None:
    assert uniform(0, Purpose.W_Q, [], 5).shape == (0, 5)
    assert uniform(0, Purpose.W_Q, [1, 2], 0).shape == (2, 0)
