"""The explorer under test, and what it should show."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator
from torch import Tensor

from mha_lessons.params import Params
from tests.lab.expected import attention_by_hand, wrong_numbers, wrong_pictures
from tests.lab.notebook import Notebook, until

START = Params("Anna told Bob that she lost his keys", num_heads=4, d_model=64, seed=3, source="random")
LATEST = "next(w for w in reversed(list(Out.values())) if isinstance(w, HeadExplorer))"
"""In the kernel: the explorer that a cell showed last."""


def explorer_call(params: Params) -> str:
    """The cell that makes this explorer."""
    return f"HeadExplorer({', '.join(f'{name}={value!r}' for name, value in vars(params).items())})"


def set_from_python(name: str, params: Params) -> str:
    """Statements that set the traits of the explorer `name` together."""
    return (
        f"with {name}.hold_trait_notifications():\n"
        f"    for trait, value in {vars(params)!r}.items():\n"
        f"        setattr({name}, trait, value)\n"
    )


def shows(lesson: Notebook, widget: Locator, params: Params, wanted: dict[str, Tensor] | None = None) -> None:
    """Wait until picture, tables and slider are those of `params`, by plain torch operations."""
    expected = attention_by_hand(params) if wanted is None else wanted

    def faults() -> list[str]:
        slider = widget.locator("[name=num_heads]").input_value()
        head = min(
            int(widget.locator(".mha-tile[aria-pressed=true]").get_attribute("value") or 0),
            params.num_heads - 1,
        )
        return [
            *([f"the slider says {slider} heads"] if slider != str(params.num_heads) else []),
            *wrong_pictures(widget, expected["attn"]),
            *wrong_numbers(widget, expected, head),
        ]

    seen: list[str] = []

    def right() -> bool:
        seen[:] = faults()
        return not seen

    try:
        until(lesson.page, right, "the explorer")
    except AssertionError:
        pytest.fail(f"the explorer does not show {params}: {'; '.join(seen)}")
