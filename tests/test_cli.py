"""The command `mha-lessons`: what it says, what it costs to start, and how it fails."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mha_lessons import __version__
from mha_lessons.cli import app
from mha_lessons.cli.console import out
from mha_lessons.notebooks import NotebookError

COMMAND = [sys.executable, "-m", "mha_lessons.cli"]
ROOT = Path(__file__).parents[1]


def run(*arguments: str | Path) -> Result:
    """Run the command in this process, on a terminal wide enough for its sentences."""
    return CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "200", "NO_COLOR": "1"})


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is a line, however long the path of a temporary folder."""
    monkeypatch.setattr(out, "width", 300)


@pytest.fixture
def chapters(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Two small notebooks in place of the book's; a test may change them."""
    from mha_lessons.notebooks.save import KEY, digest

    files = {}
    for number, name in enumerate(["b", "a"]):
        cell = {"cell_type": "markdown", "id": name, "metadata": {}, "source": name}
        content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        content["metadata"] = {KEY: {"chapter": f"{name}.md", "number": number, "sha256": digest(content)}}
        files[f"{name}.ipynb"] = json.dumps(content).encode()
    monkeypatch.setattr("mha_lessons.notebooks.lessons.lessons", lambda: files)
    return files


def test_help_names_the_commands_and_gives_examples() -> None:
    assert "notebooks" in run("--help").stdout
    page = run("notebooks", "--help").stdout
    assert "mha-lessons notebooks lessons --force" in page
    assert "NAME.mine.ipynb" in page


@pytest.mark.parametrize("command", ["", "read", "lab", "notebooks", "doctor", "heads", "train", "classroom"])
def test_the_help_of_each_command_has_an_example_to_copy(command: str) -> None:
    page = run(*command.split(), "--help").stdout
    _, _, examples = page.partition("Example")
    assert f"mha-lessons {command}".strip() in examples


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("mha-lessons n", ["notebooks"]),
        ("mha-lessons train --see", ["--seeds"]),
        ("mha-lessons classroom g", ["grade"]),
    ],
)
def test_the_shell_completes_commands_and_options(typed: str, offered: list[str]) -> None:
    asked = {"_MHA_LESSONS_COMPLETE": "complete_bash", "COMP_WORDS": typed}
    last = str(len(typed.split()) - 1)
    result = CliRunner().invoke(app, [], prog_name="mha-lessons", env={**asked, "COMP_CWORD": last})
    assert result.stdout.split() == offered


def test_the_version_is_the_packages() -> None:
    assert run("--version").stdout == f"mha-lessons {__version__}\n"


@pytest.mark.parametrize(
    "start", ["import mha_lessons", "import mha_lessons.cli, sys; sys.argv = ['x', '--help']"]
)
def test_starting_loads_neither_torch_nor_what_only_conversion_needs(start: str) -> None:
    heavy = ["torch", "numpy", "jupytext", "nbformat", "pybtex", "yaml", "IPython", "anywidget"]
    code = f"""
{start}
import sys
if 'mha_lessons.cli' in sys.modules:
    try: mha_lessons.cli.app()
    except SystemExit: pass
print([name for name in {heavy} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stderr == "[]\n"


def test_notebooks_writes_the_books_chapters(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "notebooks", str(tmp_path / "new" / "lessons")],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True, env={"COLUMNS": "300"},
    )  # fmt: skip
    written = tmp_path / "new" / "lessons" / "index.ipynb"
    assert [str(written), "written"] in [line.split() for line in done.stdout.splitlines()]
    assert json.loads(written.read_text())["metadata"]["mha_lessons"]["chapter"] == "index.md"


def test_each_notebook_is_named_with_what_became_of_it(chapters: dict[str, bytes], tmp_path: Path) -> None:
    result = run("notebooks", tmp_path)
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [str(tmp_path / "b.ipynb"), "written"] in lines
    assert lines.index([str(tmp_path / "b.ipynb"), "written"]) < lines.index(
        [str(tmp_path / "a.ipynb"), "written"]
    )
    assert run("notebooks", tmp_path).stdout.count("up to date") == 2


def test_a_changed_notebook_is_kept_named_and_replaced_only_by_force(
    chapters: dict[str, bytes], tmp_path: Path
) -> None:
    run("notebooks", tmp_path)
    (tmp_path / "a.ipynb").write_text("mine")
    kept = run("notebooks", tmp_path)
    assert kept.exit_code == 0
    assert f"{tmp_path / 'a.ipynb'}  kept: you changed it" in kept.stdout
    assert "1 notebook that you changed stayed as is. --force replaces" in kept.stdout
    assert (tmp_path / "a.ipynb").read_text() == "mine"
    assert "replaced, your version is a.mine.ipynb" in run("notebooks", tmp_path, "--force").stdout
    assert (tmp_path / "a.mine.ipynb").read_text() == "mine"
    assert (tmp_path / "a.ipynb").read_bytes() == chapters["a.ipynb"]


def test_a_file_in_place_of_the_folder_is_one_sentence(chapters: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    result = run("notebooks", tmp_path / "file")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == f"Error: {tmp_path / 'file'} is a file: name a folder for the notebooks.\n"
    below = run("notebooks", tmp_path / "file" / "folder")
    assert below.exit_code == 1
    assert below.stderr.startswith(f"Error: {tmp_path / 'file' / 'folder' / 'b.ipynb'} cannot be written (")
    assert below.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("code", "reason"), [(errno.ENOSPC, "no space left on device"), (errno.EACCES, "permission denied")]
)
def test_a_disk_that_refuses_is_one_sentence_and_leaves_nothing(
    chapters: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, reason: str
) -> None:
    import os

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("os.replace", refuse)
    result = run("notebooks", tmp_path)
    assert result.exit_code == 1
    wanted = f"Error: {tmp_path / 'b.ipynb'} cannot be written ({reason}): nothing of it was changed.\n"
    assert result.stderr == wanted
    assert list(tmp_path.iterdir()) == []


def test_verbose_shows_the_traceback(chapters: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    arguments = ["notebooks", str(tmp_path / "file"), "--verbose"]
    assert isinstance(run(*arguments).exception, NotebookError)
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_chapter_that_cannot_be_written_is_one_error_and_no_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mha_lessons.notebooks.source import notebooks

    (tmp_path / "myst.yml").write_text("project: {toc: [{file: a.md}]}")
    (tmp_path / "a.md").write_text("---\ntitle: A\n---\n\n{nonsense}`x` [bold]\n")
    monkeypatch.setattr("mha_lessons.notebooks.lessons.lessons", lambda: notebooks(tmp_path))
    result = run("notebooks", tmp_path / "out")
    assert result.exit_code == 1
    assert "a.md:5: no role is called {nonsense}" in result.stderr
    assert not (tmp_path / "out").exists()
