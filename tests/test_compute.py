import subprocess
import sys

import pytest
import torch

from mha_lessons.compute import compute
from mha_lessons.params import Params

TEXT = "we saw her two ducks"


def side_by_side(heads: torch.Tensor) -> torch.Tensor:
    return heads[0].transpose(0, 1).flatten(1)


def test_shapes_are_those_of_the_style_guide_with_a_batch_of_one() -> None:
    tokens, roles, trace = compute(Params(TEXT, num_heads=3, d_model=12, d_head=2))
    assert (tokens, roles) == (TEXT.split(), None)
    assert trace.q.shape == trace.k.shape == trace.v.shape == trace.z.shape == (1, 3, 5, 2)
    assert trace.scores.shape == trace.attn.shape == (1, 3, 5, 5)
    assert trace.contributions.shape == (1, 3, 5, 12)
    assert trace.output.shape == (1, 5, 12)


def test_changing_num_heads_at_fixed_d_model_leaves_q_k_v_side_by_side_unchanged() -> None:
    _, _, one = compute(Params(TEXT, num_heads=1, d_model=12))
    for num_heads in (2, 3, 4, 6, 12):
        _, _, trace = compute(Params(TEXT, num_heads=num_heads, d_model=12))
        for name in "qkv":
            assert torch.equal(side_by_side(getattr(trace, name)), side_by_side(getattr(one, name)))


def test_more_heads_of_the_same_width_leave_the_first_heads_contributions_unchanged() -> None:
    _, _, few = compute(Params(TEXT, num_heads=2, d_model=12, d_head=5))
    _, _, more = compute(Params(TEXT, num_heads=3, d_model=12, d_head=5))
    assert torch.allclose(more.contributions[:, :2], few.contributions, atol=1e-6)


def test_the_causal_switch_hides_later_words() -> None:
    for causal in (False, True):
        _, _, trace = compute(Params(TEXT, d_model=12, causal=causal))
        assert trace.attn.triu(1).any().item() is not causal
        assert torch.allclose(trace.attn.sum(-1), torch.ones(1, 4, 5))


def test_temperature_divides_the_scores() -> None:
    _, _, plain = compute(Params(TEXT, d_model=12))
    _, _, hot = compute(Params(TEXT, d_model=12, temperature=4))
    assert torch.allclose(hot.scores * 4, plain.scores, atol=1e-6)


def test_bad_parameters_raise_the_sentence_of_check() -> None:
    with pytest.raises(ValueError, match=r"^d_model = 12 cannot be split into 5 equal heads\. Try 4 or 6\.$"):
        compute(Params(TEXT, num_heads=5, d_model=12))


def test_the_pages_numbers_need_no_torch() -> None:
    modules = ["philox", "tokens", "embed", "weights", "lexicon", "designed", "params"]
    code = (
        f"import sys; import {', '.join(f'mha_lessons.{m}' for m in modules)}; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
