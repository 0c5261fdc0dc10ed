"""A widget's still picture as a file."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from mha_lessons.files import write_whole

PAPER = (
    '<rect width="100%" height="100%" fill="#fff"/>'  # the words are black, whatever lies behind the picture
)
STYLE = (
    "body { font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem; color: #000; background: #fff }"
    "table { border-collapse: collapse } th, td { padding: 0.15rem 0.6rem; text-align: left }"
)


def save_picture(path: Path, html: str, title: str) -> None:
    """Write a still: as SVG the picture alone, as HTML the picture, its caption and its table.

    Args:
        path: ends in .svg or .html.
        html: the still.
        title: of the HTML page.

    Raises:
        ValueError: another ending, or SVG of a still that is a table.
        LessonError: the place cannot be written; what was there before is still there.
    """
    kind = path.suffix.lower()
    if kind not in (".svg", ".html"):
        raise ValueError(
            f"a picture is saved as .svg or .html, got {path.name!r}; Save PNG below the widget makes a PNG"
        )
    write_whole(path, _page(html, title) if kind == ".html" else _svg(path, html))


def _page(html: str, title: str) -> str:
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{html}</body></html>\n'


def _svg(path: Path, html: str) -> str:
    found = re.findall(r"<svg\b.*?</svg>", html, re.DOTALL)
    if len(found) != 1:
        raise ValueError(
            f"this widget's still has {len(found) or 'no'} pictures and its tables: save it as "
            f"{path.with_suffix('.html').name}, or press Save SVG below the widget"
        )
    return str(found[0]).replace("</title>", f"</title>{PAPER}", 1) + "\n"
