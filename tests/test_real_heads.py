"""RealHeads as a Python object: a byte a weight, prepared sentences, and what is handed in."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from base64 import b64encode
from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from mha_lessons.models import load
from mha_lessons.models.prepared import MOST_BYTES, packed_size, prepare, role_of
from mha_lessons.packed import Packed, encode, pack
from mha_lessons.problem import LessonError
from mha_lessons.sentences import FOLDER, MODELS, prepared, script_path, sentences
from mha_lessons.widgets import RealHeads
from mha_lessons.widgets import real_heads as module


def attention(layers: int, heads: int, seq: int, *, sharp: float = 2.0, causal: bool = False) -> torch.Tensor:
    torch.manual_seed(layers + 10 * heads + 100 * seq)
    scores = sharp * torch.randn(layers, heads, seq, seq)
    if causal:
        scores = scores.masked_fill(torch.ones(seq, seq, dtype=torch.bool).triu(1), -torch.inf)
    return scores.softmax(-1)


@pytest.mark.parametrize("sharp", [0.1, 2.0, 20.0])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("seq", [1, 7, 130])
def test_rows_of_packed_weights_sum_to_one_and_the_stated_loss_is_what_they_lost(
    seq: int, causal: bool, sharp: float
) -> None:
    attn = attention(2, 3, seq, sharp=sharp, causal=causal).numpy()
    packed = pack(attn, [f"t{i}" for i in range(seq)])
    assert packed.causal == (causal and seq > 1)
    found = np.stack([packed.attn(layer) for layer in (0, 1)])
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)
    gap = np.abs(found.astype(np.float64) - attn)
    cells = gap.size / seq**2 * (seq * (seq + 1) / 2 if packed.causal else seq**2)
    rows = gap.sum(-1) / 2
    wanted = {
        "max_abs": gap.max(),
        "mean_abs": gap.sum() / cells,
        "max_tv": rows.max(),
        "mean_tv": rows.mean(),
    }
    for name, value in wanted.items():
        assert packed.loss[name] == pytest.approx(value, abs=2e-6), name
    assert packed.loss["max_abs"] < 0.006
    assert packed.loss["max_tv"] < 0.02


def test_the_text_in_a_page_holds_the_same_codes_in_fewer_letters_than_base64_alone() -> None:
    packed = pack(attention(2, 3, 40).numpy(), [f"t{i}" for i in range(40)])
    assert len(packed.as_json()["codes"]) < 0.85 * len(b64encode(packed.codes))
    assert Packed.from_json(packed.as_json()) == packed


def test_a_small_weight_keeps_a_step_of_its_own() -> None:
    assert encode(np.array([0, 1e-5, 1e-3, 0.5, 1])).tolist() == [0, 1, 8, 180, 255]


def test_a_row_that_looks_at_nothing_stays_empty() -> None:
    attn = np.array([[[0.0, 0.0], [0.5, 0.5]]])
    assert pack([attn], ["a", "b"]).attn(0)[0].tolist() == attn[0].tolist()


def test_there_are_enough_sentences_and_each_says_what_it_is_about() -> None:
    assert len(sentences()) >= 24
    for name, each in sentences().items():
        assert re.fullmatch(r"[a-z-]+", name), "a name is part of a file's and of a link"
        assert all(each[key].strip() for key in ("about", "text", "from", "ask")), name


@pytest.mark.parametrize("model", MODELS)
def test_every_prepared_sentence_is_whole_small_and_looks_from_the_word_it_names(model: str) -> None:
    for name, about in sentences().items():
        script = script_path(model, name).read_text(encoding="utf-8")
        assert packed_size(script) <= MOST_BYTES
        found = prepared(model, name)
        packed = found.packed
        seq = len(packed.tokens)
        codes = seq * (seq + 1) // 2 if packed.causal else seq * seq
        assert len(packed.codes) == codes * len(packed.layers) * packed.num_heads
        assert packed.causal == (model == "smollm2")
        assert about["from"].lower().endswith(packed.tokens[found.token].lower().removeprefix("##"))
        assert packed.loss["max_abs"] < 0.005


def test_no_script_is_left_over_from_a_sentence_that_is_gone() -> None:
    for model in MODELS:
        assert {path.stem for path in (FOLDER / model).iterdir()} == set(sentences())


def test_the_shipped_weights_are_those_of_the_model() -> None:
    model = load("minilm")
    for name in ("she", "pieces"):
        found = prepared("minilm", name)
        attn = model.attentions(sentences()[name]["text"]).attn.numpy()
        shipped = np.stack([found.packed.attn(layer) for layer in found.packed.layers])
        # Other versions of the libraries may round differently, and a code may then be the next one.
        assert np.abs(shipped - attn).max() < found.packed.loss["max_abs"] + 1e-4
        made = json.loads(prepare(model, name).partition("\n")[2].strip().removesuffix(";"))
        assert {key: made[key] for key in ("tokens", "words", "special", "token")} == {
            "tokens": found.packed.tokens,
            "words": found.packed.words,
            "special": found.packed.special,
            "token": found.token,
        }


def test_a_head_of_the_pronoun_looks_at_the_name_that_fits() -> None:
    for name, wanted in (("she", "mary"), ("he", "tom"), ("himself", "peter")):
        heads = RealHeads(sentence=name, layer=1, head=3)
        token = prepared("minilm", name).token
        assert heads.packed.tokens[heads.attn[token].argmax()] == wanted


def test_the_role_is_told_from_gold_data_and_none_where_nothing_could_be_asked() -> None:
    numbers = {"head": [1, 3], "score": 0.6, "interval": [0.5, 0.7], "baseline": 0.4, "n": 9}
    evidence = [numbers | {"test": "templates", "score": 0.9}, numbers | {"test": "GAP"}]
    found = role_of({"evidence": evidence, "verdict": "Partly."})
    told = {"layer": 1, "head": 3, "score": 0.6, "baseline": 0.4, "n": 9, "low": 0.5, "high": 0.7}
    assert found == told | {"verdict": "Partly."}
    assert role_of({"evidence": [], "verdict": "Too few."}) is None


def test_naming_the_widget_needs_no_torch() -> None:
    check = (
        "import sys; from mha_lessons.widgets import RealHeads; RealHeads(engine='page').still(); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_the_kernel_sends_the_codes_once_as_bytes_and_not_in_a_trait() -> None:
    heads = RealHeads.from_attentions(list(attention(2, 3, 5)), list("abcde"))
    assert heads._answer["codes"] == heads.packed.codes
    assert len(heads._answer["codes"]) == 2 * 3 * 5 * 5
    assert "given" not in heads.get_state()
    sent = [heads._answer]
    heads.observe(sent.append, names="_answer")
    heads.set_trait("head", 2)
    heads.set_trait("hide_sink", True)
    assert len(sent) == 1


def test_a_page_carries_what_was_handed_in_and_says_so_when_it_is_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heads = RealHeads.from_attentions(list(attention(2, 3, 5)), list("abcde"))
    given = heads.page_state()["given"]
    assert Packed.from_json(json.loads(json.dumps(given))) == heads.packed
    monkeypatch.setattr(module, "MOST_PAGE_BYTES", 100)
    assert heads.page_state()["given"]["error"].startswith("These heads need 0 MiB, too much for a page")


def test_attentions_as_a_model_gives_them_are_shown_as_they_are() -> None:
    attn = attention(3, 2, 4)
    tokens = ["[CLS]", "a", "b", "[SEP]"]

    class Output:
        attentions = tuple(layer[None] for layer in attn)

    for given in (Output(), Output.attentions, attn, list(attn.half())):
        heads = RealHeads.from_attentions(given, tokens, layer=2, head=1)
        assert heads.packed.special == [0, 3]
        np.testing.assert_allclose(heads.attn, attn[2, 1], atol=0.006)
    some = RealHeads.from_attentions(attn, tokens, layers=[2], layer=0, head=9)
    assert (some.packed.layers, some.shown) == ([2], (2, 1))


GOOD = attention(2, 3, 4)


@pytest.mark.parametrize(
    ("attentions", "tokens", "sentence"),
    [
        (None, list("abcd"), "attentions are None: load the model with attn_implementation='eager'"),
        ((None, None), list("abcd"), "attentions are None: load the model"),
        ((), list("abcd"), "attentions have no layer; give one or more"),
        (GOOD, list("abc"), "tokens should name the 4 queries and keys of attn, got 3 tokens"),
        (GOOD, [], "tokens are empty: name each position"),
        (GOOD * math.nan, list("abcd"), "attn should hold weights from 0 to 1; got NaN"),
        (GOOD.log(), list("abcd"), "attn should hold weights from 0 to 1; got NaN or other numbers (scores"),
        (GOOD * 0.5, list("abcd"), "each row of attn should sum to 1, got 0.50; call model.eval()"),
        (
            [GOOD[0, :, :, :3]],
            list("abcd"),
            "attn should be [head, query, key] of one sequence, got [3, 4, 3]",
        ),
        ([GOOD], list("abcd"), "of one sequence, got [2, 3, 4, 4]; take one: attn[0]"),
        ([GOOD[0], GOOD[1, :2]], list("abcd"), "the layers should have equally many heads, got [2, 3]"),
        ("abc", list("abcd"), "attentions should be a tensor, or a list of them, got str"),
        (
            [GOOD[0].to("meta")],
            list("abcd"),
            "attn is on the device meta, which has shapes and no numbers",
        ),
        (GOOD, ["w"] * 1025, "the text has 1,025 tokens and RealHeads shows 1,024 at most"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_one_sentence(
    attentions: Any, tokens: list[str], sentence: str
) -> None:
    with pytest.raises(LessonError, match=re.escape(sentence)):
        RealHeads.from_attentions(attentions, tokens)


def test_a_text_in_place_of_tokens_is_refused() -> None:
    with pytest.raises(TypeError, match="tokens should be a list of words, got one text"):
        RealHeads.from_attentions(GOOD, "abcd")


def test_layers_that_are_not_there_and_too_many_weights_are_refused() -> None:
    with pytest.raises(LessonError, match=re.escape("layers should be a list of some of 0 to 1, got [2]")):
        RealHeads.from_attentions(GOOD, list("abcd"), layers=[2])
    with pytest.raises(LessonError, match=re.escape("layers should be a list of some of 0 to 1, got '0'")):
        RealHeads.from_attentions(GOOD, list("abcd"), layers="0")
    huge = [torch.empty(1, 400, 1024, 1024, device="meta")]
    with pytest.raises(LessonError, match=re.escape("are 400 MiB, more than a browser takes (256 MiB)")):
        RealHeads.from_attentions(huge, ["w"] * 1024)


@pytest.fixture(scope="module")
def tiny() -> tuple[BertModel, PreTrainedTokenizerFast]:
    """A BERT of 3 layers x 2 heads with random weights, and a tokenizer of words."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    words = ["[UNK]", "[PAD]", "the", "cat", "sat", "down"]
    plain = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    plain.pre_tokenizer = Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, unk_token="[UNK]", pad_token="[PAD]")
    sizes = {"num_hidden_layers": 3, "num_attention_heads": 2, "hidden_size": 8, "intermediate_size": 8}
    config = BertConfig(vocab_size=len(words), max_position_embeddings=2000, **sizes)
    torch.manual_seed(0)
    return BertModel(config), tokenizer


@pytest.mark.parametrize("kind", ["eager", "sdpa"])
def test_a_model_and_a_text_become_a_widget_however_the_model_computes_attention(
    tiny: tuple[BertModel, PreTrainedTokenizerFast], kind: str
) -> None:
    model, tokenizer = tiny
    model.set_attn_implementation(kind)
    heads = RealHeads.from_model(model, tokenizer, "the cat sat down", layers=[0, 2], layer=2, head=1)
    assert heads.packed.tokens == ["the", "cat", "sat", "down"]
    assert model.config._attn_implementation == kind, "it is left as it was"
    model.set_attn_implementation("eager")
    with torch.no_grad():
        out = model(torch.tensor([[2, 3, 4, 5]]), output_attentions=True)
    np.testing.assert_allclose(heads.attn, out.attentions[2][0, 1], atol=0.006)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The text is empty: give at least one word."),
        (" \n", "The text is only spaces: give at least one word."),
        (
            "the " * 1025,
            "the text has 1,025 tokens and RealHeads shows 1,024 at most: show a part of it",
        ),
    ],
)
def test_a_text_that_cannot_be_shown_is_refused_with_one_sentence(
    tiny: tuple[BertModel, PreTrainedTokenizerFast], text: str, sentence: str
) -> None:
    model, tokenizer = tiny
    with pytest.raises(LessonError, match=re.escape(sentence)):
        RealHeads.from_model(model, tokenizer, text)


def test_the_still_names_the_head_and_the_words() -> None:
    html = RealHeads(sentence="she", layer=1, head=3).still()
    assert "head 1-3" in html
    assert "<td>mary 0.5" in html
