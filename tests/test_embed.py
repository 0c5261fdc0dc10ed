import math

import numpy as np
import pytest

from mha_lessons.embed import embed, position_code, word_row


@pytest.mark.parametrize(
    ("word", "row"),
    [("", 0xCBF29CE484222325), ("a", 0xAF63DC4C8601EC8C), ("foobar", 0x85944171F73967E8)],
)
def test_a_words_row_is_the_published_fnv1a_hash(word: str, row: int) -> None:
    assert word_row(word) == row


def test_a_shared_word_at_a_shared_place_has_the_same_vector_in_two_sentences() -> None:
    one = embed("the cat saw the dog", 7, seed=3)
    two = embed("the fox saw a dog", 7, seed=3)
    assert one.shape == two.shape == (5, 7)
    assert (one == two).all(axis=1).tolist() == [True, False, True, False, True]


def test_one_word_at_two_places_differs_by_the_position_code_alone() -> None:
    x, code = embed("la di la", 6, seed=0), position_code(3, 6)
    assert np.allclose(x[2] - x[0], code[2] - code[0], atol=1e-6)
    assert not np.allclose(x[1] - x[0], code[1] - code[0], atol=0.1)


def test_another_spelling_or_seed_is_another_vector() -> None:
    assert not (embed("The", 6, seed=0) == embed("the", 6, seed=0)).any()
    assert not (embed("the", 6, seed=0) == embed("the", 6, seed=1)).any()


def test_the_position_code_is_the_sinusoid_of_vaswani_et_al() -> None:
    code = position_code(7, 5)
    for pos in range(7):
        for i in range(3):
            angle = pos / 10000 ** (2 * i / 5)
            assert code[pos, 2 * i] == pytest.approx(math.sin(angle), abs=2**-17)
            if 2 * i + 1 < 5:
                assert code[pos, 2 * i + 1] == pytest.approx(math.cos(angle), abs=2**-17)


def test_rounding_hides_the_last_bits_of_sin_and_cos_at_every_width() -> None:
    """No value lies so near to the middle of two grid points that another library's sin could tip it."""
    places = np.arange(256)[:, None]
    for d_model in range(4, 257):
        angle = places / 10000 ** (np.arange(0, d_model, 2) / d_model)
        for exact in (np.sin(angle), np.cos(angle)):
            from_middle = abs((exact * 65536) % 1 - 0.5) / 65536
            assert from_middle.min() > 1e-13


def test_an_entry_of_x_has_variance_one() -> None:
    x = embed(" ".join(f"w{i}" for i in range(200)), 128, seed=5)
    assert np.mean(x.astype(np.float64) ** 2) == pytest.approx(1, rel=0.02)
    assert x.dtype == np.float32
