"""What the chapter on head counts claims, and the answers to its questions, computed."""

from __future__ import annotations

import ast
import re
from itertools import combinations
from typing import Any

import pytest
import torch

from book.facts import facts
from mha_lessons import MultiHeadAttention
from mha_lessons.compute import compute
from mha_lessons.cost import Heads, kv_cache_bytes, mla_cache_bytes
from mha_lessons.gates import head_sum
from mha_lessons.meter import Latent, meter
from mha_lessons.params import Params
from mha_lessons.stack import models, of_model
from mha_lessons.widgets import HeadSum, SelfCheck
from tests.book_claims import number, page, right

PAGE = page("how-many-heads")
SENTENCE = "The doctor thanked Mary because she helped him"
PREVIOUS, VERB, NAMES = "previous word", "verb → object", "pronoun → name"


def figure(name: str) -> dict[str, dict[str, list[float]]]:
    """The values that a cell of the page gives to its figure."""
    found = re.search(rf"^{name} = (\{{.*?^\}})", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    drawn: dict[str, dict[str, list[float]]] = ast.literal_eval(found[1])
    return drawn


# The first table

COUNTS = (1, 4, 8, 16, 32)


@pytest.mark.parametrize(("name", "fact"), [("bleu", "bleu"), ("perplexity", "ppl")])
def test_the_figures_show_the_numbers_of_the_first_table(name: str, fact: str) -> None:
    base = models()["Transformer base, one stack"]
    share = {str(base["d_model"] // h): [number(f"vaswani2017-heads.{fact}-{h}")] for h in COUNTS}
    thin = {str(width): [number(f"vaswani2017-width.{fact}-{width}")] for width in (32, 16)}
    eight = {str(base["d_head"]): share[str(base["d_head"])], **thin}
    assert figure(name) == {"heads share": share, "always 8 heads": eight}
    assert base["num_heads"] == 8
    assert number("vaswani2017-heads.most") == max(COUNTS)


def test_one_head_is_the_worst_of_the_five_and_eight_and_sixteen_are_the_best() -> None:
    bleu = {h: number(f"vaswani2017-heads.bleu-{h}") for h in COUNTS}
    perplexity = {h: number(f"vaswani2017-heads.ppl-{h}") for h in COUNTS}
    assert min(bleu, key=bleu.__getitem__) == max(perplexity, key=perplexity.__getitem__) == 1
    assert {h for h in COUNTS if bleu[h] == max(bleu.values())} == {8, 16}
    assert set(sorted(COUNTS, key=perplexity.__getitem__)[:2]) == {8, 16}
    assert abs(perplexity[8] - perplexity[16]) < 0.02
    assert right("how-many-heads.best") == "8 and 16, side by side"


def test_heads_of_sixteen_lose_less_if_there_are_more_of_them() -> None:
    assert number("vaswani2017-heads.bleu-32") > number("vaswani2017-width.bleu-16")
    assert number("vaswani2017-heads.ppl-32") < number("vaswani2017-width.ppl-16")


def test_from_one_head_to_the_best_is_less_than_a_point_of_bleu() -> None:
    bleu = [number(f"vaswani2017-heads.bleu-{h}") for h in COUNTS]
    assert 0 < max(bleu) - min(bleu) < 1


def test_from_four_heads_to_the_most_all_lie_within_half_a_point() -> None:
    bleu = [number(f"vaswani2017-heads.bleu-{h}") for h in COUNTS if h >= 4]
    assert max(bleu) - min(bleu) < 0.5 < max(bleu) - number("vaswani2017-heads.bleu-1")


# Pruning


def test_the_number_of_heads_that_matter_is_that_of_the_paper() -> None:
    assert right("how-many-heads.matter") == f"for {facts()['michel2019-one-by-one.matter'].value}"
    asked = SelfCheck.ask("how-many-heads.matter").question
    assert f"has {facts()['michel2019-one-by-one.encoder-heads'].value} heads" in asked


def nearest_pair(word: str, source: str) -> list[str | int]:
    """The two of eight heads that alone keep this word's output nearest to what it was."""
    params = Params(SENTENCE, num_heads=8, source=source)
    place = SENTENCE.split().index(word)
    moved = {}
    for pair in combinations(range(8), 2):
        found = head_sum(params, [float(head in pair) for head in range(8)])
        moved[pair] = float(found.movement.change[place])
    best = min(moved, key=moved.__getitem__)
    return [found.roles[head] if found.roles else head for head in best]


def test_the_two_heads_that_keep_the_output_of_she_do_not_find_mary() -> None:
    assert nearest_pair("she", "designed") == [PREVIOUS, VERB]
    assert right("how-many-heads.keep") == "no"
    widget = HeadSum(text=SENTENCE, num_heads=8, query=5)
    assert widget.sum.tokens[widget.query] == "she"
    tokens, roles, trace = compute(widget.params)
    assert roles is not None
    looks_at = {role: tokens[trace.attn[0, i, 5].argmax()] for i, role in enumerate(roles)}
    assert (looks_at[VERB], looks_at[NAMES]) == ("The", "Mary")


def test_him_wants_another_pair_of_heads_than_she() -> None:
    assert nearest_pair("him", "designed") != nearest_pair("she", "designed")


def test_with_random_weights_one_pair_keeps_both_words() -> None:
    assert nearest_pair("she", "random") == nearest_pair("him", "random") == [0, 7]


def test_pruned_heads_are_better_than_the_same_heads_trained_from_scratch() -> None:
    full, pruned, scratch = (
        number(f"voita2019-pruning.{name}-bleu") for name in ("full", "pruned", "scratch")
    )
    assert full > pruned > scratch
    assert 0.4 < pruned - scratch < 0.6
    assert full - scratch < 1.25
    assert right("how-many-heads.scratch") == "somewhat worse than the pruned one"


# Real models

BREAK = {
    "Qwen3 0.6B", "Qwen3 32B", "Gemma 7B", "Gemma-2 9B", "Gemma-2 27B", "DeepSeek-V2", "DeepSeek-V3",
}  # fmt: skip


def breaks(model: dict[str, Any]) -> bool:
    """Whether heads times d_head is not d_model."""
    return bool(model["num_heads"] * model["d_head"] != model["d_model"])


def test_seven_models_break_the_habit_and_they_are_the_ones_with_a_star() -> None:
    assert {name for name, model in models().items() if breaks(model)} == BREAK
    assert len(BREAK) == 7


def test_the_facts_about_qwen_and_deepseek_are_the_sizes_that_the_figures_use() -> None:
    qwen, v2, v3 = (models()[name] for name in ("Qwen3 32B", "DeepSeek-V2", "DeepSeek-V3"))
    assert number("qwen3-heads.heads-32b") == qwen["num_heads"]
    assert number("qwen3-heads.kv-32b") == qwen["num_kv_heads"]
    assert number("qwen3-widths.d-head-32b") == qwen["d_head"] == int(right("how-many-heads.width"))
    assert number("qwen3-widths.d-model-32b") == qwen["d_model"]
    assert number("deepseek-v2-sizes.layers") == v2["layers"]
    assert number("deepseek-v2-sizes.heads") == v2["num_heads"]
    assert number("deepseek-v3-sizes.heads") == v3["num_heads"]
    assert number("deepseek-v3-sizes.d-head") == v3["d_head"]
    assert number("deepseek-v3-sizes.d-model") == v3["d_model"]
    latent = Latent(int(number("deepseek-v2-sizes.latent")), int(number("deepseek-v2-sizes.rotary")))
    assert latent == Latent.of(v2["d_head"]) == Latent.of(v3["d_head"])


def test_all_models_of_the_table_have_one_of_three_widths() -> None:
    assert len({model["d_head"] for model in models().values()}) == 3
    assert len({model["num_heads"] for model in models().values()}) > 6


def test_in_the_figure_queries_and_output_are_twice_as_large_and_keys_and_values_are_not() -> None:
    parts = meter(of_model("Qwen3 0.6B", context=8192))["parts"]
    assert {name: parts[name][0] / parts[name][1] for name in ("w_q", "w_k", "w_v", "w_o")} == {
        "w_q": 2,
        "w_k": 1,
        "w_v": 1,
        "w_o": 2,
    }
    dense = [model for model in models().values() if not model.get("latent")]
    most = max(dense, key=lambda model: model["num_heads"] * model["d_head"] / model["d_model"])
    assert most["name"] == "Qwen3 0.6B"


def test_most_models_take_heads_of_64_or_128_and_as_many_as_fit() -> None:
    follow = [m for m in models().values() if m["d_head"] in (64, 128) and not breaks(m)]
    assert len(follow) > len(models()) / 2


def test_most_models_that_group_their_heads_have_eight_groups() -> None:
    groups = [m["num_kv_heads"] for m in models().values() if 1 < m["num_kv_heads"] < m["num_heads"]]
    assert groups.count(8) > len(groups) / 2


# Fewer keys and values


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_grouped_heads_still_have_a_pattern_each(groups: int) -> None:
    torch.manual_seed(0)
    attn = MultiHeadAttention(12, 6, num_kv_heads=groups).trace(torch.randn(1, 5, 12)).attn[0]
    assert attn.shape[0] == 6
    assert all((attn[i] - attn[j]).abs().max() > 1e-3 for i, j in combinations(range(6), 2))


def test_the_cache_of_deepseek_v2_is_what_its_paper_says() -> None:
    widths = {
        "d_latent": int(number("deepseek-v2-sizes.latent")),
        "d_rotary": int(number("deepseek-v2-sizes.rotary")),
    }
    elements = mla_cache_bytes(**widths, layers=int(number("deepseek-v2-sizes.layers")), itemsize=1)
    assert round(elements / 1000, 1) == number("deepseek2024-cache.mla")
    assert number("deepseek2024-cache.mha") > 20 * number("deepseek2024-cache.mla")


def test_the_table_of_caches_has_the_sizes_of_llama_3() -> None:
    model = models()["Llama-3 8B"]
    assert (model["d_model"], model["num_heads"], model["num_kv_heads"], model["layers"]) == (4096, 32, 8, 32)
    assert "Heads(d_model=4096, num_heads=32, num_kv_heads=groups)" in PAGE
    assert '{"MHA": 32, "GQA": 8, "MQA": 1}' in PAGE


def test_the_two_papers_disagree_as_the_page_says() -> None:
    left = {name: number(f"ainslie2023-quality.{name}-xxl") for name in ("mha", "gqa-8", "mqa")}
    of_right = {name: number(f"deepseek2024-ablation.{name}") for name in ("mha", "gqa-8", "mqa")}
    assert 0 < left["mha"] - left["gqa-8"] < 0.15
    assert 0.5 < left["mha"] - left["mqa"] < 0.75
    assert round(of_right["mha"] - of_right["gqa-8"], 1) == 4.0
    assert 7 < of_right["mha"] - of_right["mqa"] < 7.5


def test_with_a_latent_vector_the_large_model_of_deepseek_scores_more_and_caches_far_less() -> None:
    assert number("deepseek2024-latent.mla") > number("deepseek2024-latent.mha")
    assert number("deepseek2024-cache.mla") < number("deepseek2024-cache.mha") / 20


def test_the_large_model_with_groups_is_faster_and_better_than_the_small_one_without() -> None:
    assert number("ainslie2023-speed.gqa-8-xxl") < number("ainslie2023-speed.mha-large")
    assert number("ainslie2023-quality.gqa-8-xxl") > number("ainslie2023-quality.mha-large")


# Exercises


def test_the_configuration_of_the_exercise_has_the_sizes_of_its_solution() -> None:
    heads = Heads(d_model=2560, num_heads=32, num_kv_heads=8, d_head=128)
    layer = MultiHeadAttention(2560, 32, num_kv_heads=8, d_head=128, device="meta")
    assert layer.w_q.shape == (2560, 4096)
    assert layer.w_k.shape == (2560, 1024)
    assert kv_cache_bytes(heads) == 4 * 1024
