"""CostMeter as a Python object: what the kernel answers, what it refuses, and its still."""

from __future__ import annotations

import pytest

from mha_lessons.meter import meter
from mha_lessons.stack import of_model
from mha_lessons.widgets import CostMeter


def test_the_kernel_answers_with_the_numbers_of_the_cost_model_and_says_so() -> None:
    answer = CostMeter.of("Falcon 7B", context=2048)._answer
    wanted = meter(of_model("Falcon 7B", context=2048))
    assert {name: answer[name] for name in wanted} == wanted
    assert answer["by"] == "mha_lessons.cost"
    assert (answer["fields"], answer["data"]) == ([], b"")


def test_a_wrong_start_is_refused_and_a_wrong_setting_later_is_answered_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"^12 heads cannot share 5 key/value heads evenly\. Try 4 or 6\.$"):
        CostMeter(d_model=24, num_heads=12, num_kv_heads=5)
    widget = CostMeter(d_model=24, num_heads=12)
    widget.num_kv_heads = 5
    assert widget._answer["error"].startswith("12 heads cannot share 5")
    widget.latent = True  # then there are no key/value heads
    assert widget._answer["own"] == "MLA"


def test_the_still_has_both_tables_with_units_and_names_the_variant() -> None:
    still = CostMeter(d_model=64, num_heads=16).still()
    for words in (
        "One layer: 16 heads of 4, d_model = 64",
        '<th scope="row">w_q</th><td>4,096</td><td>4,096</td><td>same</td>',
        '<th scope="row">attn</th><td>32 MiB</td><td>2 MiB</td><td>× 16</td>',
        '<th scope="row">MHA</th><td>16,640</td><td>295 kFLOP</td><td>256 B</td><td>256 KiB</td>',
        "1 layer, 1,024 tokens",
        "The settings are those of MHA.",
    ):
        assert words in still, words
    assert "w_latent" not in still
    assert "1 head of 64" in CostMeter(num_heads=1).still()
