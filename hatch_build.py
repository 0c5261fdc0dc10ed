"""Takes the built book into the wheel and leaves the answers out; an editable installation needs neither."""

import runpy
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = "mha_lessons/exercises/sources"


class Shipped(BuildHookInterface):
    """What the wheel carries besides the package as it stands.

    `book/_build/html`, with the notebooks in its `_downloads`, becomes `mha_lessons/static/book`. The
    exercises' sources go without their answers, which are a wheel of their own (`classroom/answers`).
    """

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
            build_data["force_include"][self._for_students(root)] = SOURCES

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Put away what was cut for this build."""
        if hasattr(self, "_cut"):
            self._cut.cleanup()

    def _for_students(self, root: Path) -> str:
        """A folder with the exercises' sources as students get them."""
        cut = runpy.run_path(str(root / "mha_lessons" / "exercises" / "cut.py"))["for_students"]
        self._cut = tempfile.TemporaryDirectory()
        for source in sorted((root / SOURCES).glob("*.md")):
            text = cut(source.read_text(encoding="utf-8"))
            (Path(self._cut.name) / source.name).write_text(text, encoding="utf-8")
        return self._cut.name
