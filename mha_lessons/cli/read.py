"""`mha-lessons read`: the built book in a browser."""

from __future__ import annotations

import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Annotated

import typer

from mha_lessons.cli.console import Verbose, out, plain_errors
from mha_lessons.files import reason
from mha_lessons.problem import LessonError

EPILOG = (
    "Examples:\n\n"
    "  [bold]mha-lessons read[/]\n\n"
    "      serves the book on this machine only, and opens it\n\n"
    "  [bold]mha-lessons read --port 8080 --no-browser[/]\n\n"
    "      only prints the address"
)
PACKAGE = Path(__file__).parents[1]
PLACES = [PACKAGE / "static" / "book", PACKAGE.parent / "book" / "_build" / "html"]
FIRST_PORT, MOST_TRIES = 8000, 20


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def read(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port; default the first free one from 8000 on.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    verbose: Verbose = False,
) -> None:
    """Read the book in a browser; it is served from this machine, to this machine only."""
    with plain_errors(verbose):
        server = serve(find_book(), port)
    address = f"http://127.0.0.1:{server.server_port}/"
    out.print(f"Why many heads? is at [bold]{address}[/]  (Ctrl-C stops it)")
    with server:
        # In a thread: a browser of the terminal, such as w3m, comes back only when it is left.
        serving = Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            if browser and not webbrowser.open(address):
                out.print("No browser could be opened here: open the address in one.")
            serving.join()
        except KeyboardInterrupt:
            out.print("Stopped.")
        server.shutdown()


def find_book(places: list[Path] = PLACES) -> Path:
    """The folder with the built book.

    Raises:
        LessonError: there is none.
    """
    for place in places:
        if (place / "index.html").is_file():
            return place
    raise LessonError(
        "This installation has no built book: install the released wheel, or run `make site` in a clone."
    )


def serve(folder: Path, port: int | None) -> ThreadingHTTPServer:
    """A server of the folder on loopback; on the first free port from 8000 on, if none is asked for.

    Raises:
        LessonError: the port is taken, or all that were tried.
    """
    handler = partial(_Quiet, directory=str(folder))
    for each in [port] if port else range(FIRST_PORT, FIRST_PORT + MOST_TRIES):
        try:
            return ThreadingHTTPServer(("127.0.0.1", each), handler)
        except OSError as error:
            why = reason(error)
    if port:
        raise LessonError(f"Port {port} cannot be opened ({why}): choose another with --port.")
    last = FIRST_PORT + MOST_TRIES - 1
    raise LessonError(f"No port from {FIRST_PORT} to {last} can be opened ({why}): choose one with --port.")
