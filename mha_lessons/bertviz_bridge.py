"""BertViz without a network: its head view and model view of any attention, as one page that stands alone.

BertViz fetches require.js, jQuery and d3 from a server elsewhere and writes its numbers twice, so it draws
nothing offline. Here its own code draws, with the libraries that this package carries; the numbers go in
once, rounded; and a view that would be too large says so before it is made.

Its third view, `bertviz.neuron_view`, works as before: only with the BERT, GPT-2 and RoBERTa classes that
BertViz brings along (`bertviz.transformers_neuron_view`), since it needs their queries and keys. Their
weights come from a hub. `HeadExplorer` shows the queries and keys of any `Trace`.

Source: Vig, "A Multiscale Visualization of Attention in the Transformer Model", ACL 2019 (bertviz 1.4).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mha_lessons.files import write_whole
from mha_lessons.problem import LessonError
from mha_lessons.widgets.attentions import layers_of, some_of, table_of, words
from mha_lessons.widgets.bundle import bundle

if TYPE_CHECKING:
    from torch import Tensor

LIBRARIES = ("jquery", "d3", "require")  # require last: it would not take the others without a name
MOST_MB = 10.0
HACK = "; // HACK: ", " is a template marker that is replaced by actual params."


@dataclass(frozen=True)
class BertVizView:
    """One view. A notebook shows it in a frame; `save` writes it as a page.

    Attributes:
        title: what it shows, in words.
        body: BertViz's markup and script with the numbers.
        height: of the drawing, in CSS pixels.
    """

    title: str
    body: str
    height: int

    @property
    def page(self) -> str:
        """The whole HTML page, libraries included."""
        scripts = {name: bundle(f"bertviz/{name}.js").read_text(encoding="utf-8") for name in LIBRARIES}
        libraries = "".join(
            f'<script data-library="{name}">{script}</script>\n' for name, script in scripts.items()
        )
        return (
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
            f"<title>{escape(self.title)}</title>\n"
            "<style>body { margin: 8px; background: #fff; color: #000 }</style>\n"
            f"{libraries}<script>define('jquery', [], () => jQuery); define('d3', [], () => d3)</script>\n"
            f"{self.body}\n</html>\n"
        )

    def save(self, path: str | Path) -> None:
        """Write the page to a file, whole or not at all; it opens without a network."""
        write_whole(Path(path), self.page)

    def _repr_html_(self) -> str:
        return (
            f'<iframe title="{escape(self.title)}" sandbox="allow-scripts" height="{self.height}" '
            f'style="width: 100%; border: 0" srcdoc="{escape(self.page)}"></iframe>'
        )


def head_view(attentions: Any, tokens: Sequence[str], **options: Any) -> BertVizView:
    """BertViz's head view: lines between words, one colour a head.

    Args:
        attentions: a `Trace` of one sequence; one layer, [head, query, key] or [1, head, query, key]; or a
            sequence of such, one a layer, as Hugging Face models give with `output_attentions=True`.
        tokens: a word for each position.
        options: `digits` (of each weight, 3), `most_mb` (how large a page may get, 10), and what
            `bertviz.head_view` takes: `layer`, `heads`, `include_layers`, `sentence_b_start`.

    Raises:
        LessonError: weights or tokens that do not fit, or a page above `most_mb` megabytes.

    >>> import torch
    >>> view = head_view(torch.eye(3).expand(2, 3, 3), ["the", "cat", "sat"])
    >>> "cdnjs" in view.page
    False
    """
    layers, texts = _layers(attentions), _words(tokens)
    height = 60 + round(22.5 * len(texts)) + 30
    return _view("head_view", layers, texts, max(height, 160), options)


def model_view(attentions: Any, tokens: Sequence[str], **options: Any) -> BertVizView:
    """BertViz's model view: all layers and heads as small pictures; a click enlarges one.

    The arguments are those of `head_view`; among the options are also `include_heads` and `display_mode`.
    """
    layers, texts = _layers(attentions), _words(tokens)
    rows = len(_chosen(layers, options))
    height = 80 + round(rows * (len(texts) * 84 / len(layers[0]) + 10))
    return _view("model_view", layers, texts, height, options)


def _view(
    name: str, layers: list[Tensor], texts: list[str], height: int, options: dict[str, Any]
) -> BertVizView:
    import torch

    digits, most_mb = options.pop("digits", 3), options.pop("most_mb", MOST_MB)
    heads, queries, keys = layers[0].shape
    if queries != len(texts):
        raise LessonError(
            f"tokens should name the {queries} queries and {keys} keys, got {len(texts)} tokens"
        )
    chosen = len(_chosen(layers, options))
    for option in ("heads", "include_heads"):
        if options.get(option):
            some_of(option, options[option], heads)
    size = chosen * layers[0].numel() * (digits + 4) / 1e6
    if size > most_mb:
        raise LessonError(
            f"{chosen} layers x {heads} heads x {len(texts)}² weights would make a page of about {size:.0f} "
            f"MB, above most_mb={most_mb:g}: choose include_layers, a shorter text, or RealHeads, "
            "which packs the same weights into a byte each"
        )
    import bertviz

    rounded = [layer.to(torch.float64).round(decimals=digits)[None] for layer in layers]
    try:
        drawn = getattr(bertviz, name)(rounded, texts, html_action="return", **options)
    except (IndexError, TypeError, ValueError) as error:
        raise LessonError(f"bertviz.{name} could not draw this: {error}") from error
    title = f"BertViz {name.replace('_', ' ')}, {chosen} layers of {heads} heads, {len(texts)} tokens"
    return BertVizView(title, _offline(drawn.data), height)


def _layers(attentions: Any) -> list[Tensor]:
    """The weights as a list of layers, each [head, query, key]."""
    try:
        layers = [table_of(layer) for layer in layers_of(attentions)]
    except (TypeError, ValueError) as error:
        raise LessonError(str(error)) from error
    shapes = sorted({tuple(layer.shape) for layer in layers})
    if len(shapes) > 1 or 0 in shapes[0]:
        raise LessonError(
            f"the layers should have equally many heads and tokens, and one or more, got {shapes}"
        )
    return layers


def _chosen(layers: list[Tensor], options: dict[str, Any]) -> list[int]:
    """The layers that go into the page."""
    asked = options.get("include_layers")
    return some_of("include_layers", asked, len(layers)) if asked else list(range(len(layers)))


def _words(tokens: Sequence[str]) -> list[str]:
    try:
        return words(tokens)
    except TypeError as error:
        raise LessonError(str(error)) from error


def _offline(html: str) -> str:
    """BertViz's markup without what it fetches, without the second copy, with no way out of its script."""
    html = re.sub(r'<script src="https://[^"]*"></script>', "", html)
    html = re.sub(r"require\.config\(\{.*?\}\s*\);", "", html, count=1, flags=re.DOTALL)
    start = html.index("const params = ") + len("const params = ")
    line = html[start : html.index("\n", start)]
    one = line[: (len(line) - sum(map(len, HACK))) // 2]
    if line != one + HACK[0] + one + HACK[1]:
        raise RuntimeError("this version of BertViz writes its numbers in another way; mha-lessons knows 1.4")
    return html[:start] + one.replace("</", "<\\/") + ";" + html[start + len(line) :]
