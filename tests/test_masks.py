import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mha_lessons import causal_mask, padding_mask
from mha_lessons.masks import as_four_axes, rows_with_nothing

Q = torch.zeros(2, 3, 5, 4)  # batch 2, head 3, query 5, d_head 4


@given(st.integers(0, 6), st.integers(0, 4))
def test_a_causal_query_looks_at_itself_and_at_all_before(queries: int, before: int) -> None:
    mask = causal_mask(queries, queries + before)
    expected = [[key <= query + before for key in range(queries + before)] for query in range(queries)]
    assert mask.dtype == torch.bool
    assert mask.tolist() == expected


def test_a_causal_mask_is_square_unless_told() -> None:
    assert causal_mask(3).tolist() == causal_mask(3, 3).tolist()
    assert causal_mask(2, device="meta").device.type == "meta"


@pytest.mark.parametrize("sizes", [(3, 2), (-1, 4)])
def test_more_queries_than_keys_are_refused(sizes: tuple[int, int]) -> None:
    sentence = f"wants 0 <= num_queries <= num_keys, got {sizes[0]} queries and {sizes[1]} keys"
    with pytest.raises(ValueError, match=sentence):
        causal_mask(*sizes)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4))
def test_padding_hides_what_lies_past_each_length(lengths: list[int]) -> None:
    mask = padding_mask(lengths, seq=5)
    assert mask.shape == (len(lengths), 1, 1, 5)
    assert mask[:, 0, 0].tolist() == [[key < length for key in range(5)] for length in lengths]
    assert torch.equal(mask, padding_mask(torch.tensor(lengths), seq=5))


@pytest.mark.parametrize(
    ("lengths", "sentence"),
    [
        ([2, 6], r"lengths should lie in 0\.\.seq=5, got \[2, 6\]"),
        ([-1, 3], r"lengths should lie in 0\.\.seq=5, got \[-1, 3\]"),
        ([2.0, 3.0], r"lengths should be whole numbers, one a sentence, got torch\.float32 \[2\]"),
        ([[2, 3]], r"lengths should be whole numbers, one a sentence, got torch\.int64 \[1, 2\]"),
        ([True, False], r"lengths should be whole numbers, one a sentence, got torch\.bool \[2\]"),
    ],
)
def test_lengths_that_make_no_sense_are_refused(lengths: list, sentence: str, unchecked: None) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        padding_mask(lengths, seq=5)


def test_masks_compose_with_and() -> None:
    both = causal_mask(3) & padding_mask([2, 3], seq=3)
    assert both.shape == (2, 1, 3, 3)
    assert both[0, 0].int().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 0]]
    assert both[1, 0].int().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


@pytest.mark.parametrize(
    ("shape", "four"),
    [
        ((5, 7), (1, 1, 5, 7)),
        ((1, 7), (1, 1, 1, 7)),
        ((2, 5, 7), (2, 1, 5, 7)),
        ((1, 5, 1), (1, 1, 5, 1)),
        ((2, 3, 5, 7), (2, 3, 5, 7)),
        ((1, 3, 1, 7), (1, 3, 1, 7)),
        ((2, 1, 1, 7), (2, 1, 1, 7)),
    ],
)
def test_a_mask_is_read_from_the_right_with_the_batch_first(shape: tuple, four: tuple) -> None:
    mask = torch.arange(math.prod(shape)).reshape(shape) % 3 > 0
    read = as_four_axes(mask, Q, num_keys=7)
    assert read.shape == four
    assert torch.equal(read.flatten(), mask.flatten())


def test_a_transposed_mask_is_read_in_its_own_order() -> None:
    mask = (torch.arange(35).view(7, 5) % 2 > 0).T
    assert torch.equal(as_four_axes(mask, Q, num_keys=7)[0, 0], mask)


def test_a_float_mask_takes_the_dtype_of_the_queries() -> None:
    mask = torch.tensor([[0.5, -math.inf]], dtype=torch.float64)
    read = as_four_axes(mask, Q, num_keys=2)
    assert read.dtype == torch.float32
    assert read.flatten().tolist() == [0.5, -math.inf]


@pytest.mark.parametrize(
    "shape", [(7,), (), (4, 7), (5, 6), (2, 4, 7), (3, 4, 7), (2, 2, 5, 7), (3, 3, 5, 7), (1, 1, 1, 5, 7)]
)
def test_a_mask_that_does_not_fit_is_refused_with_the_shapes_that_would(
    shape: tuple, unchecked: None
) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole text is compared below
        as_four_axes(torch.ones(shape, dtype=torch.bool), Q, num_keys=7)
    assert str(refused.value) == (
        "mask should be [query=5, key=7], [batch=2, query, key] or [batch, head=3, query, key], "
        f"each axis full or 1, got {list(shape)}"
    )


def test_one_mask_a_head_without_a_batch_axis_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match=r"got \[3, 5, 7\]: for one mask a head write mask\[None\]$"):
        as_four_axes(torch.ones(3, 5, 7) > 0, Q, num_keys=7)


def test_whole_numbers_are_no_mask(unchecked: None) -> None:
    with pytest.raises(TypeError, match=r"got torch\.int64: write mask\.bool\(\) if 1 means may look$"):
        as_four_axes(torch.ones(5, 7, dtype=torch.int64), Q, num_keys=7)
    with pytest.raises(TypeError, match=r"^mask should be a tensor, got list$"):
        as_four_axes([[True]], Q, num_keys=1)  # type: ignore[arg-type]


def test_a_mask_elsewhere_than_the_queries_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^mask should be on cpu like the queries, got meta$"):
        as_four_axes(torch.ones(5, 7, device="meta") > 0, Q, num_keys=7)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_float_mask_with_nan_or_plus_infinity_is_refused(bad: float) -> None:
    for rest in (0.0, -math.inf):
        with pytest.raises(ValueError, match=r"^mask should hold finite numbers or -inf, got NaN or \+inf$"):
            as_four_axes(torch.tensor([[rest, bad]]), Q, num_keys=2)


def test_rows_that_may_look_nowhere_are_found_in_either_kind_of_mask() -> None:
    may = torch.tensor([[True, False], [False, False], [True, True]])
    expected = [[False], [True], [False]]
    assert rows_with_nothing(may).tolist() == expected
    assert rows_with_nothing(torch.zeros(3, 2).masked_fill(~may, -math.inf)).tolist() == expected
    assert rows_with_nothing(torch.zeros(3, 2).masked_fill(~may, -1e30)) is None
    assert rows_with_nothing(causal_mask(4)) is None
