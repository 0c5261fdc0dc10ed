"""What the tests hold the prose to: every number has a source, every claimed test exists, every fact is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from book.facts import Fact
from book.theme.registry import Node, walk

PLAIN = {"0", "1", "2", "3", "4"}  # small counts of what the reader sees on the page
SOURCED = {"cite", "citeGroup", "crossReference", "captionNumber", "footnoteReference", "inlineExpression"}
NOT_PROSE = {"code", "inlineCode", "math", "inlineMath", "outputs", "comment"}
WORDS = (
    "eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|"
    "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion"
)
NUMBER = re.compile(
    rf"(?<![\w.])(?<![A-Za-z]-)[−-]?\d+(?:[.,]\d+)*(?!\w)|\b(?:{WORDS})(?:-\w+)?s?\b", re.IGNORECASE
)


def loose_numbers(root: Node) -> list[str]:
    """Numbers in prose that are no fact, not computed, and not on the short list of plain ones.

    A digit inside a name (GPT-2, float32) is no number; a number word above ten is one.

    Args:
        root: a page's AST.

    Returns:
        Each number with the text round it.

    >>> loose_numbers({"type": "text", "value": "GPT-2 has 12 heads; we use 4."})
    ["12 in 'GPT-2 has 12 heads; we use 4.'"]
    """
    found = []
    for text in _prose(root):
        numbers = [match.group() for match in NUMBER.finditer(text)]
        found += [f"{number} in {text.strip()[:90]!r}" for number in numbers if number not in PLAIN]
    return found


def claimed_tests(root: Node) -> list[str]:
    """The tests that `{tested}` marks of a page name."""
    return [node["data"]["test"] for node in walk(root) if "test" in (node.get("data") or {})]


def used_facts(root: Node) -> list[str]:
    """The facts that `{fact}` and `{bare}` of a page name."""
    return [node["data"]["fact"] for node in walk(root) if "fact" in (node.get("data") or {})]


def missing_tests(names: Iterable[str], root: Path) -> list[str]:
    """The names, as `tests/test_x.py::test_claim`, that no test below `root` bears."""
    return [name for name in names if not _exists(name, root)]


def unused_facts(facts: Iterable[Fact], used: Iterable[str], pages: Iterable[str]) -> list[str]:
    """Facts that no page uses although the page that needs them is written.

    Args:
        facts: all of facts.yml.
        used: ids that pages name.
        pages: names of the pages there are.
    """
    known, named = set(pages), set(used)
    return [fact.id for fact in facts if fact.chapter in known and fact.id not in named]


def _prose(node: Node) -> Iterator[str]:
    if node.get("visibility") == "remove" or node["type"] in SOURCED | NOT_PROSE:
        return
    if "fact" in (node.get("data") or {}):
        return
    if node["type"] == "text":
        yield node["value"]
    for child in node.get("children", ()):
        yield from _prose(child)


def _exists(name: str, root: Path) -> bool:
    path, _, function = name.partition("::")
    file = root / path
    if not (file.is_file() and function):
        return False
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == function for node in ast.walk(tree))
