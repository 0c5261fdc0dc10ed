"""Find a Chromium or Chrome of this machine; run as a module it installs Debian's where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"

# No sandbox as root; nothing that calls home.
ARGUMENTS = [
    *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]


def find_chromium() -> str | None:
    """Path of the browser, or None. The variable CHROMIUM overrides the search."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES), MAC]
    return next((path for path in candidates if path and Path(path).exists()), None)


def main() -> int:
    """Say which browser the tests use, installing one from the system's packages if there is none."""
    if path := find_chromium():
        print(f"== browser for the tests: {path}")
        return 0
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
    admin = [] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get"):
        print("== no Chromium on this machine: installing Debian's package", flush=True)
        subprocess.run([*admin, "apt-get", "update", "-qq"], check=False)
        subprocess.run([*admin, *install], check=False)
    if path := find_chromium():
        print(f"== browser for the tests: {path}")
        return 0
    print(
        "the tests need Chromium or Chrome, and none was found: install it with your system's packages "
        "(Debian and Ubuntu: apt-get install chromium), or set CHROMIUM to its path",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
