"""One notebook, open in a real JupyterLab: what a reader sees and does, and a way into its kernel."""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from jupyter_client.blocking.client import BlockingKernelClient
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, WebSocketRoute

from tests.lab.server import HOST, LabServer

ELSEWHERE = re.compile(rf"^(?!(https?|wss?)://{re.escape(HOST)}[:/]|data:|blob:)")
PATIENCE = 60  # seconds that a kernel may take to start and import torch

CELLS = """cells => cells.map(cell => [
    ["Code", "Markdown", "Raw"].find(type => cell.classList.contains(`jp-${type}Cell`)),
    cell.querySelector(".cm-content")?.textContent ?? ""])"""


def until(page: Page, claim: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait until `claim` holds, letting the page work meanwhile; `what` says what was awaited."""
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        page.wait_for_timeout(50)


class Kernel:
    """A second client of the notebook's kernel."""

    def __init__(self, connection_file: Path) -> None:
        # In a thread of its own: playwright's event loop runs in the tests' thread, and the client needs one.
        self._thread = ThreadPoolExecutor(1)
        self._client = BlockingKernelClient(connection_file=str(connection_file))
        self._thread.submit(self._connect).result()

    def run(self, code: str) -> None:
        """Run statements. An error in them is an error here."""
        self._execute(code)

    def value(self, expression: str) -> Any:
        """The value of an expression that JSON can carry."""
        answer = self._execute("import json", {"value": f"json.dumps({expression})"})["value"]
        if answer["status"] == "error":
            raise RuntimeError(f"{answer['ename']}: {answer['evalue']}")
        return json.loads(ast.literal_eval(answer["data"]["text/plain"]))

    def close(self) -> None:
        self._thread.submit(self._client.stop_channels).result()
        self._thread.shutdown()

    def _connect(self) -> None:
        self._client.load_connection_file()
        self._client.start_channels()
        self._client.wait_for_ready(PATIENCE)

    def _execute(self, code: str, expressions: dict[str, str] | None = None) -> dict[str, Any]:
        def ask() -> Any:
            return self._client.execute(
                code,
                store_history=False,
                user_expressions=expressions,
                allow_stdin=False,
                reply=True,
                timeout=PATIENCE,
            )

        content = self._thread.submit(ask).result()["content"]
        if content["status"] == "error":
            raise RuntimeError("\n".join(content["traceback"]))
        return dict(content["user_expressions"])


class Watch:
    """What the pages of a context asked for that is not on this machine, and the errors they reported."""

    def __init__(self, context: BrowserContext) -> None:
        self.refused: list[str] = []
        self.errors: list[str] = []
        context.route(ELSEWHERE, self._refuse)
        context.route_web_socket(ELSEWHERE, self._refuse_socket)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)

    def _refuse(self, route: Route) -> None:
        self.refused.append(route.request.url)
        route.abort()

    def _refuse_socket(self, socket: WebSocketRoute) -> None:
        self.refused.append(socket.url)
        socket.close()


class Notebook:
    """A notebook in a page of its own, with the requests it was refused and the errors it reported."""

    def __init__(self, browser: Browser, server: LabServer, path: str) -> None:
        self.path = server.folder / path
        self._server = server
        self._kernel: Kernel | None = None
        self._context = browser.new_context(
            viewport={"width": 1300, "height": 1000}, color_scheme="light", service_workers="block"
        )
        watch = Watch(self._context)
        self.refused, self.errors = watch.refused, watch.errors
        self.page = self._context.new_page()
        self.page.set_default_timeout(30_000)
        self.page.goto(server.address(path))
        self._cells.first.wait_for(timeout=PATIENCE * 1000)
        self.kernel_id = self._stable_kernel()

    @property
    def _cells(self) -> Locator:
        return self.page.locator(".jp-NotebookPanel .jp-Notebook .jp-Cell")

    @property
    def explorers(self) -> Locator:
        """Every mounted HeadExplorer."""
        return self.page.locator('[data-widget="head_explorer"]')

    def cells(self) -> list[list[str]]:
        """Type and text of each cell, as JupyterLab shows them."""
        return list(self._cells.evaluate_all(CELLS))

    def cell_count(self) -> int:
        return self._cells.count()

    def output(self, cell: int) -> Locator:
        """What stands below a cell."""
        return self._cells.nth(cell).locator(".jp-OutputArea").first

    def complaints(self) -> list[str]:
        """What cells wrote to stderr, errors and warnings; JupyterLab shows a traceback as such, too."""
        shown = self._cells.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"]')
        return shown.all_inner_texts()

    def prompt(self, cell: int) -> str:
        """The number of the execution beside a cell, such as `[3]:`; a folded cell has it at its output."""
        prompts = self._cells.nth(cell).locator(".jp-InputPrompt, .jp-OutputPrompt").all_text_contents()
        return next((text for text in prompts if text), "")

    def enter_command_mode(self, cell: int) -> None:
        """Choose a cell so that plain keys are JupyterLab's."""
        self._cells.nth(cell).locator(".jp-InputPrompt").first.click()
        self.page.keyboard.press("Escape")

    def run_all(self) -> None:
        """Run each cell with Shift+Enter, one after the other, as a reader does."""
        count = self.cell_count()
        self.enter_command_mode(0)
        for cell in range(count):
            self._run(cell)
        assert self._stable_kernel() == self.kernel_id, "JupyterLab changed the kernel under the notebook"

    def add_cell(self, code: str) -> int:
        """Type a cell into the empty one that JupyterLab keeps at the end, run it, and give its place."""
        cell = self.cell_count() - 1
        self._cells.nth(cell).locator(".cm-content").click()
        self.page.keyboard.insert_text(code)
        self._run(cell)
        return cell

    def run_again(self, cell: int) -> None:
        self.enter_command_mode(cell)
        self._run(cell)

    def delete_cell(self, cell: int) -> None:
        count = self.cell_count()
        self.enter_command_mode(cell)
        self.page.keyboard.press("d")
        self.page.keyboard.press("d")
        until(self.page, lambda: self.cell_count() == count - 1, "the cell to go")

    def choose_theme(self, name: str) -> None:
        """By the command palette, as JupyterLab's users do."""
        self.page.keyboard.press("Control+Shift+c")
        self.page.locator(".jp-ModalCommandPalette input").wait_for()
        self.page.keyboard.insert_text(f"Use Theme: {name}")
        self.page.locator(".jp-ModalCommandPalette .lm-CommandPalette-item.lm-mod-active").wait_for()
        self.page.keyboard.press("Enter")
        dark = "false" if "Dark" in name else "true"
        self.page.locator(f'body[data-jp-theme-light="{dark}"]').wait_for(state="attached")

    @property
    def kernel(self) -> Kernel:
        if self._kernel is None:
            self._kernel = Kernel(self._server.runtime / f"kernel-{self.kernel_id}.json")
        return self._kernel

    def close(self) -> None:
        if self._kernel is not None:
            self._kernel.close()
        self._context.close()

    def _run(self, cell: int) -> None:
        """Run the chosen cell, and wait for the number of its execution."""
        code = self.cells()[cell][0] == "Code"
        before = self.prompt(cell)
        self.page.keyboard.press("Shift+Enter")
        if code:
            until(
                self.page,
                lambda: self.prompt(cell) != before and bool(re.fullmatch(r"\[\d+\]:", self.prompt(cell))),
                f"cell {cell} to have run",
                PATIENCE,
            )

    def _stable_kernel(self) -> str:
        """The kernel, once it is the only one, idle, for half a second: JupyterLab may start a second one."""
        seen: list[str] = []

        def stable() -> bool:
            found = [
                session["kernel"]
                for session in self._server.get("sessions")
                if session["path"] == self.path.name
            ]
            ready = len(found) == 1 and found[0]["execution_state"] == "idle" and found[0]["connections"] > 0
            seen.append(found[0]["id"] if ready else "")
            return len(seen) >= 10 and seen[-1] != "" and len(set(seen[-10:])) == 1

        until(self.page, stable, "one stable idle kernel", PATIENCE)
        return seen[-1]


class OpenNotebook(Protocol):
    """Write a notebook of code cells, or take a written one, open it in a fresh kernel and run every cell."""

    def __call__(self, name: str, cells: list[str] | None = None) -> Notebook: ...
