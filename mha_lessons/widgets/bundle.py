"""Where the built front end lies, with an error that says how to build it."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent.parent / "static"


def bundle(file: str) -> Path:
    """Path of a built file of the front end, such as `head_explorer.js`.

    Raises:
        FileNotFoundError: the file is not there, because the front end has not been built.
    """
    path = STATIC / file
    if not path.exists():
        raise FileNotFoundError(
            f"the widget bundle {file} is not built; run `make setup` in the checkout, "
            "or install a released wheel, which carries it"
        )
    return path
