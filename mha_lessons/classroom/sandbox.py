"""Where a notebook runs: a bubblewrap sandbox that holds Python and its libraries, and nothing else.

No network, no shell, no home, no course: what is not named here is not there. All that is writable is small
and in memory, and goes away with it. How much a notebook may use is the watcher's business (`limits`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from mha_lessons.classroom.limits import Limits
from mha_lessons.classroom.problem import SandboxError

INSIDE = Path("/answers")
"""Where the sandbox has the program that runs the notebook."""
HOME = "/tmp"
ENVIRONMENT = {
    "HOME": HOME,
    "USER": "student",
    "PATH": "/usr/bin",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "IPYTHONDIR": HOME,
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": HOME,
}
HOW_TO_INSTALL = (
    "install bubblewrap (Debian and Ubuntu: apt-get install bubblewrap; Fedora: dnf install bubblewrap)"
)
UNSAFE = "or give --unsafe, which runs what students wrote with all that you may do yourself"
SECRET = ("mha_lessons", "mha_lessons_answers", "nbgrader")
"""Packages that hold answers, or lead to them."""


def check_sandbox() -> None:
    """Make sure that notebooks can run safely here.

    Raises:
        SandboxError: there is no bubblewrap, or it does not work.
    """
    if sys.platform != "linux":
        raise SandboxError(
            f"Grading needs the sandbox bubblewrap, which is for Linux alone: grade there, {UNSAFE}."
        )
    if shutil.which("bwrap") is None:
        raise SandboxError(f"Grading needs a sandbox, and there is none: {HOW_TO_INSTALL}, {UNSAFE}.")
    if trouble := _trouble():
        raise SandboxError(
            f"The sandbox does not work here ({trouble}): bubblewrap 0.8 and user namespaces are needed; "
            f"allow them, {UNSAFE}."
        )


@cache
def _trouble() -> str:
    """What bubblewrap says where it cannot make a sandbox; "" where it can."""
    command = sandboxed([*python(), "-c", "pass"], Limits(), inside=Path(__file__).parent, hidden=())
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, env=ENVIRONMENT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def python() -> list[str]:
    """The interpreter without site: no .pth file is followed, so a package in a clone is not found either."""
    real = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    return [str(real), "-I", "-S", "-B", "-X", "utf8"]


def libraries() -> list[str]:
    """Folders in which Python finds installed packages."""
    named = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    named |= {path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")}
    torch = find_spec("torch")
    if torch is not None and torch.origin:
        named.add(str(Path(torch.origin).parents[1]))
    return sorted(path for path in named if Path(path).is_dir())


def sandboxed(words: Sequence[str], limits: Limits, *, inside: Path, hidden: Sequence[Path]) -> list[str]:
    """The command that runs these words in a sandbox.

    Args:
        words: the command.
        limits: for the sizes of what is writable.
        inside: a folder that the sandbox sees as `INSIDE`.
        hidden: folders that it must not see, wherever they are.
    """
    visible = list(_visible())
    command = [shutil.which("bwrap") or "bwrap"]
    command += ["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"]
    command += ["--uid", "1000", "--gid", "1000", "--hostname", "sandbox"]
    command += ["--die-with-parent", "--new-session", "--clearenv"]
    for name, value in ENVIRONMENT.items():
        command += ["--setenv", name, value]
    # Before what is visible: an environment may lie in a folder below, and would be covered by it.
    command += ["--size", str(limits.files), "--tmpfs", HOME]
    for path in visible:
        command += ["--ro-bind", str(path), str(path)]
    for link in ("/lib", "/lib64"):
        if os.path.islink(link):
            command += ["--symlink", os.readlink(link), link]
    for path in _covered(visible, hidden):
        command += ["--size", "4096", "--tmpfs", str(path), "--remount-ro", str(path)]
    command += ["--ro-bind", str(inside), str(INSIDE)]
    # Where root grades, a process in here is root's to the kernel's eyes, and /proc/sys would be writable.
    command += ["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"]
    command += ["--size", str(limits.files), "--tmpfs", "/dev/shm"]
    command += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME]
    return [*command, "--", *words]


def _visible() -> Iterator[Path]:
    """Python, its libraries, and what both are linked with."""
    prefixes = {Path(sys.base_prefix), Path(sys.base_exec_prefix), Path("/usr")}
    wanted = [prefix / name for prefix in prefixes for name in ("lib", "lib64")]
    wanted += [Path(name) for name in ("/lib", "/lib64") if not os.path.islink(name)]
    wanted += [Path(path) for path in libraries()]
    wanted += [Path(python()[0]), Path("/etc/ld.so.cache"), Path("/etc/alternatives")]
    for path in sorted(set(wanted)):
        if path.exists():
            yield path


def _covered(visible: Sequence[Path], hidden: Sequence[Path]) -> Iterator[Path]:
    """What lies in a visible folder and must not be seen."""
    homes = {Path(path) for path in libraries()}
    for prefix in (sys.base_prefix, "/usr"):
        homes.update(Path(prefix).glob("lib*/python3*/*-packages"))
    places = [home / name for home in homes for name in SECRET]
    for path in sorted({*places, *(each.resolve() for each in hidden)}):
        if path.is_dir() and any(path.is_relative_to(each) for each in visible):
            yield path
