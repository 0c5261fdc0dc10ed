"""The two models whose weights packages carry, read without a network; and local folders."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from mha_lessons.models import PACKAGED, Model, ModelError, load, packaged
from tests.tiny_models import network, tokenizer

needs = {
    name: pytest.mark.skipif(
        find_spec(place.module) is None,
        reason=f"the package {place.distribution} is missing: {place.install}",
    )
    for name, place in PACKAGED.items()
}
TEXT = "The chef who met the doctor didn't praise him."


@pytest.fixture(scope="module")
def offline() -> None:
    """No connection to anywhere: a try fails the test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("reached for the network")

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", refuse)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def minilm(offline: None) -> Model:
    return load("minilm")


@pytest.fixture(scope="module")
def smollm2(offline: None) -> Model:
    return load("smollm2")


@needs["minilm"]
def test_minilm_has_6_layers_of_12_heads_and_reads_both_ways(minilm: Model) -> None:
    assert (minilm.num_layers, minilm.num_heads, minilm.causal, minilm.most_tokens) == (6, 12, False, 512)
    found = minilm.attentions(TEXT)
    assert found.tokens == [
        *("[CLS]", "the", "chef", "who", "met", "the", "doctor"),
        *("didn", "'", "t", "praise", "him", ".", "[SEP]"),
    ]
    assert [found.words[word] for word in found.word_of_token[7:10] if word is not None] == ["didn't"] * 3
    torch.testing.assert_close(found.attn.sum(-1), torch.ones(6, 12, 14))


@needs["minilm"]
def test_minilms_known_heads_look_where_they_are_known_to_look(minilm: Model) -> None:
    found = minilm.attentions("The chef who met the doctor praised the waiter because he was kind.").attn
    assert found[0, 2].diagonal(-1).mean() > 0.99, "0-2 looks at the previous token"
    assert found[1, 8].diagonal(1).mean() > 0.4, "1-8 looks at the next"


@needs["smollm2"]
def test_smollm2_has_30_layers_of_9_heads_in_3_groups_and_looks_back(smollm2: Model) -> None:
    assert (smollm2.num_layers, smollm2.num_heads, smollm2.causal, smollm2.most_tokens) == (30, 9, True, 8192)
    assert smollm2.backbone.config.num_key_value_heads == 3
    found = smollm2.attentions("Das Café 你好 🙂", layers=[16])
    assert found.tokens[0] == "<|im_start|>"
    assert found.words == ["Das", "Café", "你好", "🙂"]
    assert set(found.word_of_token) == {None, 0, 1, 2, 3}
    assert found.attn.triu(1).abs().max() == 0


@needs["smollm2"]
def test_smollm2s_weights_are_read_right_it_goes_on_with_a_well_known_phrase(smollm2: Model) -> None:
    encoded = smollm2.encode("The capital of France is")
    ids = torch.tensor([encoded.ids])
    with torch.no_grad():
        hidden = smollm2.hidden(ids, torch.ones_like(ids))[0, -1]
    words = smollm2.network.get_input_embeddings().weight
    assert smollm2.tokenizer.decode([(words @ hidden).argmax().item()]) == " Paris"


@pytest.mark.parametrize("name", list(PACKAGED))
def test_a_model_whose_package_is_missing_says_what_to_type(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packaged, "find_spec", lambda module: None)
    place = PACKAGED[name]
    with pytest.raises(ModelError) as caught:
        load(name)
    assert str(caught.value) == f"The package {place.distribution} is not installed: run {place.install}"


@needs["minilm"]
def test_a_package_is_found_without_running_its_code() -> None:
    code = (
        "import sys; from mha_lessons.models.packaged import PACKAGED, _in_package\n"
        "for place in PACKAGED.values():\n"
        "    try: _in_package(place)\n"
        "    except Exception: pass\n"
        "    assert place.module not in sys.modules\n"
        "assert 'sentence_transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_folder_is_read_as_a_model_and_named_after_itself(tmp_path: Path, offline: None) -> None:
    network("llama").save_pretrained(tmp_path / "mine")
    tokenizer(ends=False).save_pretrained(tmp_path / "mine")
    model = load(tmp_path / "mine")
    assert (model.name, model.num_layers, model.num_heads, model.causal) == ("mine", 2, 3, True)


@pytest.mark.parametrize("kept", [0, 100, 5000], ids=["nothing", "part of the header", "part of the weights"])
def test_a_file_of_weights_that_is_not_whole_is_one_sentence(kept: int, tmp_path: Path) -> None:
    network("bert").save_pretrained(tmp_path)
    tokenizer(ends=True).save_pretrained(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:kept])
    with pytest.raises(ModelError, match=r"The model in .* cannot be read \(.*see that its files are whole"):
        load(tmp_path)


def test_weights_of_another_size_than_the_configuration_says_are_one_sentence(tmp_path: Path) -> None:
    network("bert").save_pretrained(tmp_path)
    tokenizer(ends=True).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "vocab_size": 3}))
    with pytest.raises(ModelError, match="see that its files are whole"):
        load(tmp_path)


def test_a_name_that_looks_like_a_hubs_is_not_fetched(offline: None) -> None:
    with pytest.raises(ModelError, match="There is no model 'bert-base-uncased': give one of"):
        load("bert-base-uncased")


def test_reading_a_model_prints_nothing_and_leaves_transformers_as_it_was(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils import logging

    network("bert").save_pretrained(tmp_path)
    tokenizer(ends=True).save_pretrained(tmp_path)
    capfd.readouterr()
    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    load(tmp_path)
    assert capfd.readouterr() == ("", "")
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
