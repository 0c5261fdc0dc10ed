import pytest
import torch

from mha_lessons.gates import head_sum, movement
from mha_lessons.params import Params

LAYER = Params("we saw her two ducks", num_heads=3, d_model=12, d_head=2, seed=1)


@pytest.mark.parametrize("head", range(3))
def test_closing_one_gate_takes_away_exactly_what_its_head_adds(head: int) -> None:
    found = head_sum(LAYER, [float(i != head) for i in range(3)])
    part = found.contributions[head]
    torch.testing.assert_close(found.reference - found.output, part, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(found.movement.change, part.norm(dim=-1), atol=1e-6, rtol=1e-5)
    assert found.change_gap < 1e-6


def test_the_sum_of_the_heads_is_the_output_to_rounding_but_not_by_construction() -> None:
    gaps = [
        head_sum(Params("a b c d", num_heads=4, d_model=64, seed=seed), [0.5, 2]).gap for seed in range(6)
    ]
    assert max(gaps) < 2e-6
    assert any(gap > 0 for gap in gaps), "output and sum are computed in two ways"


def test_with_all_gates_at_1_nothing_has_moved() -> None:
    found = head_sum(LAYER)
    assert torch.equal(found.output, found.reference)
    assert not torch.stack(found.movement).any()


def test_doubling_every_head_doubles_the_output_and_turns_nothing() -> None:
    found = head_sum(LAYER, [2, 2, 2])
    torch.testing.assert_close(found.output, 2 * found.reference)
    torch.testing.assert_close(found.movement.relative, torch.ones(5))
    assert found.movement.angle.abs().max() < 1e-3


def test_a_closed_layer_has_no_direction() -> None:
    found = head_sum(LAYER, [0, 0, 0])
    assert found.movement.angle.isnan().all()
    torch.testing.assert_close(found.movement.relative, torch.ones(5))


def test_angles_by_hand() -> None:
    right, up, back = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 5.0]), torch.tensor([-1.0, 0.0])
    near = torch.tensor([1.0, 1e-6])
    angles = movement(torch.stack([up, back, near]), torch.stack([right, right, right])).angle
    torch.testing.assert_close(angles, torch.tensor([90.0, 180.0, 5.7296e-5]), atol=1e-8, rtol=1e-4)


def test_a_bad_gate_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"from -10 to 10, one for each head, got 11 for head 1\.$"):
        head_sum(LAYER, [1, 11])
