"""CostMeter: parameters, operations and cache of a stack of attention layers, beside one big head."""

from __future__ import annotations

from typing import Any

import traitlets

from mha_lessons.meter import meter
from mha_lessons.stack import Stack, check, of_model
from mha_lessons.units import bytes_text, count_text, flops_text, ratio_text
from mha_lessons.widgets.bundle import bundle
from mha_lessons.widgets.lesson_widget import LessonWidget
from mha_lessons.widgets.still import still_table

SIZES = ("d_model", "num_heads", "num_kv_heads", "d_head", "latent", "layers", "context", "bits", "bias")
TEXTS = {"cache": bytes_text, "attn": bytes_text, **dict.fromkeys(("projections", "scores", "z"), flops_text)}


class CostMeter(LessonWidget):
    """Move the sizes of an attention layer and see which of its costs change, and which do not.

    Example:
        >>> from mha_lessons.widgets import CostMeter
        >>> CostMeter(d_model=64, num_heads=16).meter["variants"][0]["parameters"]
        16640
        >>> CostMeter.of("Llama-3 8B", context=8192).num_kv_heads
        8

    Raises:
        ValueError: the sizes do not fit together; the sentence says which would.
    """

    _esm = bundle("cost_meter.js")
    _css = bundle("cost_meter.css")
    page_name = "cost_meter"
    asks = SIZES

    d_model = traitlets.Int(64, help="Width of a token vector.").tag(sync=True)
    num_heads = traitlets.Int(4, help="Number of attention heads.").tag(sync=True)
    num_kv_heads = traitlets.Int(
        None, allow_none=True, help="Number of key/value heads; None means one for each head (MHA), 1 is MQA."
    ).tag(sync=True)
    d_head = traitlets.Int(
        None, allow_none=True, help="Width of one head; None means d_model // num_heads."
    ).tag(sync=True)
    latent = traitlets.Bool(
        False, help="Whether one latent vector stands for the keys and values of all heads (MLA)."
    ).tag(sync=True)
    layers = traitlets.Int(1, help="Number of equal layers.").tag(sync=True)
    context = traitlets.Int(1024, help="Number of tokens that one more token looks at.").tag(sync=True)
    bits = traitlets.Int(16, help="Bits of a number in memory: 4, 8, 16 or 32.").tag(sync=True)
    bias = traitlets.Bool(True, help="Whether the projections add a bias.").tag(sync=True)

    @classmethod
    def of(cls, model: str, **traits: Any) -> CostMeter:
        """Start from the sizes of a well-known model, counted without biases.

        Args:
            model: a name in `mha_lessons.stack.models()`, such as "Llama-3 8B".
            traits: what to set otherwise, such as `context`.

        Raises:
            KeyError: no such model; the sentence lists those there are.
        """
        stack = of_model(model)
        return cls(**{**{name: getattr(stack, name) for name in SIZES}, **traits})

    @property
    def stack(self) -> Stack:
        """The settings as one value."""
        return Stack(**{name: getattr(self, name) for name in SIZES})

    @property
    def meter(self) -> dict[str, Any]:
        """Every number of the picture; see `mha_lessons.meter.meter`.

        Raises:
            ValueError: the sizes do not fit together; the sentence says which would.
        """
        return meter(self.stack)

    def fault(self) -> str | None:
        """Why the sizes do not fit together, or None."""
        return check(self.stack)

    def numbers(self) -> dict[str, Any]:
        """The numbers of the meter, by the cost model that the tests hold against torch."""
        return {**self.meter, "by": "mha_lessons.cost"}

    def still(self) -> str:
        """Two tables: one layer beside one big head, and the four ways to keep keys and values."""
        found = self.meter
        rows = []
        for name, (value, one) in found["parts"].items():
            if value or one:
                text = TEXTS.get(name, count_text)
                rows.append([name, text(value), text(one), ratio_text(value, one)])
        heads = f"{_many(found['num_heads'], 'head')} of {found['d_head']}, d_model = {found['d_model']}"
        beside = still_table(
            f"One layer: {heads}",
            ["part", "now", "one head", "now / one head"],
            rows,
            "Beside one head as wide as the layer; scores, z and attn at "
            f"{found['context']:,} tokens, {found['bits']} bits a number.",
        )
        variants = still_table(
            f"{_many(found['layers'], 'layer')}, {found['context']:,} tokens",
            ["keys and values", "parameters", "one more token", "cache a token", "cache in all"],
            [
                [
                    v["name"],
                    count_text(v["parameters"]),
                    flops_text(v["flops"]),
                    bytes_text(v["cache"]),
                    bytes_text(v["cache"] * found["context"]),
                ]
                for v in found["variants"]
            ],
            f"The settings are those of {found['own']}.",
        )
        return beside + variants


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
