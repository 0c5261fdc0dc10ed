"""The program in the sandbox: runs a notebook's cells in order, and hands over what its answers give.

It stands alone, beside `kernel.py` and copies of `case.py`, `look.py` and `run.py` of `exercises`, and knows
no right answer.
What the notebook does to it, or to torch and numpy here, it does to its own results alone: the judge is
outside.

    standard input     a line of JSON: libraries, limits, cells, sizes; then the cases of each check, as npz
    standard output    lines of JSON, each with a "kind": ready, cell, outcome (an npz follows), end
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any

MOST_TEXT = 20_000
"""Characters of a cell's output that are kept."""


class Output(io.TextIOBase):
    """Takes all that is printed, and keeps the start."""

    def __init__(self) -> None:
        self.kept, self.size = "", 0

    def writable(self) -> bool:
        """As IPython asks."""
        return True

    def write(self, text: str) -> int:
        """Keep it as long as there is room."""
        self.size += len(text)
        self.kept += text[: MOST_TEXT - len(self.kept)]
        return len(text)

    def text(self) -> str:
        """What was kept, and how much was not."""
        cut = self.size - len(self.kept)
        return self.kept + (f"\n[{cut} more characters were left out]" if cut else "")


class Teller:
    """Writes where results go. What a notebook starts does not inherit that, and its prints go elsewhere."""

    def __init__(self) -> None:
        self._fd = os.dup(1)
        os.dup2(2, 1)

    def tell(self, kind: str, data: bytes = b"", **said: Any) -> None:
        """Every byte is handed over before this returns: what comes next may end the process."""
        head = json.dumps({"kind": kind, **said, "size": len(data)}).encode() + b"\n"
        left = memoryview(head + data)
        while left:
            left = left[os.write(self._fd, left) :]


def main() -> None:
    """Read the job, get ready, run the cells."""
    with open(0, "rb", closefd=False) as file:
        job = json.loads(file.readline())
        checks = [file.read(size) for size in job["sizes"]]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]
    import kernel

    kernel.join_keyring()
    kernel.refuse_calls()  # first: threads that a library starts are bound, too
    sys.path += job["libraries"]
    teller = Teller()
    import torch
    from answers_inside import case, run
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    torch.set_num_threads(1)
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 0
    shell = InteractiveShell.instance(config=config)
    kernel.limit(job["limits"])
    teller.tell("ready")
    for cell in job["cells"]:
        if cell["check"] is None:
            execute(shell, cell, teller)
        else:
            hand_over(
                shell.user_ns, case.unpack(checks[cell["check"]]), cell["id"], teller, case.pack, run.run
            )
    teller.tell("end")
    os._exit(0)  # neither the notebook's threads nor what it left for the end


def execute(shell: Any, cell: dict[str, Any], teller: Teller) -> None:
    """Run a cell as a notebook does; whatever it raises, the next one comes."""
    output = Output()
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = output
    error: BaseException | None = None
    value = None
    try:
        result = shell.run_cell(cell["source"], store_history=False)
        error = result.error_before_exec or result.error_in_exec
        value = result.result
    except BaseException as raised:  # of IPython itself, once a notebook has changed it
        error = raised
    sys.stdout, sys.stderr = before
    said = None if error is None else words(error)
    shown = repr(value)[:100] if type(value) in (int, float) else None
    teller.tell("cell", id=cell["id"], text=output.text(), error=said, value=shown)


def hand_over(names: Any, cases: Any, cell: str, teller: Teller, pack: Any, run: Any) -> None:
    """Run an answer on each case, and hand over each outcome at once: the next case may not end."""
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = Output()
    for number, case in enumerate(cases):
        try:
            data, said = pack(run(names, [case])), None
        except BaseException as raised:
            data, said = b"", words(raised)
        teller.tell("outcome", data, id=cell, case=number, error=said)
    sys.stdout, sys.stderr = before


def words(error: BaseException) -> str:
    """Type and text of an exception, whose text may itself raise one."""
    try:
        return f"{type(error).__name__}: {error}"[:500]
    except BaseException:
        return type(error).__name__


if __name__ == "__main__":
    main()
