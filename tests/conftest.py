"""Tests draw the same cases every time, and check every shape in the module's signatures."""

from collections.abc import Iterator

import jaxtyping
import pytest
import torch
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.modules import modules_with
from tests.site import built_site

__all__ = ["built_site"]

settings.register_profile(
    "fixed", derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("fixed")

jaxtyping.install_import_hook(modules_with("jaxtyping"), "tests.modules.checked")


SAFETY = {"test_sandbox.py", "test_submission.py"}
"""What has to be refused is refused every time: these tests fail if they fail once."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser or a kernel on a busy machine may miss a moment: a test of theirs fails if it fails twice."""
    for item in items:
        if item.path.parent.name in {"browser", "lab", "classroom"} and item.path.name not in SAFETY:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Random tensors are the same in every run of a test, alone or among others."""
    torch.manual_seed(0)


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Shapes as users have them, unchecked by jaxtyping: for our own errors, and for compilers."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.fail("no Chromium or Chrome found: run `make programs`, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()
