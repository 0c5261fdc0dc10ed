"""Find a Chromium or Chrome of this machine."""

from __future__ import annotations

import os
import shutil
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
