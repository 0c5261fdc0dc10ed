import dataclasses
import math

import pytest

from mha_lessons.params import Params, check

GOOD = Params("She left him")


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"d_model": 4},
        {"d_model": 256, "num_heads": 256},
        {"num_heads": 3, "d_head": 341},
        {"temperature": 0.05},
        {"temperature": 20},
        {"seed": 2**32 - 1},
        {"source": "designed", "d_model": 16},
        {"text": "a " * 256},
        {"num_heads": 2.0},  # JSON does not tell it from 2
    ],
)
def test_good_parameters_pass_at_both_ends_of_every_range(change: dict[str, object]) -> None:
    assert check(dataclasses.replace(GOOD, **change)) is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"text": " \n"}, "The sentence is empty. Type at least one word."),
        (
            {"text": "a " * 300},
            "The sentence has 300 words and punctuation marks. At most 256 fit: shorten it.",
        ),
        ({"text": None}, "text should be a sentence, got nothing."),
        ({"num_heads": 3}, "d_model = 64 cannot be split into 3 equal heads. Try 2 or 4."),
        ({"num_heads": 65}, "d_model = 64 cannot be split into 65 equal heads. Try 64."),
        ({"num_heads": 0}, "num_heads should be a whole number from 1 to 1024, got 0."),
        ({"num_heads": 2.5}, "num_heads should be a whole number from 1 to 1024, got 2.5."),
        ({"num_heads": True}, "num_heads should be a whole number from 1 to 1024, got true."),
        ({"num_heads": "four"}, 'num_heads should be a whole number from 1 to 1024, got "four".'),
        ({"d_model": math.nan}, "d_model should be a whole number from 4 to 256, got NaN."),
        ({"d_model": 3}, "d_model should be a whole number from 4 to 256, got 3."),
        ({"d_model": 10**400}, "d_model should be a whole number from 4 to 256, got infinity."),
        (
            {"d_head": 0},
            "d_head should be a whole number from 1 to 1024, or nothing for d_model // num_heads, got 0.",
        ),
        (
            {"num_heads": 12, "d_head": 100},
            "12 heads of width 100 are 1200 numbers side by side. At most 1024 fit: try d_head = 85.",
        ),
        (
            {"text": "a " * 256, "num_heads": 512, "d_head": 1},
            "512 heads over 256 tokens are 33554432 attention weights. At most 16777216 fit: try 256 heads.",
        ),
        ({"causal": 1}, "causal should be true or false, got 1."),
        ({"temperature": 0}, "temperature should be a number from 0.05 to 20, got 0."),
        ({"temperature": 1e-7}, "temperature should be a number from 0.05 to 20, got 1e-7."),
        ({"temperature": -math.inf}, "temperature should be a number from 0.05 to 20, got -infinity."),
        ({"seed": -1}, "seed should be a whole number from 0 to 4294967295, got -1."),
        ({"seed": [1]}, "seed should be a whole number from 0 to 4294967295, got a list."),
        ({"source": "trained"}, 'source should be "random" or "designed", got "trained".'),
        ({"source": "<b>"}, 'source should be "random" or "designed", got text.'),
        (
            {"source": "designed", "d_model": 12},
            "Designed heads need d_model = 16 or more, got 12. Try 16.",
        ),
    ],
)
def test_a_fault_is_named_in_one_sentence_with_what_would_work(
    change: dict[str, object], sentence: str
) -> None:
    assert check(dataclasses.replace(GOOD, **change)) == sentence


def test_a_text_of_megabytes_is_refused_before_it_is_cut_into_tokens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mha_lessons.params.tokenize", lambda text: pytest.fail("was cut"))
    sentence = "The sentence has 5000000 characters. At most 10000 fit: shorten it."
    assert check(dataclasses.replace(GOOD, text="a" * 5_000_000)) == sentence


def test_the_advice_of_every_refused_head_count_works() -> None:
    for d_model in (4, 7, 36, 64):
        for num_heads in range(1, 80):
            sentence = check(dataclasses.replace(GOOD, d_model=d_model, num_heads=num_heads))
            if sentence is None:
                assert d_model % num_heads == 0
                continue
            for advice in sentence.rpartition("Try ")[2].rstrip(".").split(" or "):
                assert check(dataclasses.replace(GOOD, d_model=d_model, num_heads=int(advice))) is None
