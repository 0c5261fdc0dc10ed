"""BertViz through the bridge: the same numbers, once, and nothing from elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import bertviz
import pytest
import torch
from torch import Tensor

from book.theme.nodes.frames import page_in_frame
from book.theme.render import PageRenderer
from mha_lessons import MultiHeadAttention
from mha_lessons.bertviz_bridge import BertVizView, head_view, model_view
from mha_lessons.problem import LessonError

WORDS = ["[CLS]", "the", "cat", "</script>", "sat", "[SEP]"]
LAYERS, HEADS, SEQ = 2, 3, len(WORDS)


@pytest.fixture
def attentions() -> list[Tensor]:
    torch.manual_seed(5)
    return [torch.randn(1, HEADS, SEQ, SEQ).softmax(-1) for _ in range(LAYERS)]


def numbers(view: BertVizView) -> dict[str, object]:
    """What BertViz's script gets."""
    found = re.search(r"const params = (.*);\n", view.body)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize("draw", [head_view, model_view])
def test_the_numbers_go_in_once_and_rounded(draw, attentions: list[Tensor]) -> None:
    view = draw(attentions, WORDS, digits=2)
    assert view.body.count('"left_text"') == 1
    shown = torch.tensor(numbers(view)["attention"][0]["attn"])
    assert torch.allclose(shown, torch.cat(attentions).round(decimals=2), atol=1e-6)
    again = getattr(bertviz, draw.__name__)(attentions, WORDS, html_action="return").data
    assert again.count('"left_text"') == 2, "BertViz alone writes them twice"


@pytest.mark.parametrize("draw", [head_view, model_view])
def test_a_page_asks_nothing_of_a_server(draw, attentions: list[Tensor]) -> None:
    page = draw(attentions, WORDS).page
    assert "cdnjs" not in page
    assert not re.search(r'(src|href)="', page)
    assert "require.config(" not in re.sub(r"<script data-library.*?</script>", "", page, flags=re.DOTALL)


def test_a_word_cannot_end_the_script(attentions: list[Tensor]) -> None:
    view = head_view(attentions, WORDS)
    assert "</script> sat" not in view.body
    assert numbers(view)["attention"][0]["left_text"] == WORDS


def test_a_trace_and_one_layer_are_shown_alike() -> None:
    trace = MultiHeadAttention(d_model=6, num_heads=HEADS).trace(torch.randn(1, SEQ, 6))
    by_trace, by_layer = numbers(head_view(trace, WORDS)), numbers(head_view(trace.attn[0], WORDS))
    assert by_trace["attention"] == by_layer["attention"]


def test_layers_may_be_chosen(attentions: list[Tensor]) -> None:
    chosen = numbers(head_view(attentions, WORDS, include_layers=[1], layer=1, heads=[0, 2]))
    assert (chosen["layer"], chosen["heads"]) == (1, [0, 2])
    assert torch.allclose(torch.tensor(chosen["attention"][0]["attn"][0]), attentions[1][0], atol=6e-4)


def test_a_page_is_as_large_as_the_guard_says() -> None:
    attn = torch.rand(1, 12, 64, 64).softmax(-1)
    with pytest.raises(LessonError, match=r"a page of about 1 MB, above most_mb=0\.1") as refused:
        head_view([attn] * 3, ["w"] * 64, most_mb=0.1)
    assert "include_layers" in str(refused.value)
    size = len(head_view([attn] * 3, ["w"] * 64).body) / 1e6
    assert size == pytest.approx(3 * 12 * 64 * 64 * 7 / 1e6, rel=0.1)


@pytest.mark.parametrize(
    ("attentions", "words", "sentence"),
    [
        (None, WORDS, "attentions are None: load the model with attn_implementation='eager'"),
        ([], WORDS, "attentions have no layer"),
        (torch.ones(2, SEQ, SEQ) / SEQ, "abcdef", "tokens should be a list of words, got one text"),
        ("abc", WORDS, "attentions should be a tensor, or a list of them, got str"),
        (torch.ones(SEQ, SEQ), WORDS, "should be \\[head, query, key\\] of one sequence, got \\[6, 6\\]"),
        (torch.ones(2, SEQ, SEQ) * 3, WORDS, "weights from 0 to 1"),
        (torch.full((2, SEQ, SEQ), float("nan")), WORDS, "got NaN or other numbers"),
        (torch.ones(2, SEQ, SEQ) / SEQ, WORDS[:-1], "name the 6 queries and 6 keys, got 5 tokens"),
        ([torch.eye(SEQ).expand(n, SEQ, SEQ) for n in (2, 3)], WORDS, "should have equally many heads"),
        (torch.empty(0, SEQ, SEQ), WORDS, "heads and tokens, and one or more, got \\[\\(0, 6, 6\\)\\]"),
        (torch.eye(SEQ).expand(2, SEQ, SEQ), None, "tokens should be a list of words, got NoneType"),
    ],
)
@pytest.mark.parametrize("draw", [head_view, model_view])
def test_what_does_not_fit_is_said_in_a_sentence(draw, attentions, words, sentence) -> None:
    with pytest.raises(LessonError, match=sentence):
        draw(attentions, words)


@pytest.mark.parametrize("asked", [[99], [-1], ["x"], 3])
@pytest.mark.parametrize(
    ("draw", "option"),
    [
        (head_view, "heads"),
        (model_view, "include_heads"),
        (head_view, "include_layers"),
        (model_view, "include_layers"),
    ],
)
def test_heads_and_layers_that_are_not_there_are_said_in_a_sentence(
    draw, option: str, asked: Any, attentions: list[Tensor]
) -> None:
    with pytest.raises(LessonError, match=f"^{option} should be a list of some of 0 to [0-9], got "):
        draw(attentions, WORDS, **{option: asked})


def test_a_layer_that_is_not_there_is_said_in_a_sentence(attentions: list[Tensor]) -> None:
    with pytest.raises(LessonError, match="could not draw this: Layer 7"):
        head_view(attentions, WORDS, layer=7)


def test_saving_writes_the_page(attentions: list[Tensor], tmp_path: Path) -> None:
    view = model_view(attentions, WORDS)
    view.save(tmp_path / "new" / "view.html")
    assert (tmp_path / "new" / "view.html").read_text(encoding="utf-8") == view.page
    (tmp_path / "file").touch()
    with pytest.raises(LessonError, match="cannot be written"):
        view.save(tmp_path / "file" / "view.html")


def test_in_the_book_the_view_is_a_page_of_its_own_in_the_same_sandbox(attentions) -> None:
    page = PageRenderer("real", "real.md", Path())
    view = head_view(attentions, WORDS)
    figure = page_in_frame(page, view._repr_html_())
    assert figure
    assert 'src="_frames/real-0.html"' in figure
    assert 'sandbox="allow-scripts"' in figure
    assert page.frames["real-0.html"] == view.page
    assert page_in_frame(page, "<table></table>") is None


def test_in_the_book_the_title_of_a_frame_is_text_and_one_without_has_none() -> None:
    page = PageRenderer("real", "real.md", Path())
    named = page_in_frame(page, '<iframe title="&lt;b&gt; &amp; c" srcdoc="x"></iframe>')
    nameless = page_in_frame(page, '<iframe srcdoc="x"></iframe>')
    assert named
    assert nameless
    assert "<summary>Show here: &lt;b&gt; &amp; c</summary>" in named
    assert 'title="&lt;b&gt; &amp; c"' in named
    assert "<summary>Show here: the page</summary>" in nameless


def test_neuron_view_still_draws_the_classes_that_bertviz_brings() -> None:
    from bertviz.neuron_view import get_attention
    from bertviz.transformers_neuron_view import BertConfig, BertModel

    class Words:
        """The little of a tokenizer that BertViz asks for."""

        cls_token_id, sep_token_id, cls_token, sep_token = 0, 1, "[CLS]", "[SEP]"

        def tokenize(self, text: str) -> list[str]:
            return text.split()

        def convert_tokens_to_ids(self, words: list[str]) -> list[int]:
            return [2 + i for i, _ in enumerate(words)]

    config = BertConfig(vocab_size_or_config_json_file=9, hidden_size=6, num_hidden_layers=1)
    config.num_attention_heads, config.intermediate_size = 3, 5
    model = BertModel(config).eval()
    found = get_attention(model, "bert", Words(), "the cat sat", include_queries_and_keys=True)["all"]
    assert torch.tensor(found["attn"]).sum(-1).allclose(torch.ones(1, 3, 5), atol=1e-5)
    assert torch.tensor(found["queries"]).shape == (1, 3, 5, 2)
