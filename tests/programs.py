"""The programs that the tests need: Chromium and bubblewrap. Run as a module it installs those not there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.browser.chromium import find_chromium


@dataclass(frozen=True)
class Program:
    """What it is for, how it is found, and the package of Debian that brings it."""

    purpose: str
    find: Callable[[], str | None]
    package: str
    otherwise: str = ""


PROGRAMS = (
    Program("browser", find_chromium, "chromium", ", or set CHROMIUM to the path of a Chromium or Chrome"),
    Program("sandbox", lambda: shutil.which("bwrap"), "bubblewrap"),
)


def install(package: str) -> None:
    """Ask the system for a package, where there is apt-get; whether it came is seen by looking again."""
    if shutil.which("apt-get"):
        print(f"== no {package} on this machine: installing Debian's package", flush=True)
        admin = [] if os.geteuid() == 0 else ["sudo", "-n"]
        words = ["apt-get", "install", "--yes", "--no-install-recommends", package]
        with suppress(FileNotFoundError):  # no sudo
            subprocess.run([*admin, "apt-get", "update", "-qq"], check=False)
            subprocess.run([*admin, *words], check=False)


def main() -> int:
    """Say which programs the tests use, installing from the system's packages those that are not there."""
    absent = 0
    for program in PROGRAMS:
        if not program.find():
            install(program.package)
        if path := program.find():
            print(f"== {program.purpose} for the tests: {path}")
            continue
        absent += 1
        print(
            f"the tests need a {program.purpose}, and none was found: install {program.package} with your "
            f"system's packages (Debian and Ubuntu: apt-get install {program.package}){program.otherwise}",
            file=sys.stderr,
        )
    return min(absent, 1)


if __name__ == "__main__":
    sys.exit(main())
