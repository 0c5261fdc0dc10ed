"""A JupyterLab of the tests' own: on loopback, with nothing of the user's in it, ended by its pid."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import mha_lessons

HOST = "127.0.0.1"
PATIENCE = 90  # seconds: a cold disk and one busy core
QUIET = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "apputils-extension/themes": {"theme": "JupyterLab Light"},
}


class LabServer:
    """`jupyter lab` over a folder of its own. `folder` is what the file browser shows.

    Args:
        home: the user's home: an empty folder, or one with what there is to open, in `lessons`.
        python: what runs JupyterLab and its kernels.
        environment: variables that are other than in these tests, such as the path to the package.
    """

    def __init__(
        self,
        home: Path,
        python: Path = Path(sys.executable),
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        if find_spec("jupyterlab") is None:
            raise RuntimeError("JupyterLab is not installed: run `make setup`, or `pip install -e '.[test]'`")
        self.folder = home / "lessons"
        self.runtime = home / "runtime"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._log = home / "lab.log"
        self._token = secrets.token_hex(16)
        self._authorization = {"Authorization": f"token {self._token}"}
        self._port = _free_port()
        _write_settings(home / "settings")
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                self._command(python),
                env={**_environment(home, self.runtime), **environment},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that Ctrl-C ends the tests, which then end the server
            )
        try:
            wait_for(self._process, self._port, "/api/status", self._log, self._authorization)
        except BaseException:
            self.stop()
            raise

    def address(self, notebook: str) -> str:
        """Where a notebook opens, in a fresh workspace."""
        return f"http://{HOST}:{self._port}/lab/tree/{notebook}?reset&token={self._token}"

    def get(self, path: str) -> Any:
        """An answer of the server's REST interface."""
        connection = http.client.HTTPConnection(HOST, self._port, timeout=10)
        try:
            connection.request("GET", f"/api/{path}", headers=self._authorization)
            return json.load(connection.getresponse())
        finally:
            connection.close()

    def stop(self) -> None:
        """End the server, which ends its kernels."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _command(self, python: Path) -> list[str]:
        as_root = hasattr(os, "geteuid") and os.geteuid() == 0
        return [
            *(str(python), "-m", "jupyterlab", "--no-browser"),
            *(["--allow-root"] if as_root else []),
            f"--ServerApp.ip={HOST}",
            f"--ServerApp.port={self._port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.folder}",
            f"--IdentityProvider.token={self._token}",
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--LabApp.extension_manager=readonly",
        ]


def wait_for(
    process: subprocess.Popen[bytes],
    port: int,
    path: str,
    log: Path,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Wait until a server answers a path with 200, or say what it said."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        connection = http.client.HTTPConnection(HOST, port, timeout=10)
        try:
            connection.request("GET", path, headers=dict(headers))
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start; it said:\n{log.read_text()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _environment(home: Path, runtime: Path) -> dict[str, str]:
    """The user's environment less the user's Jupyter; the kernel imports the package that is tested."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    folders = {
        "HOME": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": runtime,
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "PYTHONPATH": Path(mha_lessons.__file__).parent.parent,
    }
    return {**env, **{name: str(path) for name, path in folders.items()}, "OMP_NUM_THREADS": "1"}


def _write_settings(folder: Path) -> None:
    for name, values in QUIET.items():
        path = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
