"""The widgets as Python objects: traits, links, tensors, pictures, memory, and what is handed to them."""

from __future__ import annotations

import errno
import gc
import os
import re
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import ipywidgets
import numpy as np
import pytest
import torch
import traitlets
from transformers import BertConfig, BertModel

from book.theme.render import PageRenderer
from mha_lessons import MultiHeadAttention, files, watch, widgets
from mha_lessons.problem import LessonError
from mha_lessons.widgets import HeadExplorer, HeadSum, MaskPainter, RankMeter, SplitOrProject
from mha_lessons.widgets.lesson_widget import LessonWidget

CLASSES: list[type[LessonWidget]] = [getattr(widgets, name) for name in widgets.__all__]
LAYERS: list[type[Any]] = [HeadExplorer, HeadSum, MaskPainter, RankMeter, SplitOrProject]
SVG = "{http://www.w3.org/2000/svg}"


def number_traits(widget: type[LessonWidget]) -> list[str]:
    traits = widget().traits()
    own = [name for name in widget().page_state() if name in widget.asks or name in ("head", "query", "key")]
    return [name for name in own if isinstance(traits[name], traitlets.Int | traitlets.Float)]


@pytest.mark.parametrize("widget", CLASSES)
def test_every_public_trait_has_a_type_and_a_sentence_of_help(widget: type[LessonWidget]) -> None:
    made = widget()
    for name in made.page_state():
        trait = made.traits()[name]
        assert type(trait) is not traitlets.Any, name
        assert re.fullmatch(r".{4,}[.:?]", trait.help, re.DOTALL), f"{name}: {trait.help!r}"


@pytest.mark.parametrize(
    ("widget", "trait"), [(each, name) for each in LAYERS for name in number_traits(each)]
)
@pytest.mark.parametrize("value", [-(2**40), 2**40])
def test_a_number_out_of_bounds_is_refused_with_a_sentence_that_names_it(
    widget: type[LessonWidget], trait: str, value: int
) -> None:
    with pytest.raises((ValueError, traitlets.TraitError)) as raised:
        widget(**{trait: value})
    assert re.search(rf"{trait}|heads of width|equal heads|At most", str(raised.value)), str(raised.value)


def test_link_keeps_a_trait_and_a_slider_equal_both_ways() -> None:
    explorer, slider = HeadExplorer(num_heads=2), ipywidgets.IntSlider(min=1, max=16)
    link = ipywidgets.link((explorer, "num_heads"), (slider, "value"))
    assert slider.value == 2
    slider.value = 8
    assert explorer.num_heads == explorer._answer["num_heads"] == 8
    explorer.num_heads = 4
    assert slider.value == 4
    link.unlink()


def test_jslink_takes_every_public_trait_and_refuses_one_that_stays_in_the_kernel() -> None:
    explorer = HeadExplorer()
    for name in explorer.page_state():
        link = ipywidgets.jslink((explorer, name), (HeadExplorer(), name))
        assert link.source == (explorer, name)
    with pytest.raises((TypeError, traitlets.TraitError)):
        ipywidgets.jslink((explorer, "trace"), (HeadExplorer(), "num_heads"))


def test_observe_hears_a_change_once_with_old_and_new() -> None:
    explorer, heard = HeadExplorer(num_heads=2), []
    explorer.observe(heard.append, names="num_heads")
    explorer.num_heads = 4
    explorer.num_heads = 4
    assert [(change.old, change.new) for change in heard] == [(2, 4)]


def test_interactive_output_shows_what_follows_from_a_linked_control(
    capsys: pytest.CaptureFixture[str],
) -> None:
    explorer, slider = HeadExplorer(num_heads=2), ipywidgets.IntSlider(2, min=1, max=16)
    ipywidgets.link((slider, "value"), (explorer, "num_heads"))
    ipywidgets.interactive_output(
        lambda heads: print(heads, tuple(explorer.trace.attn.shape)), {"heads": slider}
    )
    slider.value = 8
    assert "8 (1, 8, 8, 8)" in capsys.readouterr().out


@pytest.mark.parametrize("box", [ipywidgets.VBox, ipywidgets.HBox, ipywidgets.Tab, ipywidgets.Accordion])
def test_a_box_takes_every_widget_as_a_child(box: type[ipywidgets.Box]) -> None:
    made = [widget() for widget in CLASSES]
    children = box(children=made).get_state()["children"]
    assert children == [f"IPY_MODEL_{widget.model_id}" for widget in made]


def written(shown: ipywidgets.Widget) -> tuple[str, list[str]]:
    """What the book makes of a cell that shows this, and what its build says."""
    data = {kind: {"content": value} for kind, value in shown._repr_mimebundle_().items()}
    answer = {"output_type": "execute_result", "data": data, "metadata": {}}
    page = PageRenderer("page", "page.md", Path())
    return page.all([{"type": "output", "jupyter_data": answer}]), page.problems


@pytest.mark.parametrize("box", [ipywidgets.VBox, ipywidgets.HBox, ipywidgets.Tab, ipywidgets.Accordion])
def test_the_build_of_the_book_says_what_to_write_in_place_of_a_box(box: type[ipywidgets.Box]) -> None:
    html, problems = written(box([HeadExplorer(), HeadSum()]))
    assert html == ""
    assert len(problems) == 1
    for part in (f" {box.__name__} needs a kernel", "a cell for each widget in it", "tab-set", 'group="'):
        assert part in problems[0]


def test_the_build_of_the_book_says_that_another_widget_needs_a_kernel() -> None:
    _, problems = written(ipywidgets.IntSlider())
    assert "an IntSlider needs a kernel, and a page has none: show one of mha_lessons.widgets" in problems[0]


@pytest.mark.parametrize("widget", LAYERS)
def test_trace_gives_the_tensors_that_the_widget_shows(widget: type[Any]) -> None:
    options = {"gates": [0.5, 1, 0]} if widget is HeadSum else {}
    made = widget(text="she read the other book", num_heads=4, d_model=16, **options)
    trace, numbers = made.trace, made.numbers()
    seq = len(numbers["tokens"])
    assert trace.attn.shape == (1, 4, seq, seq)
    tensors = ("q", "k", "v", "scores", "attn", "z", "output")
    compared = [name for name in tensors if name in numbers and widget is not MaskPainter]
    for name in compared:
        torch.testing.assert_close(getattr(trace, name)[0].detach(), numbers[name], msg=name)
    if widget is MaskPainter:
        torch.testing.assert_close(trace.attn[0, numbers["head"]], numbers["after"])
    if widget is RankMeter:
        assert torch.linalg.matrix_rank(trace.scores[0].double(), atol=1e-4).tolist() == [4] * 4
    assert compared or widget in (MaskPainter, RankMeter)
    assert not trace.output.requires_grad


@pytest.mark.parametrize("widget", LAYERS)
def test_trace_of_settings_that_do_not_fit_says_so(widget: type[Any]) -> None:
    made = widget()
    made.num_heads = 5
    with pytest.raises(ValueError, match="cannot be split into 5 equal heads"):
        _ = made.trace


def test_trace_of_handed_in_tensors_is_the_one_handed_in_or_a_sentence() -> None:
    trace = MultiHeadAttention(12, 3).trace(torch.randn(1, 2, 12))
    explorer = HeadExplorer.from_trace(trace, ["a", "b"])
    assert explorer.trace is trace
    explorer.given = {}
    assert explorer.trace is not trace
    with pytest.raises(ValueError, match="only tensors were handed in"):
        _ = HeadExplorer.from_attentions(trace.attn, ["a", "b"]).trace


def test_save_writes_an_svg_with_every_head_and_word_that_needs_no_browser(tmp_path: Path) -> None:
    explorer = HeadExplorer(text="Anna saw <Ben> & me", num_heads=2)
    path = explorer.save(str(tmp_path / "new" / "fig.svg"))
    assert path == tmp_path / "new" / "fig.svg"
    drawn = ElementTree.parse(path).getroot()
    assert drawn.tag == f"{SVG}svg"
    words = [text.text for text in drawn.iter(f"{SVG}text")]
    assert {"head 0", "head 1", "Anna", "saw", "<", "Ben", ">", "&", "me"} == set(words)
    weights = explorer.trace.attn
    cells = [rect for rect in drawn.iter(f"{SVG}rect") if rect.get("fill-opacity")]
    assert len(cells) == int((weights >= 0.005).sum())
    assert "2 heads" in (drawn.findtext(f"{SVG}title") or "")
    assert drawn.find(f"{SVG}rect").get("fill") == "#fff", "black words need paper behind them"


@pytest.mark.parametrize("widget", CLASSES)
def test_every_widget_saves_as_html_and_as_svg_or_says_what_to_do(
    widget: type[LessonWidget], tmp_path: Path
) -> None:
    made = widget()
    page = made.save(tmp_path / "fig.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert made.still() in page
    if "<svg" in page:
        ElementTree.parse(made.save(tmp_path / "fig.svg"))
    else:
        with pytest.raises(ValueError, match=r"save it as fig\.html, or press Save SVG below the widget"):
            made.save(tmp_path / "fig.svg")
        assert [path.name for path in tmp_path.iterdir()] == ["fig.html"]


def test_save_refuses_another_ending_and_a_place_it_cannot_write(tmp_path: Path) -> None:
    explorer = HeadExplorer()
    with pytest.raises(ValueError, match=r"\.svg or \.html, got 'fig\.png'; Save PNG below the widget"):
        explorer.save(tmp_path / "fig.png")
    (tmp_path / "fig.svg").mkdir()
    with pytest.raises(LessonError, match=r"fig\.svg cannot be written"):
        explorer.save(tmp_path / "fig.svg")


def test_save_on_a_full_disk_leaves_the_old_picture_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer = HeadExplorer()
    before = explorer.save(tmp_path / "fig.svg").read_text()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files.os, "replace", full)
    explorer.num_heads = 2
    with pytest.raises(LessonError, match="no space left on device"):
        explorer.save(tmp_path / "fig.svg")
    assert (tmp_path / "fig.svg").read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["fig.svg"]


def test_several_views_are_of_one_model() -> None:
    explorer = HeadExplorer()
    shown = [explorer._repr_mimebundle_() for _ in range(2)]
    kinds = [data["application/vnd.jupyter.widget-view+json"]["model_id"] for data, _ in shown]
    assert kinds == [explorer.model_id] * 2


@pytest.mark.parametrize("widget", CLASSES)
def test_a_closed_widget_leaves_nothing_behind(widget: type[LessonWidget]) -> None:
    held = ipywidgets.widgets.widget._instances
    before = set(held)
    one, other = widget(group="closing"), widget(group="closing")
    ipywidgets.link((one, "engine"), (other, "engine")).unlink()
    made = set(held) - before
    assert {one.model_id, other.model_id} <= made
    gone = weakref.ref(one), weakref.ref(other)
    one.close()
    other.close()
    assert one.comm is None
    assert not made & set(held), "its layout is closed, too"
    del one, other
    gc.collect()
    assert [each() for each in gone] == [None, None]


def test_a_layout_that_others_may_use_stays_open() -> None:
    layout = ipywidgets.Layout()
    HeadExplorer(layout=layout).close()
    assert layout.comm is not None


def test_a_closed_widget_no_longer_follows_its_group() -> None:
    one, other = HeadExplorer(group="closing"), HeadExplorer(group="closing")
    other.close()
    one.text = "new words"
    assert other.text != "new words"


WORDS = ["a", "b", "c"]


def weights(**options: Any) -> torch.Tensor:
    return torch.rand(2, 3, 3, **options).softmax(-1)


GOOD: dict[str, Callable[[], Any]] = {
    "requiring grad": lambda: weights().requires_grad_(),
    "with a graph": lambda: torch.randn(2, 3, 3, requires_grad=True).softmax(-1),
    "float16": lambda: weights().half(),
    "bfloat16": lambda: weights().bfloat16(),
    "float64": lambda: weights().double(),
    "bool": lambda: torch.eye(3, dtype=torch.bool).expand(2, 3, 3),
    "not contiguous": lambda: torch.rand(3, 3, 2).softmax(1).permute(2, 0, 1),
    "sparse": lambda: weights().to_sparse(),
    "numpy": lambda: weights().numpy(),
    "a batch of one": lambda: weights()[None],
    "a list of layers": lambda: [weights(), weights()[None]],
    "a tuple of layers": lambda: (weights(),),
}


@pytest.mark.parametrize("kind", GOOD)
def test_weights_of_every_kind_are_shown_as_they_are(kind: str) -> None:
    attn = GOOD[kind]()
    shown = HeadExplorer.from_attentions(attn, WORDS).numbers()["attn"].view(2, 3, 3)
    wanted = torch.as_tensor(attn[0] if isinstance(attn, list | tuple) else attn).detach().float()
    torch.testing.assert_close(shown, (wanted.to_dense() if wanted.is_sparse else wanted).reshape(2, 3, 3))


BAD: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "meta": (
        lambda: weights(device="meta"),
        ValueError,
        "attn is on the device meta, which has shapes and no",
    ),
    "text": (lambda: "weights", TypeError, "attentions should be a tensor, or a list of them, got str"),
    "a dict": (lambda: {"a": 1}, TypeError, "attentions should be a tensor, or a list of them, got dict"),
    "None": (
        lambda: None,
        ValueError,
        "attentions are None: load the model with attn_implementation='eager'",
    ),
    "no layers": (list, ValueError, "attentions have no layer; give one or more, each [head, query, key]"),
    "no words": (lambda: torch.ones(2, 0, 0), ValueError, "should have a head and a word, got 2 heads and 0"),
    "no heads": (lambda: torch.ones(0, 3, 3), ValueError, "should have a head and a word, got 0 heads and 3"),
    "complex": (
        lambda: weights() + 0j,
        ValueError,
        "attn should hold weights from 0 to 1; got complex numbers",
    ),
    "NaN": (lambda: weights() * torch.nan, ValueError, "attn should hold weights from 0 to 1; got NaN"),
    "scores": (lambda: torch.randn(2, 3, 3) * 9, ValueError, "or other numbers (scores before the softmax?)"),
    "a batch": (lambda: torch.ones(2, 2, 3, 3) / 3, ValueError, "got [2, 2, 3, 3]; take one: attn[0]"),
    "cross": (lambda: torch.ones(2, 3, 4) / 4, ValueError, "should be [head, query, key] of one sequence"),
    "too many": (lambda: torch.zeros(2**19, 3, 3), ValueError, "weights are more than a page can draw"),
}


@pytest.mark.parametrize("kind", BAD)
def test_weights_that_cannot_be_shown_get_one_sentence(kind: str) -> None:
    make, error, sentence = BAD[kind]
    with pytest.raises(error, match=re.escape(sentence)):
        HeadExplorer.from_attentions(make(), WORDS)


@pytest.mark.parametrize(
    ("tokens", "error", "sentence"),
    [
        ("a b c", TypeError, "tokens should be a list of words, got one text; write ['a', 'b', 'c'] or"),
        (3, TypeError, "tokens should be a list of words, got int"),
        (["a"], ValueError, "tokens should name the 3 queries and 3 keys of attn, got 1 tokens"),
    ],
)
def test_tokens_that_do_not_fit_get_one_sentence(tokens: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=re.escape(sentence)):
        HeadExplorer.from_attentions(weights(), tokens)
    trace = MultiHeadAttention(6, 2).trace(torch.randn(1, 3, 6))
    with pytest.raises(error, match=re.escape(sentence)):
        HeadExplorer.from_trace(trace, tokens)


@pytest.mark.parametrize("layer", [2, -3, "0", None])
def test_a_layer_that_is_not_there_gets_one_sentence(layer: Any) -> None:
    with pytest.raises(ValueError, match=re.escape(f"attentions have layers 0 to 1, got layer={layer!r}")):
        HeadExplorer.from_attentions([weights(), weights()], WORDS, layer=layer)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_trace_of_any_precision_with_grad_and_strides_is_shown_as_it_is(dtype: torch.dtype) -> None:
    mha = MultiHeadAttention(8, 4, num_kv_heads=2, dtype=dtype)
    x = torch.randn(1, 8, 3, dtype=dtype, requires_grad=True).mT
    trace = mha.trace(x)
    assert trace.attn.requires_grad
    assert not x.is_contiguous()
    numbers = HeadExplorer.from_trace(trace, WORDS).numbers()
    for name in ("q", "attn", "output"):
        torch.testing.assert_close(numbers[name], getattr(trace, name)[0].detach().float().flatten())


def test_a_trace_that_cannot_be_shown_gets_one_sentence() -> None:
    mha = MultiHeadAttention(8, 2)
    with pytest.raises(
        TypeError, match=r"should be what MultiHeadAttention\.trace gives, got Tensor; .*from_att"
    ):
        HeadExplorer.from_trace(weights(), WORDS)
    with pytest.raises(ValueError, match="of one sequence, got a batch of 2; trace one alone"):
        HeadExplorer.from_trace(mha.trace(torch.randn(2, 3, 8)), WORDS)
    with pytest.raises(ValueError, match="words that look at each other, got 3 queries, 5 keys"):
        HeadExplorer.from_trace(mha.trace(torch.randn(1, 3, 8), torch.randn(1, 5, 8)), WORDS)
    nowhere = MultiHeadAttention(8, 2, device="meta").trace(torch.empty(1, 3, 8, device="meta"))
    with pytest.raises(ValueError, match="trace is on the device meta, which has shapes and no numbers"):
        HeadExplorer.from_trace(nowhere, WORDS)


def test_two_lines_show_any_nn_multiheadattention() -> None:
    theirs, x = torch.nn.MultiheadAttention(8, 2, batch_first=True), torch.randn(1, 3, 8)

    _, attn = theirs(x, x, x, average_attn_weights=False)
    weighed = HeadExplorer.from_attentions(attn, WORDS)

    ours = MultiHeadAttention.from_torch(theirs)
    traced = HeadExplorer.from_trace(ours.trace(x), WORDS)

    np.testing.assert_allclose(weighed.numbers()["attn"], traced.numbers()["attn"], atol=1e-6)


def test_two_lines_show_a_hugging_face_model_whatever_attention_it_was_loaded_with() -> None:
    sizes = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    eager = BertModel._from_config(BertConfig(vocab_size=9, **sizes), attn_implementation="eager").eval()
    ids = torch.tensor([[1, 2, 3]])

    output = eager(ids, output_attentions=True)
    shown = HeadExplorer.from_attentions(output, WORDS, layer=1)
    torch.testing.assert_close(shown.numbers()["attn"], output.attentions[1].detach().flatten())

    fast = BertModel(BertConfig(vocab_size=9, **sizes)).eval()
    with watch(fast) as seen:
        fast(ids)
    assert seen.show(1, WORDS).numbers()["tokens"] == WORDS
