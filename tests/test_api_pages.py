"""The reference pages: every public name is on one, and every example on them runs."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from book.api import PAGES, load, public_objects, read_pages, shown_members, write_pages
from book.build import BOOK
from book.engine import write_ast
from book.theme.site import build


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return read_pages()


@pytest.fixture(scope="module")
def package() -> Any:
    return load()


def names_of(module: ModuleType) -> set[str]:
    """What a user can import from a package, as the package itself has it at run time."""
    if hasattr(module, "__all__"):
        return {name for name in module.__all__ if not name.startswith("_")}
    lazy = vars(module).get("_HOME", {})
    here = {
        name
        for name, value in vars(module).items()
        if not isinstance(value, ModuleType) and getattr(value, "__module__", "").startswith(module.__name__)
    }
    return {name for name in here | set(lazy) if not name.startswith("_")}


@pytest.mark.parametrize("name", PAGES)
def test_every_public_name_of_a_package_is_on_its_page(pages: dict[str, str], name: str) -> None:
    headings = re.findall(r"^## `(\w+)`$", pages[name], re.MULTILINE)
    names = names_of(import_module(name))
    assert names, "else the page would be empty, too"
    assert set(headings) - {"LessonWidget"} == names
    assert len(headings) == len(set(headings))


@pytest.mark.parametrize("name", PAGES)
def test_every_class_and_function_on_a_page_is_described(package: Any, name: str) -> None:
    for each, described in public_objects(package, name).items():
        assert described.docstring or described.is_attribute, f"{name}.{each} has no docstring"


def examples(package: Any, name: str) -> list[doctest.DocTest]:
    """The examples of a page, each with the names of the module it stands in, as doctest has it."""
    parser, found = doctest.DocTestParser(), []
    for each, described in public_objects(package, name).items():
        members = {f"{each}.{inner}": member for inner, member in shown_members(described).items()}
        for path, member in {each: described, **members}.items():
            if member.docstring and ">>>" in member.docstring.value:
                module = import_module(member.module.path)
                found.append(
                    parser.get_doctest(member.docstring.value, dict(vars(module)), f"{name}.{path}", None, 0)
                )
    return found


@pytest.mark.parametrize("name", PAGES)
def test_every_example_on_a_page_runs_and_none_is_lost(
    package: Any, pages: dict[str, str], name: str, unchecked: None
) -> None:
    found = examples(package, name)
    lines = sum(len(test.examples) for test in found)
    assert lines == len(re.findall(r"^ *>>> ", pages[name], re.MULTILINE))
    runner = doctest.DocTestRunner(verbose=False)
    said: list[str] = []
    for test in found:
        runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)


def test_the_traits_of_a_widget_stand_in_a_table_with_their_help(pages: dict[str, str]) -> None:
    entry = pages["mha_lessons.widgets"].partition("## `HeadExplorer`")[2].partition("\n## ")[0]
    assert "| `num_heads` | `4` | Number of attention heads. |" in entry
    assert "### `HeadExplorer.from_trace`" in entry
    assert "_answer" not in entry


def test_a_signature_is_that_of_the_function(pages: dict[str, str]) -> None:
    assert "from_torch(module: nn.MultiheadAttention) -> MultiHeadAttention" in pages["mha_lessons"]
    watch = pages["mha_lessons"].partition("## `watch`")[2]
    assert re.search(r"watch\(\n    model: nn\.Module,\n    \*,\n    tokenizer: Any = None,", watch)


def test_a_page_of_a_package_that_is_gone_is_removed_and_an_unchanged_one_is_left_alone(
    tmp_path: Path,
) -> None:
    first = write_pages(tmp_path)
    assert len(first) == len(PAGES)
    times = [path.stat().st_mtime_ns for path in first]
    (tmp_path / "mha_lessons-gone.md").write_text("old")
    assert write_pages(tmp_path) == first
    assert sorted(tmp_path.iterdir()) == first
    assert [path.stat().st_mtime_ns for path in first] == times


def test_the_theme_draws_the_pages_without_a_complaint(pages: dict[str, str], tmp_path: Path) -> None:
    written = write_pages(tmp_path / "api")
    (tmp_path / "index.md").write_text("# A book\n")
    toc = "\n".join(f"    - file: api/{path.name}" for path in written)
    (tmp_path / "myst.yml").write_text(
        "version: 1\nproject:\n  title: Reference\n  toc:\n    - file: index.md\n"
        f"{toc}\nsite:\n  template: {BOOK / 'theme'}\n"
    )
    site = build(write_ast(tmp_path), tmp_path / "html", {"index.ipynb": b"{}"})
    assert site.problems == []
    drawn = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "html").rglob("*.html"))
    for text in pages.values():
        for name in re.findall(r"^\(([\w-]+)\)=$", text, re.MULTILINE):
            assert f'id="{name}"' in drawn, name
