"""The modules of the package, by what stands in them, and what checks their shapes."""

from pathlib import Path

from beartype import BeartypeConf, beartype

PACKAGE = Path(__file__).parents[1] / "mha_lessons"

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
"""Checks types and shapes as annotated; a float may be given as an int, as Python's own rules have it."""


def modules_with(text: str) -> list[str]:
    """Full names of the modules in whose source the text stands, in alphabetical order."""
    return [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for path in sorted(PACKAGE.rglob("*.py"))
        if text in path.read_text(encoding="utf-8")
    ]
