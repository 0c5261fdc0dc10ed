"""What stands behind a sentence: the source of a figure, the test of a claim."""

from __future__ import annotations

import re
from html import escape

from book.facts import facts
from book.theme.registry import Node, classes, draws, tag
from book.theme.render import PageRenderer


@draws("span")
def span(page: PageRenderer, node: Node) -> str:
    """A marked word; the roles of plugin.mjs say by their data what it is."""
    data = node.get("data") or {}
    if "fact" in data:
        return _fact(page, node, data["fact"])
    if "test" in data:
        return _tested(page, data["test"])
    return tag("span", page.children(node), class_=classes(node.get("class")), id=node.get("html_id"))


def _fact(page: PageRenderer, node: Node, name: str) -> str:
    """A figure that leads to its line on the page of sources, and shows it in a card."""
    fact = facts().get(name)
    if fact is None:
        page.problem(node, f"no fact {name!r} in facts.yml: correct the id or add the fact")
        return page.children(node)
    if name not in page.facts:
        page.facts.append(name)
    anchor = fact_anchor(name)
    link = tag(
        "a", page.children(node), href=f"sources.html#{anchor}", class_="fact", data_card=f"card-{anchor}"
    )
    mark = tag("sup", "second-hand", class_="second-hand") if fact.second_hand else ""
    return link + mark


def _tested(page: PageRenderer, name: str) -> str:
    """A mark that leads to the claim on the page of sources, and names the test in a card."""
    if name not in page.tests:
        page.tests.append(name)
    anchor = test_anchor(name)
    return tag(
        "a",
        "✓",
        href=f"sources.html#{anchor}",
        class_="tested",
        data_card=f"card-{anchor}",
        aria_label=f"A test checks this: {test_claim(name)}",
    )


def fact_anchor(name: str) -> str:
    """The id of a fact on the page of sources."""
    return "fact-" + name.replace(".", "-")


def test_anchor(name: str) -> str:
    """The id of a test on the page of sources.

    >>> test_anchor("tests/test_attention.py::test_rows_sum_to_one")
    'test-attention-rows-sum-to-one'
    """
    return "test-" + re.sub(r"[^a-z0-9]+", "-", re.sub(r"tests/(.*/)?|test_|\.py", "", name).lower()).strip(
        "-"
    )


def test_claim(name: str) -> str:
    """The claim a test's name makes.

    >>> test_claim("tests/test_attention.py::test_rows_sum_to_one")
    'rows sum to one'
    """
    return escape(name.rpartition("::")[2].removeprefix("test_").replace("_", " "))
