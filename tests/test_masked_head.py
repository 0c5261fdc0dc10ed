"""What masks do in torch, and MaskPainter's Python side."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from mha_lessons import MultiHeadAttention, causal_mask
from mha_lessons.masked_head import PATHS, masked_head, torch_says
from mha_lessons.painted_mask import chosen_mask, fit_mask, read_mask, write_mask
from mha_lessons.widgets import MaskPainter

SEQ = 5


def layer(num_heads: int = 4) -> tuple[MultiHeadAttention, torch.Tensor]:
    torch.manual_seed(3)
    return MultiHeadAttention(d_model=12, num_heads=num_heads), torch.randn(1, SEQ, 12)


def with_an_empty_row() -> torch.Tensor:
    mask = causal_mask(SEQ)
    mask[2] = False
    return mask


def test_multihead_attention_of_torch_gives_nan_on_three_of_four_evaluation_paths() -> None:
    says = torch_says(*layer(), with_an_empty_row(), head=1)
    paths = {name: nan for (name, *_), nan in zip(PATHS, says.nan_paths, strict=True)}
    assert paths.pop("without weights, with gradients") is False
    assert list(paths.values()) == [True, True, True]
    assert says.attn[2].isnan().all()
    assert not says.attn[[0, 1, 3, 4]].isnan().any()


def test_with_an_odd_head_count_torch_has_no_fast_path_and_nan_comes_on_two_of_four() -> None:
    assert torch_says(*layer(num_heads=3), with_an_empty_row(), head=1).nan_paths == [
        True,
        True,
        False,
        False,
    ]


def test_where_no_row_is_empty_no_path_gives_nan() -> None:
    assert not any(torch_says(*layer(), causal_mask(SEQ), head=0).nan_paths)


def test_this_module_and_scaled_dot_product_attention_give_zeros_for_an_empty_row() -> None:
    mha, x = layer()
    found = masked_head(mha, x, with_an_empty_row(), head=1)
    says = torch_says(mha, x, with_an_empty_row(), head=1)
    assert (found.after[2] == 0).all()
    assert (found.z[2] == 0).all()
    assert (says.z[2] == 0).all()
    assert found.plain[2].isnan().all()
    torch.testing.assert_close(says.z, found.z)


def test_the_wrong_convention_attends_to_exactly_what_the_mask_forbids() -> None:
    mha, x = layer()
    mask = causal_mask(SEQ)
    mask[0] = True
    found = masked_head(mha, x, mask, head=2)
    with torch.no_grad():
        handed_over = mha.to_torch().eval()(x, x, x, attn_mask=mask, average_attn_weights=False)[1][0, 2]
    left = ~mask.all(-1)
    torch.testing.assert_close(found.wrong[left], handed_over[left])
    assert (found.wrong[mask] == 0).all()
    assert (found.wrong[~mask] > 0).all()


def test_each_preset_is_the_mask_its_name_says() -> None:
    written = {
        ("everyone", 2): "1111 1111 1111 1111",
        ("causal", 2): "1000 1100 1110 1111",
        ("padding", 1): "1110 1110 1110 1110",
        ("padding", 9): "0000 0000 0000 0000",
        ("window", 1): "1100 1110 0111 0011",
        ("prefix", 2): "1100 1100 1110 1111",
        ("block", 3): "1110 1110 1110 0001",
    }
    for (preset, size), wanted in written.items():
        assert write_mask(chosen_mask(preset, size, "", 4)) == wanted, preset


@pytest.mark.parametrize("preset", ["everyone", "causal", "window"])
def test_a_painted_mask_goes_on_along_its_diagonals_and_is_cut_at_its_end(preset: str) -> None:
    painted = chosen_mask(preset, 1, "", 4)
    assert np.array_equal(fit_mask(painted, 7), chosen_mask(preset, 1, "", 7))
    assert np.array_equal(fit_mask(painted, 2), painted[:2, :2])


def test_a_mask_may_come_as_tensor_array_lists_or_writing() -> None:
    wanted = "100 110 111"
    for mask in (causal_mask(3), np.tri(3), [[1, 0, 0], [1, 1, 0], [1, 1, 1]], wanted):
        painter = MaskPainter(text="a b c", mask=mask, engine="page")
        assert painter.mask == wanted
        assert torch.equal(painter.attn_mask, causal_mask(3))
    assert read_mask(wanted).tolist() == causal_mask(3).tolist()


@pytest.mark.parametrize(
    ("traits", "says"),
    [
        ({"mask": "10 1"}, "mask has 2 rows, and its row 1 has 1 cells: give each row 2."),
        ({"mask": "10 1x"}, "mask should be rows of 0 and 1"),
        ({"size": 65}, "size should be a whole number from 0 to 64."),
        ({"preset": "block", "size": 0}, "A block needs at least one word: set size to 1 or more."),
        ({"text": "word " * 65}, "The sentence has 65 words and punctuation marks. At most 64 fit"),
        ({"text": " "}, "The sentence is empty."),
        ({"num_heads": 5}, "d_model = 64 cannot be split into 5 equal heads."),
    ],
)
def test_bad_input_gets_one_sentence(traits: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("(", r"\(").replace(".", r"\.")):
        MaskPainter(**traits)


def test_the_kernel_answers_with_what_torch_said_now() -> None:
    painter = MaskPainter(text="a b c", preset="painted", mask="100 000 111")
    answer = painter._answer
    assert [nan for _, nan in answer["paths"]] == [True, True, False, True]
    assert {"torch_attn", "sdpa_z", "plain"} <= {name for name, _ in answer["fields"]}


def test_where_the_page_computes_no_torch_is_loaded() -> None:
    check = (
        "import sys; from mha_lessons.widgets import MaskPainter; MaskPainter(engine='page'); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
