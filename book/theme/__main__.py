"""What Jupyter Book's own `jupyter book build --html` calls (`build.render` in template.yml)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from book.theme.site import build
from mha_lessons.notebooks import notebooks


def main() -> int:
    """Draw `_build/site` of the book into `BUILD_DIRECTORY`; problems go to the error stream."""
    out = Path(os.environ["BUILD_DIRECTORY"])
    site = build(out.parent / "site", out, notebooks(out.parents[1]))
    for problem in site.problems:
        print(problem, file=sys.stderr)
    return 1 if site.problems else 0


if __name__ == "__main__":
    sys.exit(main())
