"""The wheel: what is in it, and that it works where there is no Node, no network and no checkout."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.explorer import show_numbers
from tests.lab.conftest import written
from tests.lab.explorer import START, explorer_call, shows
from tests.lab.notebook import Notebook
from tests.lab.server import LabServer

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def wheel(built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make wheel` does, by the packages that are here."""
    assert built_site == ROOT / "book" / "_build" / "html"
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel for teachers, as `make wheel` builds it."""
    out = tmp_path_factory.mktemp("answers")
    project = ROOT / "mha_lessons" / "classroom" / "answers"
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(out), str(project)]
    subprocess.run(command, check=True, capture_output=True)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; other packages are found where this one's are, not the checkout."""
    folder = tmp_path_factory.mktemp("laptop")
    venv.create(folder / "env", with_pip=True)
    python = folder / "env" / "bin" / "python"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder / "env")}))
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = [str(python), "-m", "pip", "install", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(command, check=True, capture_output=True)
    return python.parent


NOWHERE = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")


def run(installed: Path, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """As on a laptop: only the environment's own programs are on the path, and every proxy leads nowhere."""
    env = {"PATH": str(installed), "HOME": str(cwd), "COLUMNS": "200", **NOWHERE}
    return subprocess.run(
        [installed / command[0], *command[1:]], cwd=cwd, env=env, capture_output=True, text=True
    )


def test_the_wheel_carries_book_notebooks_and_widgets_and_stays_under_15_mb(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    chapters = {path.stem for path in (ROOT / "book").glob("*.md")}
    assert {f"mha_lessons/static/book/{name}.html" for name in chapters} <= names
    assert {f"mha_lessons/static/book/_downloads/{name}.ipynb" for name in chapters} <= names
    widgets = {path.parent.name for path in (ROOT / "widgets").glob("*/style.css")} - {"draw"}
    assert {f"mha_lessons/static/{name}.{kind}" for name in widgets for kind in ("js", "css")} <= names
    assert wheel.stat().st_size < 15e6


def test_the_wheel_carries_nothing_of_the_workshop(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"mha_lessons"}
    assert not [name for name in names if re.search(r"\.(ts|map|pyc)$|node_modules|conllu|\.tsv$", name)]


def test_no_answer_to_an_exercise_is_in_the_wheel_and_all_are_in_the_teachers(
    wheel: Path, answers: Path
) -> None:
    ours, theirs = zipfile.ZipFile(wheel), zipfile.ZipFile(answers)
    sources = [name for name in ours.namelist() if name.startswith("mha_lessons/exercises/sources/")]
    everything = "\n".join(ours.read(name).decode() for name in sources)
    for source in (ROOT / "mha_lessons" / "exercises" / "sources").glob("*.md"):
        text = source.read_text()
        assert theirs.read(f"mha_lessons_answers/{source.name}").decode() == text
        cut = ours.read(f"mha_lessons/exercises/sources/{source.name}").decode()
        assert "raise NotImplementedError()" in cut
        for solution in re.findall(r"### BEGIN SOLUTION\n(.*?) *### END SOLUTION", text, re.DOTALL):
            assert solution not in everything
        for told in text.split('+++ {"tags": ["explanation"]}')[1:]:
            assert told.strip().splitlines()[0] not in everything


def test_a_student_is_told_who_has_the_solution_and_a_teacher_reads_it(
    installed: Path, answers: Path, tmp_path: Path
) -> None:
    ask = "from mha_lessons.exercises import solution; print(solution('softmax'))"
    student = run(installed, "python", "-c", ask, cwd=tmp_path)
    assert "The solution of softmax is not in this installation" in student.stderr
    command = [
        installed / "python",
        "-m",
        "pip",
        "install",
        "--no-index",
        "--target",
        tmp_path / "more",
        answers,
    ]
    subprocess.run(command, check=True, capture_output=True)
    with_answers = f"import sys; sys.path.append({str(tmp_path / 'more')!r}); {ask}"
    teacher = run(installed, "python", "-c", with_answers, cwd=tmp_path)
    assert "def softmax" in teacher.stdout, teacher.stderr


def test_the_package_is_the_wheels_not_the_checkouts(installed: Path, tmp_path: Path) -> None:
    found = run(installed, "python", "-c", "import mha_lessons; print(mha_lessons.__file__)", cwd=tmp_path)
    assert str(installed.parent) in found.stdout, found.stderr


def test_the_module_and_a_widget_work_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    code = (
        "import torch; from mha_lessons import MultiHeadAttention; "
        "from mha_lessons.widgets import HeadExplorer; "
        "print(MultiHeadAttention(6, 3)(torch.zeros(1, 2, 6)).shape, len(str(HeadExplorer._esm)) > 10_000)"
    )
    found = run(installed, "python", "-c", code, cwd=tmp_path)
    assert found.stdout == "torch.Size([1, 2, 6]) True\n", found.stderr


def test_notebooks_come_out_of_the_wheel_ready(installed: Path, tmp_path: Path) -> None:
    found = run(installed, "mha-lessons", "notebooks", "lessons", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    chapters = {path.stem for path in (ROOT / "book").glob("*.md")}
    assert {path.stem for path in (tmp_path / "lessons").glob("*.ipynb")} == chapters


def test_doctor_finds_the_book_and_the_widgets_of_the_wheel(installed: Path, tmp_path: Path) -> None:
    found = run(installed, "mha-lessons", "doctor", cwd=tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    assert str(installed.parent / "lib") in found.stdout
    assert "missing" not in found.stdout


def test_read_serves_the_book_of_the_wheel_on_loopback(installed: Path, tmp_path: Path) -> None:
    env = {"PATH": str(installed), "HOME": str(tmp_path), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    command = [installed / "mha-lessons", "read", "--no-browser"]
    with subprocess.Popen(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            address = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
            assert address
            page = urllib.request.urlopen(address[0] + "capacity.html").read().decode()
            assert 'data-widget="cost_meter"' in page
        finally:
            server.terminate()


@pytest.fixture
def laptop(installed: Path, tmp_path: Path) -> Iterator[LabServer]:
    """JupyterLab in the fresh environment, with the front ends of the other packages, too."""
    share = Path(sys.prefix, "share", "jupyter")
    others = {
        "JUPYTER_PATH": str(share),
        "JUPYTERLAB_DIR": str(share / "lab"),
        "JUPYTER_CONFIG_PATH": str(Path(sys.prefix, "etc", "jupyter")),
    }
    server = LabServer(
        tmp_path, installed / "python", {"PATH": str(installed), "PYTHONPATH": "", **NOWHERE, **others}
    )
    yield server
    server.stop()


def test_a_widget_of_the_wheel_is_drawn_and_answers_in_the_jupyterlab_of_its_environment(
    installed: Path, laptop: LabServer, browser: Browser
) -> None:
    cells = ["import mha_lessons, shutil; from mha_lessons.widgets import HeadExplorer", explorer_call(START)]
    (laptop.folder / "wheel.ipynb").write_text(json.dumps(written(cells)))
    notebook = Notebook(browser, laptop, "wheel.ipynb")
    try:
        notebook.run_all()
        assert notebook.kernel.value("mha_lessons.__file__").startswith(str(installed.parent))
        assert notebook.kernel.value("shutil.which('node')") is None
        widget = notebook.explorers.first
        expect(widget).to_have_attribute("data-state", "ready")
        expect(widget.locator("[data-origin=kernel]")).to_contain_text("torch")
        show_numbers(widget)
        shows(notebook, widget, START)
        widget.locator("[name=num_heads]").fill("2")
        shows(notebook, widget, replace(START, num_heads=2))
        assert notebook.refused == [], "it asked for something that is not on this machine"
        assert notebook.errors == []
    finally:
        notebook.close()


@pytest.mark.second_tier
def test_the_sdist_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, "--sdist", str(ROOT)], check=True, capture_output=True)
    (sdist,) = tmp_path.glob("*.tar.gz")
    subprocess.run(["tar", "xf", sdist, "-C", tmp_path], check=True)
    (source,) = (path for path in tmp_path.iterdir() if path.is_dir())
    subprocess.run([*build, "--wheel", str(source)], check=True, capture_output=True)
    (again,) = tmp_path.glob("*.whl")
    assert set(zipfile.ZipFile(again).namelist()) == set(zipfile.ZipFile(wheel).namelist())
