"""A JupyterHub of the tests' own over a course: on loopback, its proxy included, ended by its pid."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import mha_lessons
from tests.lab.server import HOST, wait_for

PORTS = 3
"""The hub's proxy listens, then the hub, then the proxy's own interface, one after the other."""
PROXY = Path(__file__).parents[2] / "widgets" / "node_modules" / ".bin"


class Hub:
    """`jupyterhub -f jupyterhub_config.py` as `mha-lessons classroom init` wrote it."""

    def __init__(self, course: Path) -> None:
        self.port = _free_ports()
        self._log = course / "hub.log"
        keep = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", "jupyterhub_config.py"],
                env={
                    **keep,
                    "HUB_PORT": str(self.port),
                    "PATH": f"{PROXY}{os.pathsep}{keep['PATH']}",
                    "PYTHONPATH": str(Path(mha_lessons.__file__).parents[1]),
                },
                cwd=course,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_for(self._process, self.port, "/hub/login", self._log)
        except BaseException:
            self.stop()
            raise

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}/"

    def stop(self) -> None:
        """End the hub, which ends its proxy and the students' servers; what stays is ended with its group."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _free_ports() -> int:
    """The first of three ports side by side that nobody listens on."""
    for first in range(20_000 + os.getpid() % 10_000, 60_000, PORTS):
        try:
            for port in range(first, first + PORTS):
                with socket.socket() as probe:
                    probe.bind((HOST, port))
        except OSError:
            continue
        return first
    raise RuntimeError("no three free ports side by side")
