"""The same 12 x 12 heads in RealHeads, BertViz and CircuitsVis, each as a page that needs no network.

BertViz is what the package writes, with the three libraries it fetches from a server elsewhere read from
beside the page, and at a precision of three decimals, like a byte a weight. CircuitsVis carries its bundle.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from mha_lessons.widgets import RealHeads
from mha_lessons.widgets.bundle import STATIC
from tests.browser.widget_page import widget_page

LAYERS = HEADS = 12
DIGITS = 3
DRAWN = {
    "RealHeads": "document.querySelector('[data-widget][data-state=ready]')",
    "BertViz head view": "document.querySelector('#vis #attention line')",
    "BertViz model view": "document.querySelector('#vis line')",
    "CircuitsVis": "document.querySelectorAll('canvas[height]').length > 144",
}
"""What holds of the page once its first drawing is there."""


def random_attention(seq: int) -> tuple[Tensor, list[str]]:
    """Random weights [layer, head, query, key] and names of the tokens."""
    generator = torch.Generator().manual_seed(seq)
    scores = 2 * torch.randn(LAYERS, HEADS, seq, seq, generator=generator)
    return scores.softmax(-1), [f"token{i}" for i in range(seq)]


def errors(seq: int) -> dict[str, dict[str, float]]:
    """How far a page's weights are from those it was made of: root of the mean square, and the largest."""
    attn, tokens = random_attention(seq)
    packed = RealHeads.from_attentions(attn, tokens).packed
    kept = torch.stack([torch.from_numpy(packed.attn(layer)) for layer in packed.layers])
    gaps = {"three decimals": attn.double().round(decimals=DIGITS) - attn, "a byte": kept - attn}
    return {
        name: {"rms": float(gap.square().mean().sqrt()), "largest": float(gap.abs().max())}
        for name, gap in gaps.items()
    }


def pages(folder: Path, seq: int) -> dict[str, Path]:
    """Write every contender's page for texts of `seq` tokens."""
    attn, tokens = random_attention(seq)
    found = {"RealHeads": real_heads(folder, attn, tokens)}
    for view in ("head_view", "model_view"):
        name = f"BertViz {view.replace('_', ' ')}"
        found[name] = _write(folder / f"{view}.html", bertviz(view, attn, tokens))
    if find_spec("circuitsvis"):
        found["CircuitsVis"] = _write(folder / "circuitsvis.html", circuitsvis(attn, tokens))
    return found


def real_heads(folder: Path, attn: Tensor, tokens: list[str]) -> Path:
    """The widget as a page of the book has it, its weights in the page."""
    state = RealHeads.from_attentions(attn, tokens, layer=0, head=0).page_state()
    if "error" in state["given"]:
        raise RuntimeError(state["given"]["error"])
    widget_page(folder, "real_heads", state)
    return folder / "real_heads.html"


def bertviz(view: str, attn: Tensor, tokens: list[str], digits: int | None = DIGITS) -> str:
    """BertViz's own page; with `digits=None` its numbers are not rounded."""
    import bertviz as package

    layers = [
        layer[None] if digits is None else layer[None].double().round(decimals=digits) for layer in attn
    ]
    html: str = getattr(package, view)(layers, tokens, html_action="return").data
    # Its libraries from beside the page, in place of a server elsewhere.
    html = re.sub(r'<script src="https://[^"]*"></script>', "", html)
    html = re.sub(r"require\.config\(\{.*?\}\s*\);", "", html, count=1, flags=re.DOTALL)
    scripts = "".join(
        f'<script src="static/bertviz/{name}.js"></script>' for name in ("jquery", "d3", "require")
    )
    return scripts + "<script>define('jquery', [], () => jQuery); define('d3', [], () => d3)</script>" + html


def circuitsvis(attn: Tensor, tokens: list[str]) -> str:
    """All heads in CircuitsVis's picture of heads, with the bundle that the package carries."""
    from circuitsvis.attention import attention_heads

    rounded = attn.flatten(0, 1).double().round(decimals=DIGITS)
    names = [f"{layer}-{head}" for layer in range(LAYERS) for head in range(HEADS)]
    drawn = attention_heads(rounded, tokens, names, max_value=1, min_value=0)
    return str(drawn.local_src)


def _write(path: Path, body: str) -> Path:
    path.write_text(f'<!doctype html><html lang="en"><meta charset="utf-8">{body}', encoding="utf-8")
    return path


def page_bytes(page: Path) -> list[bytes]:
    """The page and every file it loads."""
    html = page.read_text(encoding="utf-8")
    files = re.findall(r'(?:src|href)="static/([^"]+)"', html[:3000])
    return [html.encode(), *((STATIC / name).read_bytes() for name in files)]
