"""The book's figures: each has a value, a source, and the place in it. `facts.yml` holds them.

`python -m book.facts` prints them as JSON, for the role `{fact}` in `plugin.mjs`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parent / "facts.yml"
READ = {
    "paper": "read in the paper",
    "abstract": "read in the abstract",
    "configuration": "read in a configuration file",
    "measured": "measured by this book",
    "second-hand": "second-hand: reported by others, not checked in the paper",
}
GROUP_KEYS = {"source", "where", "read", "unit", "chapter", "facts"}
FACT_KEYS = {"value", "unit", "says", "where"}


class FactError(ValueError):
    """facts.yml is wrong; the message says where and what to do."""


@dataclass(frozen=True)
class Fact:
    """One figure.

    Attributes:
        id: `group.name`, as the role takes it.
        value: as the source prints it, digits and all.
        unit: what is counted, or "" for a plain number.
        says: what the figure measures, in a few words.
        source: a key of references.bib, or the command that measures it.
        where: table, page, section or result file.
        read: how we know it, a key of `READ`.
        chapter: the page that needs it; the fact must be used once that page exists.
    """

    id: str
    value: str
    unit: str
    says: str
    source: str
    where: str
    read: str
    chapter: str

    @property
    def shown(self) -> str:
        """Value and unit as prose has them.

        >>> Fact("a.b", "94.3", "%", "", "", "", "paper", "").shown
        '94.3\\xa0%'
        """
        return f"{self.value}\N{NO-BREAK SPACE}{self.unit}" if self.unit else self.value

    @property
    def second_hand(self) -> bool:
        """Whether we have it from others and not from the source."""
        return self.read == "second-hand"


def load(file: Path = FILE) -> dict[str, Fact]:
    """All facts by id.

    Raises:
        FactError: a key is missing or unknown, or a value is not text.
    """
    groups = yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    facts: dict[str, Fact] = {}
    for name, group in (groups or {}).items():
        _check(f"group {name!r}", group, GROUP_KEYS, {"source", "where", "read", "chapter", "facts"})
        if group["read"] not in READ:
            raise FactError(
                f"group {name!r} in facts.yml: `read` should be one of {', '.join(READ)}, got {group['read']!r}"
            )
        for own, entry in group["facts"].items():
            fact = _fact(name, own, group, entry)
            facts[fact.id] = fact
    return facts


@cache
def facts() -> dict[str, Fact]:
    """The facts of this book, read once."""
    return load()


def _fact(name: str, own: str, group: dict[str, Any], entry: dict[str, Any]) -> Fact:
    place = f"fact {name}.{own}"
    _check(place, entry, FACT_KEYS, {"value", "says"})
    if not isinstance(entry["value"], str):
        raise FactError(
            f"{place} in facts.yml: put the value in quotes, so that its digits stay as the source prints them"
        )
    return Fact(
        id=f"{name}.{own}",
        value=entry["value"],
        unit=entry.get("unit", group.get("unit", "")),
        says=entry["says"],
        source=group["source"],
        where=entry.get("where", group["where"]),
        read=group["read"],
        chapter=group["chapter"],
    )


def _check(place: str, entry: Any, allowed: set[str], needed: set[str]) -> None:
    got = set(entry) if isinstance(entry, dict) else set()
    if missing := needed - got:
        raise FactError(f"{place} in facts.yml has no {', '.join(sorted(missing))}: add it")
    if unknown := got - allowed:
        raise FactError(
            f"{place} in facts.yml has {', '.join(sorted(unknown))}, which means nothing here: use {', '.join(sorted(allowed))}"
        )


def main() -> int:
    """Print the facts as JSON, with what the role shows."""
    json.dump({fact.id: {**asdict(fact), "shown": fact.shown} for fact in load().values()}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
