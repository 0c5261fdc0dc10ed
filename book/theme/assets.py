"""Copies what pages load: styles, fonts, widget bundles. All of it lies beside the pages."""

from __future__ import annotations

import shutil
from pathlib import Path

THEME = Path(__file__).parent
BUNDLES = THEME.parents[1] / "mha_lessons" / "static"
LATER = {"real_heads": "sentences", "head_pruner": "readers"}
"""Folders of scripts that a widget loads one by one, when a reader chooses what is in it."""


def copy_assets(out: Path, widgets: set[str], problems: list[str]) -> None:
    """Fill the site's `_static` folder; a bundle that is missing is named in `problems`.

    Args:
        out: the folder `_static`.
        widgets: the widgets that the pages use.
        problems: takes one line for each missing bundle.
    """
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy2(THEME / "css" / "icon.svg", out / "icon.svg")
    for name in ["katex/katex.min.css", *_bundles(widgets)]:
        if not (BUNDLES / name).is_file():
            problems.append(f"mha_lessons/static/{name} is missing: build the widgets first (make widgets)")
            continue
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(BUNDLES / name, out / name)
    if (BUNDLES / "licences").is_dir():
        shutil.copytree(BUNDLES / "licences", out / "licences", dirs_exist_ok=True)
    for widget in sorted(widgets & LATER.keys()):
        shutil.copytree(BUNDLES / LATER[widget], out / LATER[widget], dirs_exist_ok=True)
    fonts = BUNDLES / "katex" / "fonts"
    if fonts.is_dir():
        only_woff2 = shutil.ignore_patterns("*.ttf", "*.woff")
        shutil.copytree(fonts, out / "katex" / "fonts", dirs_exist_ok=True, ignore=only_woff2)


def _bundles(widgets: set[str]) -> list[str]:
    if not widgets:
        return []
    both = [f"page/{name}.{kind}" for name in ["host", *sorted(widgets)] for kind in ("js", "css")]
    later = [path.name for name in widgets for path in (BUNDLES / "page").glob(f"{name}.*.js")]
    return both + [f"page/{name}" for name in sorted(later)]
