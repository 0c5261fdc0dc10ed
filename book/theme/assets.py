"""Copies what pages load: styles, fonts, widget bundles. All of it lies beside the pages."""

from __future__ import annotations

import shutil
from pathlib import Path

THEME = Path(__file__).parent
BUNDLES = THEME.parents[1] / "mha_lessons" / "static"


def copy_assets(out: Path, widgets: set[str], libraries: set[str], problems: list[str]) -> None:
    """Fill the site's `_static` folder; a bundle that is missing is named in `problems`.

    Args:
        out: the folder `_static`.
        widgets: the widgets that the pages use.
        libraries: what pages in frames load, relative to `mha_lessons/static`.
        problems: takes one line for each missing bundle.
    """
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy2(THEME / "css" / "icon.svg", out / "icon.svg")
    for name in ["katex/katex.min.css", *_bundles(widgets), *sorted(libraries)]:
        if not (BUNDLES / name).is_file():
            problems.append(f"mha_lessons/static/{name} is missing: build the widgets first (make widgets)")
            continue
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(BUNDLES / name, out / name)
    if (BUNDLES / "licences").is_dir():
        shutil.copytree(BUNDLES / "licences", out / "licences", dirs_exist_ok=True)
    if "real_heads" in widgets:  # a script a sentence, each loaded when a reader chooses it
        shutil.copytree(BUNDLES / "sentences", out / "sentences", dirs_exist_ok=True)
    if "head_pruner" in widgets:  # a script a trained model, likewise
        shutil.copytree(BUNDLES / "readers", out / "readers", dirs_exist_ok=True)
    fonts = BUNDLES / "katex" / "fonts"
    if fonts.is_dir():
        only_woff2 = shutil.ignore_patterns("*.ttf", "*.woff")
        shutil.copytree(fonts, out / "katex" / "fonts", dirs_exist_ok=True, ignore=only_woff2)


def _bundles(widgets: set[str]) -> list[str]:
    if not widgets:
        return []
    scripts = ["page/host.js", *(f"page/{name}.js" for name in sorted(widgets))]
    later = [path.name for name in widgets for path in (BUNDLES / "page").glob(f"{name}.*.js")]
    return scripts + [f"page/{name}" for name in sorted(later)] + [f"{name}.css" for name in sorted(widgets)]
