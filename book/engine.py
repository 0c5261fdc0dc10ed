"""Runs Jupyter Book: executes the chapters and writes the page AST. Asks nothing of the network."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mha_lessons"
NOWHERE = "http://127.0.0.1:9/"  # the discard port: Jupyter Book asks npm for a newer version of itself
TROUBLE = ("⚠️", "⛔")
LAST_WORDS = 12  # lines
FLAKES = (
    "subshell creation failed",  # its executor and a busy kernel sometimes miss each other when a widget opens
    "fetch failed",  # and so do it and its own Jupyter server, when the machine is busy
)
TRIES = 3
PROGRESS = ("💿", "📖", "📚")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class BookError(Exception):
    """The book cannot be built; the message lists every problem with its place."""

    def __init__(self, problems: list[str]):
        self.problems = problems
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        lines = "\n".join("  - " + problem.replace("\n", "\n    ") for problem in problems)
        super().__init__(f"The book was not built: {count}. The last good one is untouched.\n{lines}")


def write_ast(source: Path) -> Path:
    """Execute the chapters in `source` and write their AST.

    Returns:
        The folder of the AST, `_build/site` in `source`.

    Raises:
        BookError: Jupyter Book warned of something, or a cell raised.
    """
    _forget_stale_outputs(source)
    for left in reversed(range(TRIES)):
        problems = _run(source)
        if not problems:
            return source / "_build" / "site"
        if not (left and any(flake in problem for flake in FLAKES for problem in problems)):
            break
        print("book: Jupyter Book lost touch with a kernel; trying again", flush=True)
    raise BookError(problems)


def _run(source: Path) -> list[str]:
    """Run Jupyter Book once; gives its problems."""
    done = source / "_build" / "logs" / "myst.build.json"
    done.unlink(missing_ok=True)
    command = [_program("jupyter-book"), "build", "--site", "--execute", "--strict"]
    with _process(command, source) as process:
        threading.Thread(target=_end_when, args=(process, done), daemon=True).start()
        said = list(_follow(process.stdout or ()))
        code = process.wait()
    problems = read_problems(said)
    if not (problems or done.exists()):
        problems = ["\n".join([f"jupyter-book ended with {code}; its last words:", *said[-LAST_WORDS:]])]
    return problems


def _follow(lines: Iterable[str]) -> Iterator[str]:
    """Jupyter Book's lines without colours; its progress is passed on as it comes."""
    for raw in lines:
        line = COLOUR.sub("", raw).rstrip()
        if line.startswith(PROGRESS):
            print(f"book: {line[1:].strip()}", flush=True)
        yield line


def _end_when(process: subprocess.Popen[str], done: Path) -> None:
    """End Jupyter Book once its log, the last thing it writes after success, is there: it would idle for 10 s."""
    while process.poll() is None:
        if done.exists():
            time.sleep(0.2)  # its own farewell to the Jupyter server
            _end_group(process)
            return
        time.sleep(0.1)


def _end_group(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):  # it left nothing behind
        os.killpg(process.pid, signal.SIGTERM)


def read_problems(lines: Iterable[str]) -> list[str]:
    """The warnings and errors in Jupyter Book's talk, each with the lines that explain it.

    >>> read_problems(["⛔️ a.md:3 no such page", "", "   it is b.md", "📖 Built b.md", "", "a.md", "  - ⛔ no such page"])
    ['a.md:3 no such page\\n\\n   it is b.md']
    """
    problems: list[str] = []
    open_ = False
    for line in lines:
        if line.startswith(TROUBLE):
            problems.append(line.lstrip("⚠⛔\ufe0f "))
            open_ = True
        elif line[:1] and ord(line[0]) > 0x2FFF:  # a picture sign: Jupyter Book talks of something else
            open_ = False
        elif open_:
            problems[-1] += f"\n{line}"
    return list(dict.fromkeys(problem.rstrip() for problem in problems))


def _forget_stale_outputs(source: Path) -> None:
    """Remove cached cell outputs if the package that computed them has changed since."""
    cache, stamp = source / "_build" / "execute", source / "_build" / "package.sha256"
    now = tree_hash(PACKAGE, "static")  # the built front end does not reach a cell's output
    if not stamp.is_file() or stamp.read_text() != now:
        shutil.rmtree(cache, ignore_errors=True)
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(now)


def tree_hash(folder: Path, leave_out: str = "") -> str:
    """One hash over the names and contents of all files below a folder, without the part called `leave_out`."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and inside.parts[0] != leave_out and "__pycache__" not in inside.parts:
            digest.update(str(inside).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@contextmanager
def _process(command: list[str], source: Path) -> Iterator[subprocess.Popen[str]]:
    """Jupyter Book in a process group of its own, so that a server it leaves behind ends with it."""
    process = subprocess.Popen(
        command,
        cwd=source,
        env=_environment(source),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end_group(process)
        process.wait()


def _environment(source: Path) -> dict[str, str]:
    """The environment of the run: our Python and its Node first, the package importable, root allowed in containers."""
    settings = source / "_build" / "jupyter"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "jupyter_server_config.json").write_text(json.dumps({"ServerApp": {"allow_root": True}}))
    paths = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    python_path = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PATH": os.pathsep.join(part for part in paths if part),
        "PYTHONPATH": os.pathsep.join(part for part in python_path if part),
        "JUPYTER_CONFIG_DIR": str(settings),
        "npm_config_registry": NOWHERE,
        "NO_COLOR": "1",
    }


def _program(name: str) -> str:
    path = Path(sys.executable).parent / name
    found = str(path) if path.exists() else shutil.which(name)
    if found is None:
        raise BookError([f"{name} is not installed: run `make setup`"])
    return found
