"""What the kernel holds a notebook to, tried from inside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mha_lessons.classroom import kernel
from mha_lessons.classroom.grading import grade
from tests.classroom.commands import need_sandbox
from tests.classroom.pupils import RIGHT
from tests.classroom.test_grading import job

SYSTEM_PYTHON = Path("/usr/bin/python3")
NOBODY = 65534
HOARD = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
name = libc.shmget(0, 100 << 20, 0o1600)
place = libc.shmat(name, None, 0)
ctypes.memset(place, 1, 100 << 20)
libc.shmdt(ctypes.c_void_p(place))
print("hidden", name)
"""
FORKS = """
import os, sys, time
sys.path.insert(0, "/kernel")
import kernel
kernel.limit({"seconds": 9, "memory": 1 << 30, "files": 1 << 20, "threads": 20})
made = 0
try:
    for _ in range(60):
        if os.fork() == 0:
            time.sleep(2)
            os._exit(0)
        made += 1
except OSError:
    pass
print(kernel.counted_apart(), made)
"""


def ran(code: str) -> str:
    """What a fresh Python prints."""
    words = [sys.executable, "-c", code]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout


def test_memory_that_no_process_has_is_refused_which_a_plain_process_gets(tmp_path: Path) -> None:
    """A segment that is written and let go is in nobody's memory; it ends with the test's own removal."""
    need_sandbox()
    kept = tmp_path / "segment"
    plain = ran(f"{HOARD}open({str(kept)!r}, 'w').write(str(name)); libc.shmctl(name, 0, None)")
    assert plain.startswith("hidden")
    assert int(kept.read_text()) >= 0
    result = grade(
        job(
            "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
            "libc.shmget(0, 1 << 20, 0o1600), libc.semget(0, 1, 0o1600), libc.msgget(0, 0o1600), "
            "ctypes.get_errno()",
            "os.memfd_create('x')",
            RIGHT,
            "",
        )
    )
    assert result.texts["c0"][0] == "(-1, -1, -1, 38)\n"
    assert result.texts["c1"][1] == "OSError: [Errno 38] Function not implemented"
    assert result.points == 5.0


def test_a_notebook_has_a_keyring_of_its_own() -> None:
    """In that of the session, one notebook could leave words for the next."""
    own = """
import ctypes, os
from mha_lessons.classroom.kernel import join_keyring
number = {'x86_64': 250, 'aarch64': 219}[os.uname().machine]
ring = lambda: ctypes.CDLL(None).syscall(number, 0, -3, 0)  # KEYCTL_GET_KEYRING_ID of the session's
before = ring(); join_keyring(); print(before, ring())
"""
    done = subprocess.run([sys.executable, "-c", own], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert min(before, after) > 0
    assert before != after


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder with the module that every user of this machine can read."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copy(kernel.__file__, folder)
        (folder / "kernel.py").chmod(0o644)
        yield folder


@pytest.mark.skipif(not SYSTEM_PYTHON.exists(), reason="a Python that every user can read")
@pytest.mark.parametrize("user", ["root", "another"])
def test_a_crowd_of_processes_is_refused_by_the_kernel_unless_root_grades(shared: Path, user: str) -> None:
    """Sixty forks, which end by themselves. Root is bound by the watcher alone."""
    need_sandbox()
    is_root = os.geteuid() == 0
    if user == "root" and not is_root:
        pytest.skip("only root can try what root may do")
    if not kernel_is_new():
        pytest.skip("Linux 5.14 counts processes by namespace")
    command = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"]
    command += ["--uid", "1000", "--gid", "1000", "--die-with-parent", "--ro-bind", "/usr", "/usr"]
    for name in ("lib", "lib64"):
        command += ["--symlink", f"usr/{name}", f"/{name}"]
    command += ["--ro-bind", str(shared), "/kernel", "--proc", "/proc", "--dev", "/dev"]
    command += ["--", str(SYSTEM_PYTHON), "-I", "-B", "-c", FORKS]
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if is_root and user == "another" else {}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/", **who)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    apart, made = done.stdout.split()
    assert apart == "True"
    assert int(made) == 60 if user == "root" else 30 < int(made) < 40


def kernel_is_new() -> bool:
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2]) >= kernel.OWN_COUNT
