"""The page of names, held against the modules it names."""

from __future__ import annotations

import re
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody gives it
from torch import Tensor, nn
from transformers import BertConfig, BertModel, GPT2Config, GPT2Model, LlamaConfig, LlamaModel

from mha_lessons import MultiHeadAttention, causal_mask, from_huggingface
from mha_lessons.widgets import SelfCheck

PAGE = (Path(__file__).parents[1] / "book" / "notation.md").read_text(encoding="utf-8")
SIZES = {"batch": 2, "seq": 5, "query": 5, "key": 5, "head": 6, "kv_head": 3, "d_head": 7, "d_model": 11}
SMALL = {"vocab_size": 9, "eos_token_id": None, "bos_token_id": None}
X = torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(0))


def table(first: str, after: str = "") -> list[list[str]]:
    """The cells of the table whose first heading is this, below the text `after`; without the heading."""
    start = PAGE.index(f"| {first} |", PAGE.index(after))
    lines = PAGE[start : PAGE.index("\n\n", start)].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def names_of(first: str, after: str, column: int = 1) -> dict[str, str]:
    """What stands in code in the first cell -> the first thing in code in another one."""
    rows = [row for row in table(first, after) if code(row[0]) and code(row[column])]
    return {own: code(row[column])[0] for row in rows for own in code(row[0])}


def below(module: Any, dotted: str) -> Any:
    return reduce(getattr, dotted.split("."), module)


def test_every_row_of_the_books_own_table_is_what_the_module_has() -> None:
    torch.manual_seed(0)
    mha = MultiHeadAttention(SIZES["d_model"], SIZES["head"], d_head=SIZES["d_head"], num_kv_heads=3)
    x = torch.randn(SIZES["batch"], SIZES["seq"], SIZES["d_model"])
    mask = causal_mask(SIZES["seq"])
    trace = mha.trace(x, mask=mask)
    seen = 0
    for name, _, shape in table("name", "## The words of this book"):
        for own in code(name):
            found = {"x": x, "mask": mask}.get(own, getattr(mha, own, getattr(trace, own, None)))
            assert found is not None, own
            seen += 1
            if shape == "a number":
                assert isinstance(found, int), own
                continue
            axes = re.search(r"\[(.+)\]", code(shape)[0])
            assert axes, shape
            sizes = [
                torch.Size(SIZES[part] for part in axis.split("·")).numel() for axis in axes[1].split(", ")
            ]
            assert list(found.shape) == sizes, own
    assert seen == 19
    assert (trace.attn.sum(-1) - 1).abs().max() < 1e-6
    torch.testing.assert_close(trace.output, trace.contributions.sum(1) + mha.b_o)


def test_a_head_owns_the_columns_and_rows_that_the_table_of_letters_says() -> None:
    mha = MultiHeadAttention(12, 3, bias=False)
    trace = mha.trace(X)
    for i in range(3):
        own = slice(i * mha.d_head, (i + 1) * mha.d_head)
        torch.testing.assert_close(trace.q[:, i], X @ mha.w_q[:, own])
        torch.testing.assert_close(trace.contributions[:, i], trace.z[:, i] @ mha.w_o[own])


def test_what_the_page_says_of_nn_multiheadattention() -> None:
    says = names_of("here", "### nn.MultiheadAttention")
    theirs = nn.MultiheadAttention(**{says["d_model"]: 12, says["num_heads"]: 3})
    assert (theirs.embed_dim, theirs.num_heads, getattr(theirs, says["d_head"])) == (12, 3, 12 // 3)
    turned = X.transpose(0, 1)  # the batch is second unless one says batch_first=True
    assert theirs(turned, turned, turned)[1].shape == (2, 5, 5)
    theirs.batch_first = True
    ours = MultiHeadAttention.from_torch(theirs)
    stacked, out = getattr(theirs, says["w_q"]), below(theirs, says["w_o"])
    assert stacked.T.equal(torch.cat([ours.w_q, ours.w_k, ours.w_v], dim=1))
    assert out.T.equal(ours.w_o)

    mask, padding = causal_mask(5), torch.arange(5).expand(2, 5) >= 4
    averaged = theirs(X, X, X, attn_mask=~mask, key_padding_mask=padding)[1]
    each = theirs(X, X, X, attn_mask=~mask, key_padding_mask=padding, average_attn_weights=False)[1]
    torch.testing.assert_close(averaged, each.mean(1))
    torch.testing.assert_close(each, ours.trace(X, mask=mask & ~padding[:, None]).attn)
    assert theirs(X, X, X, need_weights=False)[1] is None


def test_what_the_page_says_of_scaled_dot_product_attention() -> None:
    ours = MultiHeadAttention(12, 4, num_kv_heads=2)
    q, k, v = ours.project(X)
    for theirs, mask in (
        (F.scaled_dot_product_attention(q, k, v, attn_mask=causal_mask(5), enable_gqa=True), causal_mask(5)),
        (F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True), causal_mask(5)),
        (F.scaled_dot_product_attention(q, k, v, scale=ours.d_head**-0.5, enable_gqa=True), None),
        (F.scaled_dot_product_attention(q, k, v, enable_gqa=True), None),
    ):
        assert isinstance(theirs, Tensor)
        torch.testing.assert_close(theirs, ours.trace(X, mask=mask).z)
    added = torch.zeros(5, 5).masked_fill(~causal_mask(5), -torch.inf)
    by_float = F.scaled_dot_product_attention(q, k, v, attn_mask=added, enable_gqa=True)
    torch.testing.assert_close(by_float, ours.trace(X, mask=causal_mask(5)).z)


def bert(**options: Any) -> BertModel:
    sizes = {"hidden_size": 12, "num_attention_heads": 3, "num_hidden_layers": 2, "intermediate_size": 8}
    return BertModel(BertConfig(**sizes, **SMALL, **options)).eval()


def gpt2(**options: Any) -> GPT2Model:
    return GPT2Model(GPT2Config(n_embd=12, n_head=3, n_layer=2, **SMALL, **options)).eval()


def llama(**options: Any) -> LlamaModel:
    sizes = {"hidden_size": 12, "num_attention_heads": 6, "num_hidden_layers": 2, "intermediate_size": 8}
    return LlamaModel(LlamaConfig(**sizes, num_key_value_heads=3, **SMALL, **options)).eval()


MODELS = {"BERT": bert, "GPT-2": gpt2, "Llama": llama}


@pytest.mark.parametrize("name", MODELS)
def test_the_names_of_hugging_face_hold_the_weights_the_page_says(name: str) -> None:
    column = 1 + list(MODELS).index(name)
    rows = {row[0].strip("`"): row[column] for row in table("here | BERT | GPT-2 | Llama", "## In Hugging")}
    says = {own: code(cell)[0] for own, cell in rows.items() if code(cell)}
    model = MODELS[name]()
    layer, place = re.fullmatch(r"(.+)\[0\]\.(.+)", says["the module"]).groups()  # type: ignore[union-attr]
    module = below(below(model, layer)[0], place)
    ours = from_huggingface(module)

    for own in ("d_model", "num_heads", "num_kv_heads"):
        if own in says:
            assert getattr(model.config, says[own]) == getattr(ours, own)
        else:
            assert (own, rows[own]) == ("num_kv_heads", "none")
            assert ours.num_kv_heads == ours.num_heads
    assert below(module, says["d_head"]) == ours.d_head
    for part, own in enumerate(("w_q", "w_k", "w_v", "w_o")):
        weight = below(module, says[own]).weight
        weight = weight if name == "GPT-2" else weight.T
        if name == "GPT-2" and own != "w_o":  # three in one
            weight = weight.chunk(3, dim=1)[part]
        assert weight.equal(getattr(ours, own)), own


@pytest.mark.parametrize("name", MODELS)
def test_hugging_face_gives_weights_only_where_attention_is_eager(name: str) -> None:
    ids, mask = torch.arange(8).view(2, 4), torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    assert not MODELS[name](attn_implementation="sdpa")(ids, output_attentions=True).attentions
    model = MODELS[name](attn_implementation="eager")
    weights = model(ids, attention_mask=mask, output_attentions=True).attentions
    heads = model.config.num_attention_heads
    assert [tuple(layer.shape) for layer in weights] == [(2, heads, 4, 4)] * 2
    looked_at = (weights[0] > 0).any(1)  # [batch, query, key]
    assert looked_at[1, :, 2:].sum() == 0, "0 = padding"
    assert bool(looked_at[0, 0, 1:].any()) == (name == "BERT"), "the others add a causal mask"


def test_the_answer_to_the_question_of_the_mask_is_what_torch_does() -> None:
    theirs = nn.MultiheadAttention(12, 3, batch_first=True)
    q, k, v = MultiHeadAttention.from_torch(theirs).project(X)
    mask, changed = causal_mask(5), v.clone()
    changed[:, :, 1:] += 1
    by_function = [
        F.scaled_dot_product_attention(q, k, values, attn_mask=mask)[:, :, 0] for values in (v, changed)
    ]
    assert by_function[0].equal(by_function[1])
    row = theirs(X, X, X, attn_mask=mask)[1][:, 0]
    assert (row[:, 0] == 0).all()
    assert (row[:, 1:] > 0).all()
    found = next(option["text"] for option in SelfCheck.ask("notation.mask").options if option.get("right"))
    assert found == "one keeps the future out, the other looks at nothing else"


def test_the_layer_of_the_exercise_has_as_many_times_too_many_weights_as_heads() -> None:
    right, wide = MultiHeadAttention(12, 3), MultiHeadAttention(12, 3, d_head=12)
    for name in ("w_q", "w_k", "w_v", "w_o"):
        assert getattr(wide, name).numel() == 3 * getattr(right, name).numel()
