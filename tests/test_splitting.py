import pytest
import torch

from mha_lessons.params import Params
from mha_lessons.splitting import readings

LAYER = Params("she read the old book", num_heads=3, d_model=6, seed=2)


@pytest.mark.parametrize("followed", ["q", "k", "v"])
def test_one_big_matrix_and_a_small_one_for_each_head_are_the_same_and_are_what_the_module_does(
    followed: str,
) -> None:
    found = readings(LAYER, followed)
    assert found.sliced_gap < 1e-6
    heads = getattr(found.trace, followed)[0]
    torch.testing.assert_close(heads.transpose(0, 1).flatten(1), found.projected, atol=1e-6, rtol=1e-6)


def test_cutting_x_first_makes_a_head_blind_to_the_other_slices() -> None:
    found = readings(LAYER)
    assert found.cut_gap > 0.5
    assert found.output_gap > 0.1
    for head in range(3):
        own = slice(2 * head, 2 * head + 2)
        torch.testing.assert_close(found.cut_first[:, own], found.x[:, own] @ found.w[own, own])


def test_with_one_head_there_is_nothing_to_cut() -> None:
    found = readings(Params("she read", num_heads=1, d_model=5))
    assert found.cut_gap == 0
    assert found.output_gap < 1e-6


def test_another_projection_or_layer_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=r'^matrix should be "q", "k" or "v", got "o"\.$'):
        readings(LAYER, "o")
    with pytest.raises(ValueError, match=r"^d_model = 6 cannot be split into 4 equal heads\."):
        readings(Params("she", num_heads=4, d_model=6))
