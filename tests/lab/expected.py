"""What HeadExplorer should show, from plain torch operations: of the package it takes the inputs only."""

from __future__ import annotations

import numpy as np
import torch
from playwright.sync_api import Locator
from torch import Tensor

from mha_lessons.designed import designed_vectors, designed_weights
from mha_lessons.embed import embed_tokens
from mha_lessons.params import Params
from mha_lessons.tokens import tokenize
from mha_lessons.weights import random_weights
from tests.browser.explorer import PIXELS, PLACES, numbers

CLOSE = 0.5 * 10**-PLACES + 2e-5  # rounding in the table, and float32


def attention_by_hand(params: Params) -> dict[str, Tensor]:
    """q, k, v, scores, attn and z [head, ...], concat and output [query, ...] of the settings."""
    tokens = tokenize(params.text)
    seq, heads, d_head = len(tokens), params.num_heads, params.head_width
    if params.source == "designed":
        x = designed_vectors(tokens, params.d_model, params.seed)
        weights = designed_weights(params.d_model, heads, d_head, params.seed)
    else:
        x = embed_tokens(tokens, params.d_model, params.seed)
        weights = random_weights(params.d_model, heads * d_head, params.seed)
    vectors = torch.from_numpy(x).double()
    w_q, w_k, w_v, w_o = (torch.from_numpy(matrix).double() for matrix in weights)
    q, k, v = (
        torch.stack([(vectors @ matrix)[:, head * d_head : (head + 1) * d_head] for head in range(heads)])
        for matrix in (w_q, w_k, w_v)
    )
    scores = torch.einsum("hqd,hkd->hqk", q, k) / (d_head**0.5 * params.temperature)
    if params.causal:
        scores[:, torch.arange(seq)[:, None] < torch.arange(seq)[None, :]] = -torch.inf
    attn = torch.exp(scores) / torch.exp(scores).sum(-1, keepdim=True)
    z = torch.einsum("hqk,hkd->hqd", attn, v)
    concat = torch.cat(list(z), dim=-1)
    return {
        "q": q,
        "k": k,
        "v": v,
        "scores": scores,
        "attn": attn,
        "z": z,
        "concat": concat,
        "output": concat @ w_o,
    }


def wrong_numbers(widget: Locator, wanted: dict[str, Tensor], head: int) -> list[str]:
    """The open tables of the widget that differ from `wanted`, with by how much."""
    tables = {
        "attn of head": wanted["attn"][head],
        "scores of head": wanted["scores"][head],
        "q of head": wanted["q"][head],
        "k of head": wanted["k"][head],
        "v of head": wanted["v"][head],
        "z of all heads": wanted["concat"],
        "output": wanted["output"],
    }
    faults = []
    for caption, tensor in tables.items():
        got, want = numbers(widget, caption), tensor.numpy()
        if got.shape != want.shape:
            faults.append(f"{caption}: shape {got.shape}, not {want.shape}")
        elif not np.allclose(got, want, atol=CLOSE, rtol=2e-5):
            faults.append(f"{caption}: off by {np.nanmax(np.abs(got - want)):.3g}")
    return faults


def wrong_pictures(widget: Locator, attn: Tensor) -> list[str]:
    """The heads whose cells, in the light theme, are not the darker the larger the weight."""
    maps = widget.locator(".mha-heads > :not([hidden]) .mha-cells")
    if maps.count() != len(attn):
        return [f"{maps.count()} pictures, not {len(attn)}"]
    faults = []
    for head, weights in enumerate(attn.numpy()):
        pixels = np.array(maps.nth(head).evaluate(PIXELS)).reshape(-1, 4)
        if len(pixels) != weights.size:
            faults.append(f"head {head}: {len(pixels)} cells, not {weights.size}")
            continue
        lightness = np.where(
            pixels[:, 3] == 0, 255 * 3, pixels[:, :3].sum(axis=1)
        )  # a masked cell is see-through
        order = np.argsort(weights.ravel(), kind="stable")
        if (np.diff(lightness[order]) > 0).any() or lightness[order[0]] == lightness[order[-1]]:
            faults.append(f"head {head}: the picture is not that of its weights")
    return faults
