"""Attention out of any Hugging Face model: encoders, decoders, grouped heads; each layer as it runs."""

from __future__ import annotations

import tracemalloc
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch

from mha_lessons.models import ModelError, from_huggingface, gated, load
from mha_lessons.models.gates import projection
from tests.tiny_models import CAUSAL, SIZES, network, tiny, tokenizer

TEXT = "The dogs chased a bird, and she didn't see that."
KINDS = list(SIZES)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_gives_one_unit_of_attention_per_query(kind: str) -> None:
    model = tiny(kind)
    found = model.attentions(TEXT)
    tokens = len(found.tokens)
    assert found.attn.shape == (2, 3, tokens, tokens)
    torch.testing.assert_close(found.attn.sum(-1), torch.ones(2, 3, tokens))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_attention_that_the_model_itself_reports(kind: str) -> None:
    model = tiny(kind)
    found = model.attentions(TEXT)
    with torch.no_grad():
        theirs = model.backbone(input_ids=torch.tensor([found.encoded.ids]), output_attentions=True)
    torch.testing.assert_close(found.attn, torch.cat(theirs.attentions))


@pytest.mark.parametrize("kind", KINDS)
def test_whether_a_model_looks_back_only_is_seen_from_what_it_does(kind: str) -> None:
    assert tiny(kind).causal == (kind in CAUSAL)


def test_a_decoder_whose_tokenizer_adds_no_start_token_gets_one_and_an_encoder_does_not() -> None:
    assert tiny("llama").attentions("the dog").tokens == ["[CLS]", "the", "dog"]
    assert tiny("bert").attentions("the dog").tokens == ["[CLS]", "the", "dog", "[SEP]"]


def test_layers_can_be_chosen_and_come_in_the_order_asked_for() -> None:
    model = tiny("bert")
    whole, one = model.attentions(TEXT), model.attentions(TEXT, layers=[1])
    assert one.layers == [1]
    assert torch.equal(one.attn, whole.attn[1:])
    assert torch.equal(model.attentions(TEXT, layers=[1, 0]).attn, whole.attn.flip(0))
    with pytest.raises(ValueError, match="layers should be from 0 to 1, got 2"):
        model.attentions(TEXT, layers=[2])


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_while_the_model_runs_only_the_layer_at_work_is_in_memory(kind: str) -> None:
    model = tiny(kind)
    alive: list[weakref.ref[torch.Tensor]] = []

    def visit(layer: int, attn: torch.Tensor) -> None:
        assert [each() for each in alive[:layer]] == [None] * layer
        alive.append(weakref.ref(attn.untyped_storage()))

    model.visit(model.encode(TEXT), visit)
    assert len(alive) == 2


def test_nothing_stays_on_a_model_after_it_was_read() -> None:
    model = tiny("bert")
    model.attentions(TEXT)
    with gated(model, torch.ones(2, 3)):
        pass
    hooks = [
        module for module in model.network.modules() if module._forward_hooks or module._forward_pre_hooks
    ]
    assert hooks == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_gate_of_one_changes_nothing(kind: str) -> None:
    model = tiny(kind)
    before = model.attentions(TEXT).attn
    with gated(model, torch.ones(2, 3)):
        assert torch.equal(model.attentions(TEXT).attn, before)


@pytest.mark.parametrize("kind", ["bert", "distilbert", "gpt2", "llama", "gemma2", "t5"])
def test_a_gate_of_zero_is_a_head_whose_rows_of_w_o_are_zero(kind: str) -> None:
    model = tiny(kind)
    ids, there = torch.tensor([[4, 6, 11, 5, 8]]), torch.ones(1, 5, dtype=torch.long)
    gates = torch.tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])
    with torch.no_grad():
        plain = model.hidden(ids, there)
        with gated(model, gates):
            found = model.hidden(ids, there)
        for layer, head in ((0, 1), (1, 0)):
            weight = projection(model.network, model.layers[layer]).weight
            inputs = weight if kind == "gpt2" else weight.T  # GPT-2 keeps [in, out], a linear layer [out, in]
            width = len(inputs) // 3
            inputs[head * width : (head + 1) * width] = 0
        wanted = model.hidden(ids, there)
    torch.testing.assert_close(found, wanted)
    assert (found - plain).abs().max() > 1e-3


def test_gates_of_another_shape_are_refused() -> None:
    says = r"gates should be \[layer=2, head=3\], got \[3, 2\]"
    with pytest.raises(ValueError, match=says), gated(tiny("bert"), torch.ones(3, 2)):
        pass


def test_a_model_that_keeps_no_weights_says_how_to_load_it() -> None:
    with pytest.raises(ModelError, match=r'by \'sdpa\'.* load it with attn_implementation="eager"'):
        from_huggingface(network("bert", attention="sdpa"), tokenizer(ends=True))


def test_the_advice_to_switch_to_eager_works() -> None:
    made = network("bert", attention="sdpa")
    made.set_attn_implementation("eager")
    assert from_huggingface(made, tokenizer(ends=True)).num_layers == 2


def test_a_network_without_attention_is_refused_by_name() -> None:
    class Network(torch.nn.Module):
        config = type("Config", (), {"vocab_size": 5})()

        def __init__(self) -> None:
            super().__init__()
            self.embed = torch.nn.Embedding(5, 3)

        def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
            return self.embed(input_ids)

    with pytest.raises(ModelError, match="Network hands out no attention weights"):
        from_huggingface(Network(), tokenizer(ends=True))


@pytest.mark.parametrize("layer", [0, 1])
def test_weights_that_are_not_numbers_are_found_with_their_layer(layer: int) -> None:
    made = network("bert")
    made.encoder.layer[layer].attention.self.query.weight.data[0, 0] = torch.nan
    with pytest.raises(ModelError, match=f"The attention of layer {layer} is NaN"):
        from_huggingface(made, tokenizer(ends=True))


def test_weights_damaged_later_are_found_when_a_text_is_read() -> None:
    model = tiny("bert")
    model.network.encoder.layer[1].attention.self.key.weight.data[:] = torch.nan
    with pytest.raises(ModelError, match="The attention of layer 1 is NaN"):
        model.attentions(TEXT)


def test_a_slow_tokenizer_is_refused_and_told_why() -> None:
    class Slow:
        is_fast = False

    with pytest.raises(ModelError, match="Slow cannot say which characters a token comes from"):
        from_huggingface(network("bert"), Slow())


def test_what_is_no_hugging_face_model_is_refused_and_named() -> None:
    for given, named in ((torch.nn.Linear(2, 2), "Linear"), ("bert", "str"), (None, "NoneType")):
        with pytest.raises(ModelError, match=f"{named} is no Hugging Face model"):
            from_huggingface(given, tokenizer(ends=True))


def test_a_tokenizer_of_another_model_is_refused_with_both_sizes() -> None:
    larger = tokenizer(ends=True)
    larger.add_tokens(["zebra"])
    with pytest.raises(ModelError, match=r"The tokenizer gives token [0-9]+ and .* knows [0-9]+ of them"):
        from_huggingface(network("bert"), larger).encode("the zebra")


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    network("bert").save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="has no tokenizer: save one there"):
        load(tmp_path)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("text", [["the dog", "a cat"], None, b"the dog"])
def test_a_text_that_is_no_string_is_refused(text: Any) -> None:
    with pytest.raises(ModelError, match=f"The text should be one string, got {type(text).__name__}"):
        tiny("bert").encode(text)


def test_a_text_with_half_a_character_is_refused() -> None:
    with pytest.raises(ModelError, match="The text holds half a character"):
        tiny("bert").encode("the \ud800 dog")


@pytest.mark.parametrize(("most", "limit"), [(10**30, 64), (20, 20)])
def test_a_text_longer_than_the_model_takes_is_refused_with_both_lengths(most: int, limit: int) -> None:
    model = from_huggingface(network("bert"), tokenizer(ends=True, most=most), name="ours")
    assert model.attentions("dog " * (limit - 2)).attn.shape[-1] == limit
    sentence = f"The text has {limit + 1} tokens and ours takes at most {limit}: give a shorter text."
    with pytest.raises(ModelError, match=sentence):
        model.attentions("dog " * (limit - 1))


def test_a_text_whose_tables_do_not_fit_is_refused_before_the_model_runs() -> None:
    model = from_huggingface(network("gpt2", most=2000), tokenizer(ends=False))
    encoded = model.encode("dog " * 1500)
    tracemalloc.start()
    with pytest.raises(
        ModelError, match=r"1,501 tokens needs about 0\.2 GB and 0\.1 GB are allowed: give a shorter"
    ):
        model.attentions("dog " * 1500, most_bytes=10**8)
    with pytest.raises(ModelError, match=r"needs about 0\.1 GB"):
        model.visit(encoded, lambda layer, attn: None, most_bytes=10**8)
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()
