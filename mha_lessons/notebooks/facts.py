"""Figures and citations of the book in words: facts.yml and references.bib."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pybtex.database import parse_file
from pybtex.exceptions import PybtexError
from pybtex.richtext import Text

from mha_lessons.notebooks.problem import ChapterError, NotebookError

SECOND_HAND = "second-hand: reported by others, not checked in the source"


@dataclass(frozen=True)
class Fact:
    """One figure of facts.yml, whose form `book/facts.py` holds to."""

    value: str
    unit: str
    source: str
    where: str
    read: str

    @property
    def shown(self) -> str:
        """Value and unit as prose has them."""
        return f"{self.value}\N{NO-BREAK SPACE}{self.unit}" if self.unit else self.value


@dataclass(frozen=True)
class Reference:
    """One entry of the bibliography: who says it in a text, when, where to read it, and the whole entry."""

    authors: str
    year: str
    url: str
    entry: str


def read_facts(file: Path) -> dict[str, Fact]:
    """The facts by `group.name`; a book without the file has none."""
    if not file.is_file():
        return {}
    facts: dict[str, Fact] = {}
    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # five times as fast
        groups = yaml.load(file.read_text(encoding="utf-8"), Loader=loader) or {}
        for name, group in groups.items():
            for own, entry in group["facts"].items():
                both = {**group, **entry}
                facts[f"{name}.{own}"] = Fact(
                    both["value"], both.get("unit", ""), both["source"], both["where"], both["read"]
                )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise NotebookError(
            f"{file.name} cannot be read ({error}): `python -m book.facts` says more."
        ) from error
    return facts


def read_references(file: Path) -> dict[str, Reference]:
    """The bibliography by key; a book without the file has none."""
    if not file.is_file():
        return {}
    try:
        found = parse_file(str(file), "bibtex").entries
    except PybtexError as error:
        raise NotebookError(f"{file.name} cannot be read: {error}") from error
    return {key: _reference(entry) for key, entry in found.items()}


def cited(references: dict[str, Reference], key: str) -> Reference:
    """The entry of a key.

    Raises:
        ChapterError: there is none.
    """
    if key not in references:
        raise ChapterError(f"references.bib has no entry {key!r}: correct the key or add the entry")
    return references[key]


def _reference(entry: Any) -> Reference:
    """An entry of pybtex: 'Shazeer', 'Jain & Wallace', 'Vaswani et al.' are how texts name its authors."""
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    last = [_plain(" ".join([*p.prelast_names, *p.last_names])) for p in people]
    if len(last) > 2:
        authors = f"{last[0]} et al."
    else:
        authors = " & ".join(last) or _field(entry, "organization") or _field(entry, "title")
    full = [
        f"{name}, {given}" if given else name
        for name, given in zip(
            last, (_plain(" ".join([*p.first_names, *p.middle_names])) for p in people), strict=True
        )
    ]
    year = _field(entry, "year")
    doi = _field(entry, "doi")
    url = _field(entry, "url") or (f"https://doi.org/{doi}" if doi else "")
    place = next(
        (_field(entry, key) for key in ("booktitle", "journal", "howpublished") if key in entry.fields), ""
    )
    title = _field(entry, "title")
    parts = [f"{'; '.join(full) or authors} ({year}).", f"*{title}*" + ("" if title.endswith("?") else ".")]
    parts += [f"{place}."] if place else []
    parts += [f"<{url}>"] if url else []
    return Reference(authors, year, url, " ".join(parts))


def _field(entry: Any, name: str) -> str:
    return _plain(entry.fields.get(name, ""))


def _plain(text: str) -> str:
    """BibTeX's LaTeX as plain characters; braces that only protect capitals go."""
    return " ".join(str(Text.from_latex(text)).split())
