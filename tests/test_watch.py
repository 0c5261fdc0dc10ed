"""`watch`: what it records of torch's, our own and Hugging Face's models, and that it leaves no trace."""

from __future__ import annotations

import gc
import math
import re
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import (
    BertConfig,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaModel,
    T5Config,
    T5Model,
)

from mha_lessons import MultiHeadAttention, causal_mask, watch
from mha_lessons.loan import _LOANS

BATCH, SEQ, VOCAB = 2, 7, 50


def ids(seed: int = 0, seq: int = SEQ) -> Tensor:
    return torch.randint(0, VOCAB, (BATCH, seq), generator=torch.Generator().manual_seed(seed))


def vectors(seed: int = 0, width: int = 8) -> Tensor:
    return torch.randn(BATCH, SEQ, width, generator=torch.Generator().manual_seed(seed))


def encoder(dropout: float = 0.0, **options: Any) -> nn.Module:
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=dropout, batch_first=True)
    return nn.TransformerEncoder(layer, num_layers=3, **options)


def bert(dropout: float = 0.0) -> nn.Module:
    sizes = {"hidden_size": 8, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 16}
    return BertModel(BertConfig(vocab_size=VOCAB, **sizes, attention_probs_dropout_prob=dropout))


def gpt2(dropout: float = 0.0) -> nn.Module:
    return GPT2LMHeadModel(GPT2Config(vocab_size=VOCAB, n_embd=8, n_layer=3, n_head=2, attn_pdrop=dropout))


def llama(dropout: float = 0.0) -> nn.Module:
    sizes = {"hidden_size": 8, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 16}
    config = LlamaConfig(vocab_size=VOCAB, num_key_value_heads=2, attention_dropout=dropout, **sizes)
    return LlamaModel(config)


class Ours(nn.Module):
    """Three of our layers, causal."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        heads = {"num_heads": 4, "num_kv_heads": 2, "dropout": dropout}
        self.layers = nn.ModuleList(MultiHeadAttention(8, **heads) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = x + layer(x, mask=causal_mask(x.shape[1]))
        return x


HUGGING_FACE = {"bert": bert, "gpt2": gpt2, "llama": llama}
MODELS: dict[str, tuple[Callable[[float], nn.Module], Callable[[], Tensor]]] = {
    "torch": (encoder, vectors),
    "ours": (Ours, vectors),
    **{name: (make, ids) for name, make in HUGGING_FACE.items()},
}
every_model = pytest.mark.parametrize("kind", MODELS)


def made(kind: str, dropout: float = 0.0) -> tuple[nn.Module, Tensor]:
    torch.manual_seed(4)
    make, inputs = MODELS[kind]
    return make(dropout).eval(), inputs()


def tensor_of(output: Any) -> Tensor:
    return output if isinstance(output, Tensor) else output[0]


def everything_of(model: nn.Module) -> list[object]:
    """What a watch could leave behind: hooks, attributes of each module and of its config."""
    found: list[object] = []
    for module in model.modules():
        found.append({name: len(value) for name, value in vars(module).items() if "hooks" in name})
        found.append({name: id(value) for name, value in vars(module).items() if "hooks" not in name})
        if config := getattr(module, "config", None):
            found.append({name: repr(value) for name, value in vars(config).items()})
    return found


@every_model
def test_each_layer_is_recorded_in_the_order_in_which_it_ran_and_each_row_sums_to_one(kind: str) -> None:
    model, x = made(kind)
    with watch(model) as seen:
        model(x)
    assert len(seen) == 3
    assert [re.findall(r"\d", name) for name in seen.names] == [["0"], ["1"], ["2"]]
    heads = 2 if kind in ("torch", "bert", "gpt2") else 4
    for attn in seen:
        assert attn.shape == (BATCH, heads, SEQ, SEQ)
        torch.testing.assert_close(attn.sum(-1), torch.ones(BATCH, heads, SEQ))


@pytest.mark.parametrize("kind", HUGGING_FACE)
def test_the_weights_are_those_a_hugging_face_model_gives_itself(kind: str) -> None:
    model, x = made(kind)
    assert model.config._attn_implementation == "sdpa", "else nothing would be switched"
    with watch(model) as seen:
        model(x)
    model.set_attn_implementation("eager")
    wanted = model(x, output_attentions=True).attentions
    assert len(wanted) == len(seen)
    for layer, attn in enumerate(wanted):
        torch.testing.assert_close(seen[layer], attn.detach(), rtol=0, atol=0)


def test_the_weights_of_a_torch_encoder_are_those_recomputed_from_what_each_layer_was_given() -> None:
    model, x = made("torch")
    given: list[Tensor] = []
    for layer in model.layers:
        layer.self_attn.register_forward_pre_hook(lambda _, args: given.append(args[0]))
    with watch(model) as seen:
        model(x)
    for number, (layer, tokens) in enumerate(zip(model.layers, given, strict=True)):
        own = layer.self_attn
        q, k, _ = (tokens @ own.in_proj_weight.T + own.in_proj_bias).chunk(3, dim=-1)
        q, k = (part.view(BATCH, SEQ, 2, 4).transpose(1, 2) for part in (q, k))
        wanted = (q @ k.mT / math.sqrt(4)).softmax(-1)
        torch.testing.assert_close(seen[number], wanted.detach())


def test_the_weights_of_our_layers_are_those_of_their_trace() -> None:
    model, x = made("ours")
    with watch(model) as seen:
        model(x)
    for number, layer in enumerate(model.layers):
        trace = layer.trace(x, mask=causal_mask(SEQ))
        torch.testing.assert_close(seen[number], trace.attn.detach())
        x = x + trace.output


@every_model
def test_a_watched_model_gives_the_same_output_to_rounding_and_the_same_gradients(kind: str) -> None:
    model, x = made(kind)

    def run() -> tuple[Tensor, list[Tensor]]:
        model.zero_grad()
        output = tensor_of(model(x))
        output.square().sum().backward()
        return output.detach(), [p.grad.clone() for p in model.parameters() if p.grad is not None]

    output, grads = run()
    with watch(model):
        watched, watched_grads = run()
    torch.testing.assert_close(watched, output, rtol=1e-5, atol=1e-5)
    assert grads
    for grad, wanted in zip(watched_grads, grads, strict=True):
        torch.testing.assert_close(grad, wanted, rtol=1e-4, atol=1e-5)


@every_model
def test_removing_leaves_the_model_exactly_as_it_was(kind: str) -> None:
    model, x = made(kind)
    with torch.no_grad():
        output = tensor_of(model(x))
    before, weights = everything_of(model), {n: w.clone() for n, w in model.state_dict().items()}
    seen = watch(model)
    assert everything_of(model) != before
    with torch.no_grad():
        model(x)
    seen.remove()
    seen.remove()
    assert everything_of(model) == before
    assert model.state_dict().keys() == weights.keys()
    assert all(torch.equal(weight, weights[name]) for name, weight in model.state_dict().items())
    with torch.no_grad():
        assert torch.equal(tensor_of(model(x)), output)
    assert len(seen) == 3, "what was recorded can still be read"


@every_model
@pytest.mark.parametrize("first_goes_first", [True, False])
def test_two_watches_see_the_same_and_leave_the_model_as_it_was_in_any_order(
    kind: str, first_goes_first: bool
) -> None:
    model, x = made(kind)
    before = everything_of(model)
    one, two = watch(model), watch(model)
    model(x)
    for mine, other in zip(one, two, strict=True):
        assert torch.equal(mine, other)
    first, second = (one, two) if first_goes_first else (two, one)
    first.remove()
    model(x[:, :5])
    assert (second[2].shape[-1], first[2].shape[-1]) == (5, SEQ)
    second.remove()
    assert everything_of(model) == before


@every_model
def test_in_training_the_weights_are_those_that_dropout_has_left_and_the_picture_says_why_it_is_not_drawn(
    kind: str,
) -> None:
    model, x = made(kind, dropout=0.5)
    model.train()
    with watch(model) as seen:
        tensor_of(model(x)).sum().backward()
    assert len(seen) == 3
    attn = torch.stack(list(seen))
    assert (attn == 0).float().mean() > 0.25, "about half is gone"
    with pytest.raises(ValueError, match=r"layer 0 \(.+\) ran in training mode.*call model\.eval\(\)"):
        seen.show(0)


def test_the_weights_are_those_the_output_was_made_of_even_under_dropout() -> None:
    torch.manual_seed(0)
    mha = nn.MultiheadAttention(8, 2, dropout=0.5, batch_first=True).train()
    x = vectors()
    with watch(mha) as seen:
        output, _ = mha(x, x, x)
    v = (x @ mha.in_proj_weight[16:].T + mha.in_proj_bias[16:]).view(BATCH, SEQ, 2, 4).transpose(1, 2)
    z = (seen[0] @ v).transpose(1, 2).flatten(2)
    torch.testing.assert_close(mha.out_proj(z), output)


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("average", [True, False])
@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("watches", [1, 2])
def test_who_calls_nn_multiheadattention_gets_what_he_asked_for(
    need_weights: bool, average: bool, batched: bool, watches: int
) -> None:
    torch.manual_seed(0)
    mha = nn.MultiheadAttention(8, 2, batch_first=True)
    x = vectors() if batched else vectors()[0]
    asked = {"need_weights": need_weights, "average_attn_weights": average}
    wanted = mha(x, x, x, **asked)
    seen = [watch(mha) for _ in range(watches)]
    got = mha(x, x, x, **asked)
    by_place = mha(x, x, x, None, need_weights, None, average)
    for output, weights in (got, by_place):
        torch.testing.assert_close(output, wanted[0])
        assert (weights is None) == (wanted[1] is None)
        if weights is not None:
            torch.testing.assert_close(weights, wanted[1])
    assert [each[0].shape for each in seen] == [(BATCH if batched else 1, 2, SEQ, SEQ)] * watches


def test_the_fast_path_of_a_torch_encoder_is_left_while_it_is_watched_padding_or_not() -> None:
    torch.manual_seed(4)
    model = encoder(enable_nested_tensor=True).eval()
    assert model.use_nested_tensor, "else torch would not nest"
    x = vectors()
    padding = torch.arange(SEQ)[None] >= torch.tensor([5, 4])[:, None]  # True: may not look
    with torch.no_grad():
        wanted = model(x, src_key_padding_mask=padding)
        with watch(model) as seen:
            output = model(x, src_key_padding_mask=padding)
        again = model(x, src_key_padding_mask=padding)
    assert torch.equal(again, wanted)
    assert [attn.shape for attn in seen] == [(BATCH, 2, SEQ, SEQ)] * 3, "a nested tensor would be cut to 5"
    assert (seen[1][1, :, :, 4:] == 0).all()
    torch.testing.assert_close(output[~padding], wanted[~padding], rtol=1e-5, atol=1e-5)


def test_an_error_inside_the_model_comes_through_and_the_next_call_is_recorded_right() -> None:
    for kind in MODELS:
        model, x = made(kind)
        before = everything_of(model)
        with watch(model) as seen:
            with pytest.raises(Exception, match=r".") as raised:
                model(x.double() + 0.5)  # no weights of that precision, no such token
            assert raised.traceback[-1].path.name != "taps.py"
            part = next(each for name, each in model.named_modules() if name.endswith("1"))
            for _ in range(2):
                with suppress(TypeError):  # Llama's layer wants positions
                    part(torch.randn(BATCH, SEQ, 8))
            assert len(seen) == len(set(seen.names)), "the call that failed is over"
            model(x)
            assert len(seen) == 3
            torch.testing.assert_close(seen[2].sum(-1), torch.ones(seen[2].shape[:3]))
        assert everything_of(model) == before


def test_an_error_in_the_with_block_removes_the_watch() -> None:
    model, x = made("bert")
    before = everything_of(model)
    with pytest.raises(ZeroDivisionError), watch(model):
        model(x[:, : 1 // 0])
    assert everything_of(model) == before


def test_only_the_last_call_is_kept_and_a_part_called_by_itself_replaces_its_own_layers() -> None:
    model, _ = made("llama")
    with watch(model) as seen:
        model(ids(seq=7))
        model(ids(seq=5))
        assert [attn.shape[-1] for attn in seen] == [5, 5, 5]
    model, x = made("torch")
    with watch(model) as seen:
        model(x)
        model.layers[1](x[:, :3])
        model.layers[1](x[:, :4])
        assert {name: attn.shape[-1] for name, attn in zip(seen.names, seen, strict=True)} == {
            "layers.0.self_attn": 7,
            "layers.2.self_attn": 7,
            "layers.1.self_attn": 4,
        }
    model, x = made("bert")
    with watch(model) as seen:
        model.encoder(torch.randn(BATCH, SEQ, 8))
    assert seen.names == [f"encoder.layer.{layer}.attention.self" for layer in range(3)]


def test_encoder_decoder_and_cross_attention_of_t5_are_recorded() -> None:
    torch.manual_seed(0)
    sizes = {"d_model": 8, "d_kv": 4, "d_ff": 16, "num_layers": 2, "num_heads": 2}
    model = T5Model(T5Config(vocab_size=VOCAB, **sizes)).eval()
    with watch(model) as seen:
        model(input_ids=ids(seq=7), decoder_input_ids=ids(seq=5))
    model.set_attn_implementation("eager")
    found = model(input_ids=ids(seq=7), decoder_input_ids=ids(seq=5), output_attentions=True)
    own, cross = found.decoder_attentions, found.cross_attentions
    wanted = [*found.encoder_attentions, own[0], cross[0], own[1], cross[1]]
    assert len(seen) == len(wanted)
    for attn, weights in zip(seen, wanted, strict=True):
        torch.testing.assert_close(attn, weights.detach())
    with pytest.raises(ValueError, match=r"layer 3 \(.+\) has 5 queries and 7 keys, .* but not shown"):
        seen.show(layer=3)


def test_memory_is_bounded_and_reading_what_did_not_fit_says_what_to_do() -> None:
    model, x = made("bert")
    table = BATCH * 2 * SEQ * SEQ * 4  # bytes
    with watch(model, limit_mb=2.5 * table / 1e6) as seen:
        for _ in range(3):
            model(x)
            assert seen._recorder.kept_bytes == 2 * table
    assert len(seen) == 3
    seen[1]
    with pytest.raises(ValueError, match=r"layer 2 \(.+\) was not kept: it has .+ MB.*: raise limit_mb"):
        seen[2]
    with watch(model, layers=[2]) as seen:
        model(x)
    seen[2]
    with pytest.raises(ValueError, match=r"layer 0 \(.+\) was not kept: layers=\[2\] were asked for"):
        seen.show(0)
    assert seen.show().given.layers == [2]
    with watch(model, layers=[5]) as seen:
        model(x)
    with pytest.raises(ValueError, match="was not kept"):
        seen.show()


def test_the_weights_are_a_copy_of_their_own_without_a_graph() -> None:
    model, x = made("ours")
    with watch(model) as seen:
        model(x)
    assert not seen[0].requires_grad
    assert seen[0].untyped_storage().nbytes() == seen[0].nbytes


def test_a_watched_model_that_nobody_keeps_goes_with_its_watch() -> None:
    for kind in MODELS:
        model, x = made(kind)
        seen = watch(model)
        model(x)
        gone = weakref.ref(model), weakref.ref(seen)
        del model, seen
        gc.collect()
        assert [each() for each in gone] == [None, None], kind
    assert _LOANS == {}


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (
            nn.Sequential(nn.Linear(2, 3), nn.ReLU()),
            "Sequential has no attention that can be watched: give a",
        ),
        ("bert-base", "watch takes a torch.nn.Module, got str"),
        (torch.compile(MultiHeadAttention(8, 2)), "watch takes a model that is not compiled"),
    ],
)
def test_what_cannot_be_watched_is_refused_with_a_sentence(model: Any, sentence: str) -> None:
    with pytest.raises(TypeError, match=re.escape(sentence)):
        watch(model)


def test_wrong_questions_get_a_sentence() -> None:
    model, x = made("torch")
    for options in ({"layers": [-1]}, {"limit_mb": 0}, {"limit_mb": math.nan}):
        before = everything_of(model)
        with pytest.raises(ValueError, match="should be"):
            watch(model, **options)
        assert everything_of(model) == before
    with watch(model) as seen:
        with pytest.raises(IndexError, match="no attention has been recorded: call the model while"):
            seen.show()
        model(x)
    with pytest.raises(IndexError, match="ran attention layers 0 to 2, got layer=3"):
        seen[3]
    with pytest.raises(IndexError, match="saw sequences 0 to 1, got sequence=2"):
        seen.show(0, sequence=2)


def test_on_the_device_meta_the_model_runs_and_reading_says_why_there_are_no_numbers() -> None:
    for model, x in (made("torch"), (MultiHeadAttention(8, 2), vectors()), made("llama")):
        model, x = model.to("meta"), x.to("meta")
        with watch(model) as seen:
            model(x)
        with pytest.raises(ValueError, match="the device meta, which has shapes and no numbers"):
            seen[0]


def test_half_precision_is_kept_as_it_is_and_shown() -> None:
    model, x = made("llama")
    with watch(model.bfloat16()) as seen:
        model(x)
    assert seen[0].dtype == torch.bfloat16
    assert seen.show(0).given["num_heads"] == 4


@every_model
def test_two_lines_show_a_layer_of_any_model(kind: str) -> None:
    model, x = made(kind)
    with watch(model) as seen:
        model(x)
    words = [f"word{place}" for place in range(SEQ)]
    explorer = seen.show(2, words, sequence=1)
    assert explorer.numbers()["tokens"] == words
    torch.testing.assert_close(explorer.numbers()["attn"], seen[2][1].flatten())
    heads = seen.show(tokens=words, sequence=1)
    assert (heads.given.tokens, heads.given.layers) == (words, [0, 1, 2])
    for layer in range(3):
        torch.testing.assert_close(
            torch.tensor(heads.given.attn(layer)), seen[layer][1], rtol=0, atol=1 / 255
        )


class Tokenizer:
    def convert_ids_to_tokens(self, numbers: list[int]) -> list[str]:
        return [f"<{number}>" for number in numbers]


def test_with_a_tokenizer_the_picture_knows_the_words_of_the_sequence_without_one_the_positions() -> None:
    for kind in HUGGING_FACE:
        model, x = made(kind)
        for call in (lambda model=model, x=x: model(x), lambda model=model, x=x: model(input_ids=x)):
            with watch(model, tokenizer=Tokenizer()) as seen:
                call()
            assert seen.show(1, sequence=1).given["tokens"] == [f"<{n}>" for n in x[1].tolist()]
        with watch(model) as seen:
            model(x)
        assert seen.show(1).given["tokens"] == ["0", "1", "2", "3", "4", "5", "6"]
