"""Bundles the page scripts and styles with esbuild: classic scripts, since file:// blocks modules."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

THEME = Path(__file__).parent
ESBUILD = THEME.parents[1] / "widgets" / "node_modules" / ".bin" / "esbuild"
ENTRIES = ("page/early.ts", "page/book.ts", "page/search.ts", "css/book.css")


def bundle_scripts(out: Path, problems: list[str]) -> None:
    """Write `early.js`, `book.js`, `search.js` and `book.css` into `out`; what is wrong goes to `problems`."""
    if not ESBUILD.exists():
        problems.append("esbuild is missing in widgets/node_modules: run `make setup`")
        return
    command = [
        str(ESBUILD),
        *(str(THEME / entry) for entry in ENTRIES),
        f"--outdir={out}",
        "--entry-names=[name]",
    ]
    options = [
        "--bundle",
        "--minify",
        "--format=iife",
        "--target=es2022",
        "--log-level=warning",
        "--legal-comments=none",
    ]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])  # for node
    result = subprocess.run(
        [*command, *options], capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    if result.returncode or result.stderr.strip():
        problems.append(f"the page scripts could not be bundled:\n{result.stderr.strip()}")
