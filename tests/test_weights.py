import numpy as np
import pytest

from mha_lessons.weights import random_weights


def test_a_wider_layer_extends_the_same_matrices() -> None:
    small, large = random_weights(6, 6, seed=2), random_weights(6, 10, seed=2)
    for name in ("w_q", "w_k", "w_v"):
        assert getattr(large, name).shape == (6, 10)
        assert np.array_equal(getattr(large, name)[:, :6], getattr(small, name))
    assert large.w_o.shape == (10, 6)
    assert np.array_equal(large.w_o[:6], small.w_o)


def test_the_four_matrices_are_unlike_each_other() -> None:
    weights = random_weights(40, 40, seed=2)
    correlation = np.corrcoef([matrix.ravel() for matrix in weights])
    assert abs(correlation - np.eye(4)).max() < 0.1


def test_entries_have_variance_one_over_d_model() -> None:
    for matrix in random_weights(100, 60, seed=0):
        assert matrix.dtype == np.float32
        assert matrix.var() == pytest.approx(1 / 100, rel=0.05)


def test_another_seed_gives_other_weights() -> None:
    assert not (random_weights(5, 5, seed=0).w_q == random_weights(5, 5, seed=1).w_q).any()
