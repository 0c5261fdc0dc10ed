import pytest
import torch

from mha_lessons.shapes import check_shape, choose_d_head, divisors, one_of


def test_a_wrong_shape_is_named_with_what_was_wanted_and_what_came() -> None:
    with pytest.raises(ValueError, match=r"^x should be \[batch, seq, d_model=8\], got \[2, 5, 7\]$"):
        check_shape("x", torch.ones(2, 5, 7), batch=None, seq=None, d_model=8)


def test_a_missing_axis_is_a_wrong_shape() -> None:
    with pytest.raises(ValueError, match=r"^x should be \[seq, d_model=8\], got \[8\]$"):
        check_shape("x", torch.ones(8), seq=None, d_model=8)


def test_the_right_shape_passes_whatever_the_free_axes_are() -> None:
    for free in (0, 1, 9):
        check_shape("x", torch.ones(free, 8), seq=None, d_model=8)


@pytest.mark.parametrize("number", [1, 2, 7, 12, 36, 97, 100])
def test_divisors_are_exactly_the_numbers_that_divide(number: int) -> None:
    assert divisors(number) == [i for i in range(1, number + 1) if number % i == 0]


def test_a_list_of_numbers_reads_as_a_sentence() -> None:
    assert [one_of([3]), one_of([1, 2]), one_of([1, 2, 4])] == ["3", "1 or 2", "1, 2 or 4"]


def test_d_head_is_an_equal_share_unless_given() -> None:
    assert choose_d_head(12, 4, None, 2) == 3
    assert choose_d_head(12, 5, 7, 5) == 7


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        (
            (12, 5, None, 5),
            "d_model=12 does not divide into num_heads=5: take 1, 2, 3, 4, 6 or 12 heads, or give d_head",
        ),
        (
            (12, 6, None, 4),
            "num_heads=6 does not divide into num_kv_heads=4: take 1, 2, 3 or 6 key/value heads",
        ),
        ((12, 0, None, 1), "num_heads should be a whole number of at least 1, got 0"),
        ((12, 2, None, 0), "num_kv_heads should be a whole number of at least 1, got 0"),
        ((12, 2, -3, 2), "d_head should be a whole number of at least 1, got -3"),
        ((12, 2.0, None, 2), "num_heads should be a whole number of at least 1, got 2.0"),
        ((True, 1, None, 1), "d_model should be a whole number of at least 1, got True"),
    ],
)
def test_sizes_that_do_not_fit_are_refused_with_what_would_fit(sizes: tuple, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole text is compared below
        choose_d_head(*sizes)
    assert str(refused.value) == sentence
