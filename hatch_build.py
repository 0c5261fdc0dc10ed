"""Takes the built book into the wheel; an editable installation reads the book of the checkout."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuiltBook(BuildHookInterface):
    """Adds `book/_build/html`, with the notebooks in its `_downloads`, as `mha_lessons/static/book`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Stop where something is not built: a wheel without it would install and then not work."""
        if version == "editable":
            return
        root = Path(self.root)
        site, widgets = root / "book" / "_build" / "html", root / "mha_lessons" / "static" / "page"
        for made in (site / "index.html", widgets / "host.js"):
            if not made.is_file():
                raise RuntimeError(
                    f"{made.relative_to(root)} is not built: run `make wheel`, which builds all in order"
                )
        if self.target_name == "wheel":
            build_data["force_include"][str(site)] = "mha_lessons/static/book"
