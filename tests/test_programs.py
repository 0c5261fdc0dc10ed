"""Setting up the programs of the tests, on machines where that cannot be done."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import programs


def test_without_rights_and_sudo_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    wanted = programs.Program("sandbox", lambda: shutil.which("bwrap"), "bubblewrap")
    monkeypatch.setattr(programs, "PROGRAMS", (wanted,))
    assert programs.main() == 1
    assert "apt-get install bubblewrap" in capsys.readouterr().err
