"""The page of sources: papers cited, figures used, claims that a test checks; and the cards that show them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from book.facts import READ, Fact, facts
from book.theme.nodes.evidence import fact_anchor, test_anchor, test_claim
from book.theme.reading import HOW
from book.theme.registry import tag

if TYPE_CHECKING:
    from book.theme.render import PageRenderer
    from book.theme.site import Page

TARGET = re.compile(r' target="_blank"')


def cards(page: PageRenderer) -> str:
    """The cards of one page, out of sight until a word asks for one; notes are cards where they stand."""
    content = "".join(_card(f"cite-{key}", _entry(page.citations[key])) for key in page.cited)
    content += "".join(
        _card(fact_anchor(name), fact_line(facts()[name], page.citations)) for name in page.facts
    )
    content += "".join(_card(test_anchor(name), test_line(name)) for name in page.tests)
    return tag("div", content, class_="cards", hidden=True) if content else ""


def sources_page(pages: Iterable[Page], papers: dict[str, Any]) -> str:
    """The body of `sources.html`.

    Args:
        pages: the drawn pages.
        papers: every entry of references.bib that some page cites or a used figure comes from.
    """
    pages = list(pages)
    return (
        _section("papers", "Papers", [_paper(key, papers[key], pages) for key in sorted(papers)])
        + _section("figures", "Figures", [_figure(name, papers, pages) for name in _used(pages, "facts")])
        + _section(
            "claims", "Claims that a test checks", [_claim(name, pages) for name in _used(pages, "tests")]
        )
        + _section("times", "How long the pages take", [_time(page) for page in pages if page.time], HOW)
    )


def fact_line(fact: Fact, papers: dict[str, Any]) -> str:
    """What the figure measures, where it stands, and how we know."""
    source = short_name(fact.source, papers)
    return (
        f"<strong>{escape(fact.shown)}</strong>: {escape(fact.says)}. "
        f"{escape(source)}, {escape(fact.where)}; {escape(READ[fact.read])}."
    )


def test_line(name: str) -> str:
    """The claim and the test that checks it at every change of the code."""
    return f"A test checks this: {test_claim(name)}. {tag('code', escape(name))}"


def short_name(key: str, papers: dict[str, Any]) -> str:
    """How prose names a source: `Michel et al. (2019)`; a command stays what it is.

    >>> short_name("m", {"m": {"html": "Michel, P., Levy, O., & Neubig, G. (2019). Are Sixteen"}})
    'Michel et al. (2019)'
    >>> short_name("v", {"v": {"html": "DeepSeek-AI. (2024). DeepSeek"}})
    'DeepSeek-AI (2024)'
    """
    if key not in papers:
        return key
    words = re.sub(r"<[^>]+>", "", papers[key]["html"])
    found = re.match(r"(?P<names>.*?)\.? \((?P<year>\d{4})\)", words)
    if not found:
        return key
    names = re.split(r"\.,? (?:& )?", found["names"] + ". ")
    families = [name.split(",")[0].removeprefix("& ").strip() for name in names if "," in name] or [
        found["names"]
    ]
    joined = f"{families[0]} et al." if len(families) > 2 else " and ".join(families)
    return f"{joined} ({found['year']})"


def _used(pages: list[Page], kind: str) -> list[str]:
    """The facts or tests the pages name, each once, in reading order."""
    return list(dict.fromkeys(name for page in pages for name in getattr(page.renderer, kind)))


def _paper(key: str, data: Any, pages: list[Page]) -> str:
    return tag("li", _entry(data) + _places(pages, "cited", key), id=f"cite-{key}")


def _figure(name: str, papers: dict[str, Any], pages: list[Page]) -> str:
    return tag("li", fact_line(facts()[name], papers) + _places(pages, "facts", name), id=fact_anchor(name))


def _claim(name: str, pages: list[Page]) -> str:
    return tag("li", test_line(name) + _places(pages, "tests", name), id=test_anchor(name))


def _time(page: Page) -> str:
    return tag("li", f"{tag('a', escape(page.title), href=page.file)}: {page.time}")


def _places(pages: list[Page], kind: str, name: str) -> str:
    """Links to the pages that use it."""
    links = [
        tag("a", escape(page.title), href=page.file) for page in pages if name in getattr(page.renderer, kind)
    ]
    return tag("p", "Used in " + ", ".join(links), class_="places") if links else ""


def _section(name: str, title: str, lines: list[str], says: str = "") -> str:
    head = tag("h2", title, id=name) + (tag("p", says) if says else "")
    return head + tag("ul", "".join(lines), class_="sources") if lines else ""


def _entry(data: Any) -> str:
    return TARGET.sub("", data["html"])


def _card(name: str, content: str) -> str:
    return tag("div", content, id=f"card-{name}")
