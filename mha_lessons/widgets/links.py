"""The address of a widget's state on a page of the book. Twin of toFragment in widgets/frame/traits.ts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from mha_lessons.widgets.lesson_widget import LessonWidget


def fragment(widget: LessonWidget, number: int = 1) -> str:
    """What follows the page's name in a link that opens it with this state.

    Args:
        widget: the state; only what differs from a new widget goes into the link, and nothing that only the
            author of a page may set.
        number: which widget of its kind on the page is meant, counted from 1.

    >>> from mha_lessons.widgets import HeadExplorer
    >>> fragment(HeadExplorer(num_heads=8, causal=True, engine="page"))
    '#head_explorer-1?causal=yes&num_heads=8'
    """
    usual, fixed = widget.defaults(), widget.traits(fixed=True)
    changed = {
        name: _write(value)
        for name, value in widget.page_state().items()
        if name not in fixed and value != usual[name]
    }
    return f"#{widget.page_name}-{number}?{urlencode(changed)}"


def _write(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
