"""The driver of the book: what an author gets wrong is named, and the last good book stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from book import engine
from book.build import build, inputs_hash, is_fresh
from book.engine import FLAKES, BookError, tree_hash, write_ast
from tests.book_project import copy_book

MISTAKES = {
    "a target nobody named": 'index.md:3 No target for internal reference "#no-such-part" was found.',
    "a reference nobody named": "index.md Cross reference target was not found: no-such-label",
    "a citation without an entry": 'index.md Could not link citation with label "nobody2099".',
    "a fact nobody wrote down": 'index.md no fact "nobody.knows" in facts.yml: correct the id',
    "an unknown directive": "index.md:11 unknown directive: no-such-directive",
    "an unknown role": "index.md:15 unknown role: no-such-role",
    "a picture that is not there": 'Cannot find image "no-picture.png"',
    "a cell that raises": "ValueError: the cell did not like it",
    "the page of the cell": "raises.md An exception occurred during code execution",
    "the line of the cell": '----> 1 raise ValueError("the cell did not like it")',
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Path]:
    """What a build of the broken book says, its folder, and the folder of an earlier good build."""
    source = copy_book("broken", tmp_path_factory.mktemp("broken"))
    out = source / "_build" / "html"
    out.mkdir(parents=True)
    (out / "index.html").write_text("the last good book")
    with pytest.raises(BookError) as error:
        build(source, out)
    return str(error.value), source, out


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_build_fails_and_names(mistake: str, failed: tuple[str, Path, Path]) -> None:
    assert MISTAKES[mistake] in failed[0]


def test_a_failed_build_leaves_the_last_good_book_as_it_was(failed: tuple[str, Path, Path]) -> None:
    message, _, out = failed
    assert "The book was not built" in message
    assert [file.read_text() for file in out.iterdir()] == ["the last good book"]


def test_a_build_leaves_no_jupyter_server_behind(failed: tuple[str, Path, Path]) -> None:
    _, source, _ = failed
    deadline = time.monotonic() + 15  # the server takes leave of its kernels first
    while (left := _processes_in(source)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []


def test_a_link_to_a_page_that_is_not_there_fails_the_build(tmp_path: Path) -> None:
    source = copy_book("broken", tmp_path)
    (source / "index.md").write_text("# Page\n\nA link to [no page](./no-page.md).\n")
    (source / "raises.md").write_text("# Other\n")
    with pytest.raises(BookError, match=r"no-page\.md"):
        build(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_outputs_computed_by_an_older_package_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "module.py").write_text("x = 1")
    monkeypatch.setattr(engine, "PACKAGE", package)
    cached = tmp_path / "_build" / "execute" / "page.ipynb"

    def kept_after(change: str) -> bool:
        engine._forget_stale_outputs(tmp_path)
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_text("{}")
        (package / change).parent.mkdir(exist_ok=True)
        (package / change).write_text("x = 2")
        engine._forget_stale_outputs(tmp_path)
        return cached.exists()

    assert kept_after("static/widget.js")
    assert not kept_after("module.py")
    assert not kept_after("data/trace.json")


def test_a_hash_of_a_folder_changes_with_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    first = tree_hash(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    second = tree_hash(tmp_path)
    (tmp_path / "b").write_text("2")
    assert len({first, second, tree_hash(tmp_path)}) == 3


def test_a_site_is_fresh_only_while_its_inputs_are_the_same(tmp_path: Path) -> None:
    source, out = tmp_path / "book", tmp_path / "out"
    source.mkdir()
    out.mkdir()
    (source / "index.md").write_text("# One")
    assert not is_fresh(out, source)
    (out / ".inputs").write_text(inputs_hash(source))
    assert is_fresh(out, source)
    (source / "index.md").write_text("# Two")
    assert not is_fresh(out, source)


def test_silence_of_jupyter_book_is_reported_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "fake"
    fake.write_text("#!/bin/sh\necho something odd\nexit 3\n")
    fake.chmod(0o755)
    monkeypatch.setattr(engine, "_program", lambda name: str(fake))
    with pytest.raises(BookError, match="ended with 3; its last words:\n    something odd"):
        write_ast(tmp_path)


def _processes_in(folder: Path) -> list[str]:
    """Command lines of running processes that name the folder."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                line = Path(f"/proc/{name}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue  # it has just ended
            found += [line] if str(folder) in line else []
    return found


@pytest.mark.parametrize("flake", FLAKES)
def test_jupyter_book_is_asked_again_when_it_lost_touch_and_not_when_a_page_is_wrong(
    flake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = [[f"its last words: {flake}"], []]
    monkeypatch.setattr(engine, "_run", lambda _: tries.pop(0))
    assert engine.write_ast(tmp_path) == tmp_path / "_build" / "site"
    assert tries == []
    tries += [["a.md:3 no such page"], []]
    with pytest.raises(BookError, match="no such page"):
        engine.write_ast(tmp_path)
    assert tries == [[]]
