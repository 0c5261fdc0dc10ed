"""A class on one server, an example: run `jupyterhub -f jupyterhub_config.py` in the course's folder.

Needs `pip install 'mha-lessons[hub]'` and the hub's proxy, `npm install -g configurable-http-proxy`.
Students are those of students.csv; they log in with the password in hub/password, which the first start
makes.

This is for trying it out on one machine: every server runs under the account that started the hub, so
students could read each other's files. For a class, change the two lines marked CLASS, or take a chart that
exists: The Littlest JupyterHub for one machine, Zero to JupyterHub for Kubernetes. What stays is the lessons
and the exchange.
"""

import csv
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from traitlets.config import get_config

COURSE = Path(__file__).resolve().parent
HUB = COURSE / "hub"
HUB.mkdir(exist_ok=True)
c = get_config()


def students() -> set[str]:
    """The column id of the list that nbgrader takes, too."""
    with (COURSE / "students.csv").open(newline="", encoding="utf-8") as file:
        return {row["id"] for row in csv.DictReader(file)}


def password() -> str:
    """One for the class, readable by its teacher alone."""
    kept = HUB / "password"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(12), encoding="utf-8")
    return kept.read_text(encoding="utf-8").strip()


def bring_lessons(spawner: Any) -> None:
    """Put the chapters into the student's home; a notebook the student changed stays as it is."""
    from mha_lessons.notebooks import save
    from mha_lessons.notebooks.lessons import lessons

    for _ in save(lessons(), HOMES / spawner.user.name / "lessons"):
        pass


# --- who may come -----------------------------------------------------------------------------------------
c.JupyterHub.authenticator_class = "shared-password"  # CLASS: your school's, as in the hub's documentation
c.SharedPasswordAuthenticator.user_password = password()
c.Authenticator.allowed_users = students()

# --- where their servers run ------------------------------------------------------------------------------
HOMES = COURSE / "homes"
# CLASS: systemd, docker or kube, each student an account or a container
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(HOMES / "{username}")
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
c.Spawner.pre_spawn_hook = bring_lessons
c.Spawner.default_url = "/lab/tree/lessons/index.ipynb"
c.Spawner.mem_limit = "2G"  # the simple spawner cannot hold anyone to it; those for a class can
c.Spawner.environment = {"JUPYTER_CONFIG_PATH": str(COURSE / "student")}  # says where the exchange is

# --- what the hub keeps, and where it listens -------------------------------------------------------------
PORT = int(os.environ.get("HUB_PORT", "8000"))
c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"  # this machine only; put a server with TLS before it
c.JupyterHub.hub_port = PORT + 1
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 2}"
c.ConfigurableHTTPProxy.pid_file = str(HUB / "proxy.pid")
c.JupyterHub.db_url = f"sqlite:///{HUB / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(HUB / "cookie_secret")
