"""The code that each widget puts on the clipboard prints the numbers that it shows, over random states."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator

from tests.browser.conftest import Watched
from tests.browser.explorer import numbers, show_numbers
from tests.browser.widget_page import copied, open_widget, said_by, table
from tests.parity.heads import tensors

STATES = 3
"""Of each widget; the parity tests run the code of many more, without a browser."""
CLOSE = 0.0011
"""Both sides are rounded to three decimals."""
WORDS = ["we", "saw", "her", "two", "ducks,", "and", "Bob's", "élan", "猫", "left"]
Traits = dict[str, Any]


def layer(rng: random.Random, **own: Any) -> Traits:
    num_heads = rng.choice([1, 2, 3, 4])
    return {
        "text": " ".join(rng.choices(WORDS, k=rng.randint(2, 7))),
        "num_heads": num_heads,
        "d_model": num_heads * rng.choice([6, 8, 12]),
        "seed": rng.randrange(2**32),
        "source": "random",
        **own,
    }


def head_explorer(rng: random.Random) -> Traits:
    own = {"d_head": rng.choice([None, 3, 5]), "temperature": rng.choice([0.5, 1.0, 2.5])}
    source = rng.choice(["random", "designed"])
    return layer(rng, **own, causal=rng.random() < 0.5, head=0, d_model=24, source=source)


def head_sum(rng: random.Random) -> Traits:
    traits = layer(rng, causal=rng.random() < 0.5, query=0)
    return traits | {"gates": [rng.choice([0, 0.5, 1, 2, -1.5]) for _ in range(traits["num_heads"])]}


def split_or_project(rng: random.Random) -> Traits:
    traits = layer(rng, causal=rng.random() < 0.5, matrix=rng.choice("qkv"))
    del traits["source"]
    return traits


def mask_painter(rng: random.Random) -> Traits:
    preset = rng.choice(["causal", "padding", "window", "prefix", "block"])
    return layer(rng, preset=preset, size=rng.randint(1, 3), head=0)


def rank_meter(rng: random.Random) -> Traits:
    return layer(rng, head=0)


def cost_meter(rng: random.Random) -> Traits:
    num_heads = rng.choice([2, 4, 8])
    return {
        "d_model": num_heads * rng.choice([8, 16]),
        "num_heads": num_heads,
        "num_kv_heads": rng.choice([1, 2]),
        "layers": rng.randint(1, 9),
        "context": 2 ** rng.randint(3, 12),
        "bias": rng.random() < 0.5,
    }


def shows_arrays(said: str, widget: Locator, traits: Traits) -> None:
    """Every array that is printed stands in a table, under the same name or the one given here."""
    matrix = str(traits.get("matrix", "")).upper()
    other_names = {
        "projected": f"{matrix} = x W",
        "sliced": f"{matrix}, a small",
        "cut_first": f"{matrix}, if x were cut",
        "change, relative, angle in degrees, a row a word": "How far each word",
        "what each head adds at word 0": "What each head adds",
        **{name: f"{name}: " for name in ("before", "after", "plain", "wrong", "z")},
    }
    found = tensors(said)
    compared = 0
    for name, values in found.items():
        caption = other_names.get(name, name)
        if values.ndim == 3:  # of all heads; the tables show one each
            caption, values = f"{name} of head 0", values[0]
        if not widget.locator(".mha-numbers table").filter(has_text=caption).count():
            continue  # a row of a table that is compared as a whole
        shown = numbers(widget, caption)
        close = 0.02 if caption.startswith("How far") else CLOSE  # angles of tiny changes
        np.testing.assert_allclose(values, shown[: len(values)], atol=close, err_msg=name)
        compared += 1
    assert compared >= 2, f"too little to compare: {sorted(found)}"


def shows_ranks(said: str, widget: Locator, traits: Traits) -> None:
    *heads, total = table(widget, "rank of")
    assert f"scores ranks {[int(row[0]) for row in heads]}\n" in said
    assert f"attn ranks {[int(row[1]) for row in heads]}\n" in said
    assert f"sum ranks [{total[0]}]\n" in said


def shows_costs(said: str, widget: Locator, traits: Traits) -> None:
    rows = [[float(cell.replace(",", "")) for cell in row[1:]] for row in table(widget, "All ")]
    words = [line.split() for line in said.splitlines()[: len(rows)]]
    assert [[float(line[at]) for at in (1, 3, 7, 11)] for line in words] == rows


WIDGETS: dict[str, tuple[Callable[[random.Random], Traits], Callable[[str, Locator, Traits], None]]] = {
    "head_explorer": (head_explorer, shows_arrays),
    "head_sum": (head_sum, shows_arrays),
    "split_or_project": (split_or_project, shows_arrays),
    "mask_painter": (mask_painter, shows_arrays),
    "rank_meter": (rank_meter, shows_ranks),
    "cost_meter": (cost_meter, shows_costs),
}


@pytest.mark.parametrize("name", WIDGETS)
def test_the_copied_code_prints_the_numbers_shown_in_random_states(
    watched: Watched, tmp_path: Path, name: str
) -> None:
    make, compare = WIDGETS[name]
    rng = random.Random(name)
    states = [make(rng) for _ in range(STATES)]
    widgets, codes = [], []
    for number, traits in enumerate(states):
        folder = tmp_path / str(number)
        folder.mkdir()
        page, widget = open_widget(watched, folder, name, **traits)
        show_numbers(widget)
        codes.append(copied(page, widget, "copy-code"))
        widgets.append(widget)
    for said, widget, traits in zip(said_by(codes), widgets, states, strict=True):
        compare(said, widget, traits)
