"""What a notebook finds in the sandbox: Python, its libraries, and nothing else."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from pathlib import Path

import pytest

from mha_lessons.classroom import sandbox
from mha_lessons.classroom.limits import MIB, Ended, Limits
from mha_lessons.classroom.problem import SandboxError
from mha_lessons.classroom.sandbox import check_sandbox, libraries, python, sandboxed
from mha_lessons.classroom.watcher import watch
from tests.classroom.commands import need_sandbox

REPOSITORY = Path(__file__).parents[2]
LIMITS = Limits(seconds=20, memory=300 * MIB, processes=8, output=MIB, files=2 * MIB)


@pytest.fixture(autouse=True)
def _sandbox() -> None:
    need_sandbox()


def inside(code: str, folder: Path, limits: Limits = LIMITS, hidden: tuple[Path, ...] = ()) -> Ended:
    """What comes of Python code in the sandbox, which first says that it is ready."""
    words = [*python(), "-c", f"print('ready', flush=True)\n{code}"]
    command = sandboxed(words, limits, inside=folder, hidden=hidden)
    return watch(command, b"", limits, ready=b"ready\n")


def said(ended: Ended) -> str:
    assert (ended.reason, ended.code) == ("", 0), ended
    return ended.results.decode().removeprefix("ready\n")


def test_the_net_is_not_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), timeout=5)"
        ended = inside(code, tmp_path)
    assert ended.code == 1
    assert "ConnectionRefusedError" in ended.noise or "unreachable" in ended.noise


def test_homes_the_clone_and_a_shell_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the answers")
    places = [Path.home() / ".bashrc", REPOSITORY / "pyproject.toml", tmp_path / "secret.txt"]
    places += [Path("/etc/passwd"), Path("/bin/sh"), Path("/usr/bin/env"), Path("/srv"), Path("/var")]
    code = f"import os; print([p for p in {[str(place) for place in places]} if os.path.exists(p)])"
    assert said(inside(code, tmp_path)) == "[]\n"


def test_answers_are_hidden_where_they_lie_among_the_libraries(tmp_path: Path) -> None:
    (library,) = [Path(path) for path in libraries() if (Path(path) / "torch").is_dir()]
    code = (
        f"import os; print(os.path.exists({str(library / 'torch')!r}), "
        f"os.listdir({str(library / 'nbgrader')!r}), os.listdir({str(library / 'psutil')!r}))"
    )
    assert said(inside(code, tmp_path, hidden=(library / "psutil",))) == "True [] []\n"


def test_libraries_in_a_temporary_folder_are_there_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # where the sandbox has a folder of its own
        (Path(folder) / "far.py").write_text("said = 'here'")
        monkeypatch.setattr(sandbox, "libraries", lambda: [folder])
        code = f"import sys; sys.path.append({folder!r}); import far; print(far.said)"
        assert said(inside(code, tmp_path)) == "here\n"


def test_only_small_folders_in_memory_can_be_written(tmp_path: Path) -> None:
    """Nothing is written where it should not be: opening for writing is all that is tried."""
    code = """
import os
for path in ("/tmp/a", "/dev/shm/a", "/a", "/dev/a", "/answers/a", "/usr/lib/a", "/proc/self/oom_score_adj"):
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT)); print(path)
    except OSError:
        pass
try:
    open("/tmp/big", "wb").write(bytes(3_000_000))
except OSError as error:
    print(error.strerror)
"""
    assert said(inside(code, tmp_path)) == "/tmp/a\n/dev/shm/a\nNo space left on device\n"
    assert not list(tmp_path.iterdir())


def test_no_setting_of_the_kernel_can_be_changed_even_where_root_grades(
    tmp_path: Path,
) -> None:
    code = """
import os
for folder, _, names in os.walk("/proc/sys"):
    for name in names:
        try:
            os.close(os.open(os.path.join(folder, name), os.O_WRONLY)); print(folder, name)
        except OSError:
            pass
for name in ("sysrq-trigger", "irq/default_smp_affinity", "mtrr"):
    try:
        os.close(os.open("/proc/" + name, os.O_WRONLY)); print(name)
    except OSError:
        pass
"""
    assert said(inside(code, tmp_path)) == ""


def test_other_processes_and_this_environment_are_not_to_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "of the teacher")
    code = """
import os
print(len([name for name in os.listdir("/proc") if name.isdigit()]))
names = [name for name in os.listdir("/proc") if name.isdigit() and name != "1"]
found = [open(f"/proc/{name}/environ").read() for name in names]
print("A_SECRET" in os.environ, any("A_SECRET" in each for each in found), os.getuid(), os.uname().nodename)
try:
    print("A_SECRET" in open("/proc/1/environ").read())
except OSError:
    print(False)
"""
    assert said(inside(code, tmp_path)) == "2\nFalse False 1000 sandbox\nFalse\n"


def test_no_further_namespace_can_be_made(tmp_path: Path) -> None:
    code = "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True); print(libc.unshare(0x10000000))"
    assert said(inside(code, tmp_path)) == "-1\n"


def test_children_that_outlive_their_parent_end_with_the_sandbox(tmp_path: Path) -> None:
    """The child keeps the pipe open: were it still there, the watcher would wait for it."""
    started = time.monotonic()
    code = "import os, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(60)"
    said(inside(code, tmp_path))
    assert time.monotonic() - started < 15


def test_a_sandbox_that_does_not_work_is_the_machine_s_fault_and_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    sandbox._trouble.cache_clear()
    try:
        with pytest.raises(
            SandboxError, match=r"does not work here \(setting up uid map: Permission denied\)"
        ):
            check_sandbox()
    finally:
        sandbox._trouble.cache_clear()
