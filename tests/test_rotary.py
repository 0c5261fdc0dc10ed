import cmath

import pytest
import torch

from mha_lessons import MultiHeadAttention, causal_mask
from mha_lessons.rotary import Rotary

NEAR = {"rtol": 0.0, "atol": 1e-12}
X = torch.randn(2, 3, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_each_pair_is_a_complex_number_turned_by_its_angle() -> None:
    turned = Rotary(6, base=100.0)(X, start=4)
    for place in range(5):
        for pair in range(3):
            number = complex(X[1, 2, place, pair], X[1, 2, place, pair + 3])
            want = number * cmath.exp(1j * (place + 4) * 100.0 ** (-2 * pair / 6))
            got = complex(turned[1, 2, place, pair], turned[1, 2, place, pair + 3])
            assert abs(got - want) < 1e-12


def test_scores_depend_on_distance_alone() -> None:
    turn = Rotary(6)
    at = [turn(X, start) @ turn(X, start).mT for start in (0, 7)]
    torch.testing.assert_close(at[0], at[1], **NEAR)


def test_far_positions_keep_their_digits_in_a_low_precision_layer() -> None:
    exact = Rotary(6)(X, start=100_000)
    layer = MultiHeadAttention(12, 2, rotary=Rotary(6)).bfloat16()
    torch.testing.assert_close(layer.rotary(X.bfloat16(), start=100_000).double(), exact, rtol=0, atol=0.05)
    torch.testing.assert_close(Rotary(6)(X.float(), start=100_000).double(), exact, rtol=0, atol=1e-6)


def test_own_frequencies_are_used() -> None:
    frequencies = torch.tensor([0.5, 0.0, 2.0])
    turned = Rotary(6, frequencies=frequencies)(X)
    torch.testing.assert_close(turned[..., 1], X[..., 1], **NEAR)
    assert not torch.allclose(turned[..., 0], X[..., 0])


def test_a_layer_counts_positions_from_zero() -> None:
    torch.manual_seed(0)
    rotary = Rotary(6)
    layer = MultiHeadAttention(12, 2, rotary=rotary, dtype=torch.float64)
    x = torch.randn(1, 4, 12, dtype=torch.float64)
    plain = (x @ layer.w_q + layer.b_q).view(1, 4, 2, 6).transpose(1, 2)
    torch.testing.assert_close(layer.trace(x).q, rotary(plain, 0), **NEAR)
    torch.testing.assert_close(layer.trace(x).q[:, :, 0], plain[:, :, 0], **NEAR)


def test_a_layer_with_rotary_positions_sees_order() -> None:
    torch.manual_seed(0)
    layer = MultiHeadAttention(12, 2, rotary=Rotary(6), dtype=torch.float64)
    x = torch.randn(1, 4, 12, dtype=torch.float64)
    turned = x.flip(1)
    assert not torch.allclose(layer(turned).flip(1), layer(x))
    torch.testing.assert_close(
        layer(x, mask=causal_mask(4)), layer.trace(x, mask=causal_mask(4)).output, **NEAR
    )


@pytest.mark.parametrize(
    ("d_head", "options", "sentence"),
    [
        (5, {}, "d_head should be even for rotary positions, got 5"),
        (0, {}, "d_head should be even for rotary positions, got 0"),
        (6, {"base": 0.0}, "base should be above 0, got 0.0"),
        (6, {"frequencies": torch.ones(6)}, "frequencies should be [pair=3], got [6]"),
    ],
)
def test_sizes_that_cannot_turn_are_refused(d_head: int, options: dict, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole text is compared below
        Rotary(d_head, **options)
    assert str(refused.value) == sentence


def test_vectors_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^x should be \[batch, head, seq, d_head=4\], got \[2, 3, 5, 6\]$"):
        Rotary(4)(X)
