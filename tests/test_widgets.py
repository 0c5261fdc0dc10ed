"""The widgets as Python objects, and the trees that must mirror each other."""

from __future__ import annotations

import re
import subprocess
import sys
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from mha_lessons import MultiHeadAttention, widgets
from mha_lessons.widgets.lesson_widget import PAGE_MIME, LessonWidget
from mha_lessons.widgets.mask_painter import MaskPainter
from mha_lessons.widgets.still import still

ROOT = Path(__file__).parent.parent
CLASSES: list[type[LessonWidget]] = [getattr(widgets, name) for name in widgets.__all__]
COMMON = {"engine", "group", "shared"}


@pytest.mark.parametrize("widget", CLASSES)
def test_one_name_leads_to_the_python_module_the_typescript_folder_and_both_bundles(
    widget: type[LessonWidget],
) -> None:
    name = widget.page_name
    assert widget.__module__ == f"mha_lessons.widgets.{name}"
    assert widget.__name__ == "".join(part.title() for part in name.split("_"))
    for path in [
        f"widgets/{name}/index.ts",
        f"widgets/{name}/style.css",
        f"mha_lessons/static/{name}.js",
        f"mha_lessons/static/{name}.css",
        f"mha_lessons/static/page/{name}.js",
    ]:
        assert (ROOT / path).exists(), path


def test_every_folder_of_the_front_end_that_is_a_widget_has_a_python_class() -> None:
    folders = {path.parent.name for path in (ROOT / "widgets").glob("*/index.ts")} - {
        "core",
        "draw",
        "frame",
        "host",
    }
    assert folders == {widget.page_name for widget in CLASSES}


@pytest.mark.parametrize("widget", CLASSES)
def test_the_traits_are_the_same_on_both_sides(widget: type[LessonWidget]) -> None:
    source = (ROOT / f"widgets/{widget.page_name}/index.ts").read_text()
    block = re.search(r"\n  traits: \{\n(.*?)\n  \},", source, re.DOTALL)
    assert block, "index.ts lists the traits"
    assert set(re.findall(r"^    (\w+): ", block[1], re.MULTILINE)) == set(widget().page_state()) - COMMON
    fixed = set(re.findall(r'^    (\w+): (?:\{ kind: "fixed" \}|FIXED),', block[1], re.MULTILINE))
    assert fixed == set(widget.class_traits(fixed=True)) - COMMON, "what no link may set"
    asks = re.search(r"\n  asks: \[(.*?)\],", source, re.DOTALL)
    assert asks, "index.ts lists the traits that the numbers depend on"
    assert set(re.findall(r'"(\w+)"', asks[1])) == set(widget.asks)


@pytest.mark.parametrize("widget", CLASSES)
def test_every_public_trait_says_what_it_is(widget: type[LessonWidget]) -> None:
    made = widget()
    for name in made.page_state():
        assert made.traits()[name].help, name


@pytest.mark.parametrize("widget", CLASSES)
def test_the_defaults_are_the_state_of_a_new_widget(widget: type[LessonWidget]) -> None:
    made = widget()
    assert widget.defaults() == made.page_state()
    for value in widget.defaults().values():
        if isinstance(value, list):
            value.append("another")
    assert widget.defaults() == made.page_state(), "nobody else's list"


@pytest.mark.parametrize("widget", CLASSES)
def test_a_cell_has_two_lives(widget: type[LessonWidget]) -> None:
    made = widget()
    data, _metadata = made._repr_mimebundle_() or ({}, {})
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == made.model_id
    assert data[PAGE_MIME] == {"widget": widget.page_name, "state": made.page_state()}
    assert "<script" not in data["text/html"]


def test_a_wrong_start_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"d_model = 64 cannot be split into 3 equal heads\. Try 2 or 4\."):
        widgets.HeadExplorer(num_heads=3)
    with pytest.raises(TypeError, match=r"HeadExplorer has no trait 'heads'; it has causal, "):
        widgets.HeadExplorer(heads=3)


def test_a_wrong_setting_later_is_answered_with_a_sentence_and_a_right_one_with_numbers() -> None:
    explorer = widgets.HeadExplorer()
    explorer.num_heads = 3
    assert explorer._answer["error"].startswith("d_model = 64 cannot be split into 3 equal heads.")
    explorer.num_heads = 2
    assert explorer._answer["num_heads"] == 2


def test_the_answer_holds_the_numbers_of_the_trace() -> None:
    explorer = widgets.HeadExplorer(
        text="one two three", num_heads=2, d_model=16, causal=True, source="random"
    )
    answer = explorer._answer
    flat = np.frombuffer(answer["data"], dtype=np.float32)
    start = 0
    for name, length in answer["fields"]:
        wanted = getattr(explorer.trace, name)[0].detach().numpy().reshape(-1)
        np.testing.assert_array_equal(flat[start : start + length], wanted, err_msg=name)
        start += length
    assert start == len(flat)
    assert answer["by"] == f"torch {torch.__version__.split('+')[0]}"


def test_several_traits_set_together_are_answered_once() -> None:
    explorer = widgets.HeadExplorer()
    answers = []
    explorer.observe(answers.append, names="_answer")
    explorer.set_state({"text": "a b", "num_heads": 2, "_request": 1})
    assert len(answers) == 1
    assert answers[0].new["request"] == 1


def test_widgets_of_a_group_keep_what_they_share_and_nothing_else() -> None:
    one = widgets.HeadExplorer(num_heads=1, group="pair")
    many = widgets.HeadExplorer(num_heads=8, group="pair")
    alone = widgets.HeadExplorer(group="other")
    one.text = "a b c"
    one.num_heads = 2
    assert (many.text, many.num_heads) == ("a b c", 8)
    assert alone.text != "a b c"


def test_a_widget_joins_and_leaves_a_group_whenever_its_group_is_set() -> None:
    one, two = widgets.HeadExplorer(group="first"), widgets.HeadExplorer()
    two.group = "first"
    one.text = "a b"
    assert two.text == "a b"
    one.group = "second"
    one.text = "c d e"
    assert two.text == "a b"


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("HeadExplorer", {"num_heads": 3}),
        ("CostMeter", {"num_heads": 3}),
        ("RankMeter", {"text": ""}),
        ("HeadPruner", {"by_hand": [99], "order": "hand"}),
        ("HeadTrainer", {"k": 99}),
    ],
)
def test_a_widget_whose_settings_do_not_fit_is_shown_with_the_sentence_that_says_so(
    name: str, change: dict[str, Any], tmp_path: Path
) -> None:
    widget = getattr(widgets, name)()
    for trait, value in change.items():
        setattr(widget, trait, value)
    sentence = widget.fault()
    data, _ = widget._repr_mimebundle_()
    assert data["text/html"] == f"<p>{escape(sentence)}</p>"
    assert "application/vnd.jupyter.widget-view+json" in data
    with pytest.raises(ValueError, match=re.escape(sentence)):
        widget.save(tmp_path / "still.html")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_bundle_says_how_to_build_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from mha_lessons.widgets import bundle

    monkeypatch.setattr(bundle, "STATIC", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"head_explorer\.js is not built; run `make setup`"):
        bundle.bundle("head_explorer.js")


def test_naming_the_widgets_needs_no_torch() -> None:
    check = (
        "import sys; from mha_lessons.widgets import HeadExplorer; HeadExplorer(engine='page'); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


class Collected(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.opacities: list[float] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if (opacity := dict(attrs).get("fill-opacity")) is not None:
            self.opacities.append(float(opacity))


def test_the_still_draws_every_weight_and_escapes_the_words() -> None:
    attn = np.array([[[0.25, 0.75], [0.0, 1.0]]])
    html = still("A <title>", ["<b>", "x"], attn)
    seen = Collected()
    seen.feed(html)
    assert seen.opacities == [0.25, 0.75, 1.0]
    assert "b" not in seen.tags
    assert "&lt;b&gt;" in html
    assert "x 0.75" in html


def test_a_long_sentence_is_cut_in_the_still_and_the_still_says_so() -> None:
    attn = np.full((1, 40, 40), 1 / 40)
    assert "(the first 24 of 40 words)" in still("Long", ["w"] * 40, attn)


def test_a_token_that_no_svg_may_hold_is_drawn_as_a_sign_for_it(tmp_path: Path) -> None:
    tokens = ["\x00", "\x1b[0m", "\ud83d"]  # such as byte-level tokenizers have
    explorer = widgets.HeadExplorer.from_attentions(torch.eye(3)[None], tokens)
    drawn = ElementTree.parse(explorer.save(tmp_path / "still.svg"))
    texts = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert sorted(set(texts)) == ["head 0", "\ufffd", "\ufffd[0m"]


def test_a_trace_handed_in_is_shown_as_it_is() -> None:
    trace = MultiHeadAttention(12, 3, num_kv_heads=1).trace(torch.randn(1, 2, 12))
    explorer = widgets.HeadExplorer.from_trace(trace, ["hello", "world"])
    numbers = explorer.numbers()
    assert (numbers["tokens"], numbers["num_heads"], numbers["d_head"]) == (["hello", "world"], 3, 4)
    for name in ("q", "scores", "attn", "z", "output"):
        torch.testing.assert_close(numbers[name], getattr(trace, name)[0].detach().reshape(-1))
    torch.testing.assert_close(numbers["k"], trace.k[0].detach().expand(3, 2, 4).reshape(-1))
    assert explorer._answer["made"] == "tensors handed in"


WEIGHTS = torch.full((2, 3, 3), 1 / 3)


@pytest.mark.parametrize(
    ("attentions", "tokens", "layer", "sentence"),
    [
        (WEIGHTS, ["a", "b"], 0, "tokens should name the 3 queries and 3 keys of attn, got 2 tokens"),
        (WEIGHTS[0], ["a", "b", "c"], 0, "attn should be [head, query, key] of one sequence, got [3, 3]"),
        ([WEIGHTS], ["a", "b", "c"], 1, "attentions have layers 0 to 0, got layer=1"),
        ([None], ["a", "b", "c"], 0, "attentions are None: load the model with attn_implementation='eager'"),
        (WEIGHTS * torch.nan, ["a", "b", "c"], 0, "attn should hold weights from 0 to 1; got NaN"),
    ],
)
def test_attentions_that_do_not_fit_are_refused(
    attentions: object, tokens: list[str], layer: int, sentence: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        widgets.HeadExplorer.from_attentions(attentions, tokens, layer=layer)


def test_what_the_mask_does_is_called_before_and_after_in_the_still() -> None:
    html = MaskPainter(text="a b c", num_heads=2).still()
    assert '<th scope="col">before</th><th scope="col">after</th>' in html
    assert "head 0" not in html, "both pictures are of one head"
