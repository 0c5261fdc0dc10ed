"""The frame round a page: contents with the reader's place, previous and next, scripts and styles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from book.theme.site import Page

POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:"
)
TEMPLATES = Path(__file__).parent / "templates"


@dataclass
class Entry:
    """A line of the contents: a page, or the name of a part."""

    title: str
    file: str | None
    level: int
    number: str = ""


class Contents:
    """The pages in reading order, as the reader sees them listed; the page of sources comes last."""

    def __init__(self, project: dict[str, Any], pages: list[Page], sources: Page):
        self.title: str = project.get("title", pages[0].title)
        self.license: str = project.get("license", {}).get("content", {}).get("name", "")
        self.pages = [*pages, sources]
        by_slug = {page.slug: page for page in pages}
        self.entries = [Entry(pages[0].title, pages[0].file, 1)]
        for listed in project["pages"]:
            slug = listed.get("slug")
            page = by_slug[slug.replace(".", "-")] if slug else None
            title = page.title if page else listed["title"]
            number = page.number if page else ""
            self.entries.append(Entry(title, page.file if page else None, listed["level"], number))
        self.entries.append(Entry(sources.title, sources.file, 1))

    def neighbours(self, page: Page) -> tuple[Page | None, Page | None]:
        """The pages before and after this one; a page outside the contents has none."""
        if page not in self.pages:
            return None, None
        here = self.pages.index(page)
        before = self.pages[here - 1] if here else None
        after = self.pages[here + 1] if here + 1 < len(self.pages) else None
        return before, after


class Frame:
    """Puts a drawn page into the template."""

    def __init__(self, contents: Contents):
        self.contents = contents
        self.template = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        ).get_template("page.html")

    def page(self, page: Page, cards: str) -> str:
        """The whole HTML of a page; `cards` is what its words show on hover."""
        before, after = self.contents.neighbours(page)
        return self.template.render(
            policy=POLICY,
            book=self.contents,
            page=page,
            drawn=page.renderer,
            cards=cards,
            before=before,
            after=after,
        )
