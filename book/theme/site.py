"""The whole site: reads Jupyter Book's AST from a folder, writes pages and assets to another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import book.theme.nodes  # noqa: F401  fills the table of who draws what
from book.facts import facts
from book.theme.assets import copy_assets
from book.theme.check import check_site, lost_text
from book.theme.nodes.notes import footnote_list
from book.theme.page import Contents, Frame
from book.theme.reading import Time, reading_time
from book.theme.render import PageRenderer
from book.theme.scripts import bundle_scripts
from book.theme.search import index_script
from book.theme.sources import cards, sources_page


@dataclass
class Page:
    """One page: what Jupyter Book says about it, and its HTML once drawn."""

    slug: str
    title: str
    content: dict[str, Any]
    renderer: PageRenderer
    body: str = ""
    notebook: str = ""

    @property
    def file(self) -> str:
        """The page's name in the flat site."""
        return f"{self.slug}.html"

    @property
    def number(self) -> str:
        """The chapter's number, or nothing."""
        return str(self.content["frontmatter"].get("enumerator", ""))

    @property
    def subtitle(self) -> str:
        """The line under the title, or nothing."""
        return str(self.content["frontmatter"].get("subtitle", ""))

    @property
    def description(self) -> str:
        """What a search engine shows of the page, or nothing."""
        return str(self.content["frontmatter"].get("description", ""))

    @property
    def time(self) -> Time | None:
        """How long the page takes; one without anything to move is looked up, and has no time."""
        found = reading_time(self.content["mdast"])
        return found if found.play else None


@dataclass
class Site:
    """A site as it is drawn: its pages in reading order and what is wrong with them."""

    source: Path
    project: dict[str, Any]
    pages: list[Page] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def load(ast: Path) -> Site:
    """The site Jupyter Book left in `ast` (its `_build/site`), not yet drawn."""
    project = json.loads((ast / "config.json").read_text(encoding="utf-8"))["projects"][0]
    site = Site(ast, project)
    for slug in [project["index"], *(page["slug"] for page in project["pages"] if page.get("slug"))]:
        content = json.loads((ast / "content" / f"{slug}.json").read_text(encoding="utf-8"))
        cited = content.get("references", {}).get("cite", {}).get("data", {})
        flat = "index" if slug == project["index"] else slug.replace(".", "-")
        title = content["frontmatter"].get("title") or project["title"]
        site.pages.append(
            Page(flat, title, content, PageRenderer(flat, content["location"], ast / "public", cited))
        )
    return site


def build(ast: Path, out: Path, downloads: Mapping[str, bytes]) -> Site:
    """Draw every page into the folder `out`.

    Args:
        ast: what Jupyter Book wrote, `_build/site` in `source`.
        out: where the site goes; it should be empty or new.
        downloads: the notebooks of the chapters and the pictures they show, by relative path.

    Returns:
        The site; its `problems` are to be shown to the author, and make the build fail.
    """
    site = load(ast)
    out.mkdir(parents=True, exist_ok=True)
    for page in site.pages:
        root = page.content["mdast"]
        page.body = page.renderer.draw(root) + footnote_list(page.renderer, root)
        notebook = page.renderer.location.removesuffix(".md") + ".ipynb"
        page.notebook = notebook if notebook in downloads else ""
        site.problems += page.renderer.problems
        site.problems += list(_uncited(page))
    papers = {key: data for page in site.pages for key, data in page.renderer.citations.items()}
    sources = _made("sources", "Sources", sources_page(site.pages, papers), site)
    missing = _made("404", "This page is not here", "<p>The address may be old, or mistyped.</p>", site)
    frame = Frame(Contents(site.project, site.pages, sources))
    for page in [*site.pages, sources, missing]:
        (out / page.file).write_text(frame.page(page, cards(page.renderer)), encoding="utf-8")
    _write_assets(site, ast, out)
    for name, data in downloads.items():
        _write(out / "_downloads" / name, data)
    site.problems += check_site(out)
    for page in site.pages:
        lost = lost_text(page.content["mdast"], out / page.file)
        site.problems += [f"{page.renderer.location}: the theme lost the text {text!r}" for text in lost]
    return site


def _uncited(page: Page) -> Iterator[str]:
    """A figure stands beside a citation of the paper it is from."""
    for name in page.renderer.facts:
        fact = facts()[name]
        if fact.read != "measured" and fact.source not in page.renderer.citations:
            yield f"{page.renderer.location}: {name} is from {fact.source}, which the page does not cite: cite it"


def _made(slug: str, title: str, body: str, site: Site) -> Page:
    """A page that no chapter is behind."""
    content = {"frontmatter": {}, "mdast": {"type": "root", "children": []}}
    return Page(slug, title, content, PageRenderer(slug, f"{slug}.html", site.source / "public"), body)


def _write_assets(site: Site, ast: Path, out: Path) -> None:
    static = out / "_static"
    copy_assets(static, {name for page in site.pages for name in page.renderer.widgets}, site.problems)
    bundle_scripts(static, site.problems)
    (static / "search-index.js").write_text(index_script(site.pages), encoding="utf-8")
    for name in sorted({name for page in site.pages for name in page.renderer.files}):
        _write(out / "_files" / name, (ast / "public" / name).read_bytes())
    for page in site.pages:
        for name, html in page.renderer.frames.items():
            _write(out / "_frames" / name, html.encode())


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
