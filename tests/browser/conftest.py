"""A real Chromium on the built book, over http and from file://, that refuses whatever is not local."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.browser.explorer import COUNT_PUT_OFF
from tests.browser.local_server import served


@pytest.fixture(scope="session")
def http_root(built_site: Path) -> Iterator[str]:
    with served(built_site) as address:
        yield address


@pytest.fixture(params=["http", "file"])
def root(request: pytest.FixtureRequest, built_site: Path, http_root: str) -> str:
    """Address of the built book's folder, once over http and once from the file system."""
    return http_root if request.param == "http" else built_site.as_uri() + "/"


class Watched:
    """Opens pages, and remembers what they tried to fetch from elsewhere and what went wrong in them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.refused: list[str] = []
        self.errors: list[str] = []

    def open(self, url: str, *, width: int = 1100, height: int = 900, scheme: str = "light") -> Page:
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        context.add_init_script(COUNT_PUT_OFF)
        local = urlparse(url)
        context.route("**/*", lambda route: self._local_only(route, local.scheme, local.netloc))
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.goto(url)
        return page

    def _local_only(self, route: Route, scheme: str, netloc: str) -> None:
        asked = urlparse(route.request.url)
        if asked.scheme in ("data", "blob") or (asked.scheme, asked.netloc) == (scheme, netloc):
            route.continue_()
        else:
            self.refused.append(route.request.url)
            route.abort()

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """Pages of one test; it fails if any of them asked for something outside or raised an error."""
    pages = Watched(browser)
    yield pages
    pages.close()
    assert pages.refused == [], "the page asked for something that is not local"
    assert pages.errors == [], "the page reported errors"
