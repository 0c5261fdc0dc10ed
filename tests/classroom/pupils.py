"""A class: what its students hand in, what each deserves, and what plain nbgrader makes of the bad ones.

Everything harmful is bounded: loops end, children sleep and go, memory stays small, the net is this machine's
loopback, and whatever is touched lies beside the course.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ASSIGNMENT = "heads"
NOTEBOOK = "attention"
FULL = 10
FILE = f"{ASSIGNMENT}/{NOTEBOOK}.ipynb"

RIGHT = """\
import torch

def attend(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5
    if mask is None:
        return scores.softmax(-1) @ v
    nothing = ~mask.any(-1, keepdim=True)
    attn = scores.masked_fill(~(mask | nothing), -torch.inf).softmax(-1)
    return attn.masked_fill(nothing, 0) @ v
"""
OTHER_STYLE = '''\
import math
import torch
import torch.nn.functional as F

def attend(queries, keys, values, visible=None):
    """With einsum, and a softmax by hand."""
    scores = torch.einsum("bhqd,bhkd->bhqk", queries, keys).mul(1 / math.sqrt(queries.size(3)))
    if visible is None:
        return torch.einsum("bhqk,bhkd->bhqd", F.softmax(scores, dim=3), values)
    low = torch.finfo(scores.dtype).min
    scores = torch.where(visible, scores, torch.full_like(scores, low))
    parts = torch.exp(scores - scores.amax(3, keepdim=True)) * visible
    sums = parts.sum(3, keepdim=True)
    return torch.einsum("bhqk,bhkd->bhqd", parts / sums.clamp(min=1e-30), values)
'''
NAN_ROWS = """\
import torch

def attend(q, k, v, mask=None):
    scores = q @ k.mT / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return scores.softmax(-1) @ v
"""
NO_SCALE = NAN_ROWS.replace(" / q.shape[-1] ** 0.5", "")
WRONG_AXIS = NAN_ROWS.replace("softmax(-1)", "softmax(-2)")
INVERTED = NAN_ROWS.replace("~mask", "mask")
NOT_ATTEMPTED = """\
import torch

def attend(q, k, v, mask=None):
    # YOUR CODE HERE
    raise NotImplementedError()
"""
CHEAT = """\
def attend(q, k, v, mask=None):
    return q * 0 + (k.sum() + v.sum()) * 0
"""
WORTH = 2
"""What CHEAT deserves: it can be called, and its shape is right."""


@dataclass(frozen=True)
class Pupil:
    """A student and what they hand in.

    Attributes:
        id: the name of the folder.
        status, points: what they should get.
        answer: code of the solution cell.
        before, after: code of cells put before and after the check.
        change: does something else to the notebook, or to the folder that it lies in.
        says: words that the notes for the teacher hold.
    """

    id: str
    status: str
    points: float
    answer: str = RIGHT
    before: str = ""
    after: str = ""
    change: Callable[[dict[str, Any]], None] = lambda notebook: None
    write: Callable[[Path, dict[str, Any]], None] | None = None
    says: str = ""

    def hand_in(self, course: Path, **places: object) -> Path:
        """Put it where nbgrader collects it, with words in capitals put in their place."""
        folder = course / "submitted" / self.id / ASSIGNMENT
        folder.mkdir(parents=True)
        notebook = released(course)
        place = next(i for i, cell in enumerate(notebook["cells"]) if is_check(cell))
        for cell in notebook["cells"]:
            if marks(cell).get("solution"):
                cell["source"] = self.answer
        if self.after:
            notebook["cells"].insert(place + 1, code(self.after))
        if self.before:
            notebook["cells"].insert(place, code(self.before))
        self.change(notebook)
        for cell in notebook["cells"]:
            for word, place in {"COURSE": course, **places}.items():
                cell["source"] = cell["source"].replace(word, str(place))
        (self.write or write)(folder, notebook)
        return folder


def released(course: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads((course / "release" / ASSIGNMENT / f"{NOTEBOOK}.ipynb").read_text())
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def write(folder: Path, notebook: dict[str, Any]) -> None:
    (folder / f"{NOTEBOOK}.ipynb").write_text(json.dumps(notebook))


def code(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code", "id": os.urandom(4).hex(), "metadata": {}, "source": source,
        "outputs": [], "execution_count": None,
    }  # fmt: skip


def marks(cell: dict[str, Any]) -> dict[str, Any]:
    return cell["metadata"].get("nbgrader", {})


def is_check(cell: dict[str, Any]) -> bool:
    return bool(marks(cell).get("grade"))


HONEST = [
    Pupil("ada", "graded", 10),
    Pupil("alan", "graded", 10, OTHER_STYLE),
    Pupil("barbara", "graded", 10, after="print('that was it')"),
    Pupil("claude", "graded", 7, NAN_ROWS),
    Pupil("dorothy", "graded", 3, NO_SCALE),
    Pupil("edsger", "graded", 2, WRONG_AXIS),
    Pupil("frances", "graded", 3, INVERTED),
    Pupil("grace", "graded", 0, NOT_ATTEMPTED, says="Not attempted: the answer is as it was given out."),
    Pupil("hedy", "partial", 10, before="1 / 0", says="1 of its cells raised an error"),
]

# --- what would earn marks with plain nbgrader --------------------------------------------------------------
SOLUTION_OF = """
import json
cells = json.load(open({path!r}))["cells"]
for cell in cells:
    if cell["metadata"].get("nbgrader", {{}}).get("solution"):
        exec("".join(cell["source"]))
"""
GRADEBOOK = '''
import sqlite3
book = sqlite3.connect("COURSE/gradebook.db", timeout=5)
book.execute("""
    update grade set manual_score = 10 where notebook_id in (
        select submitted_notebook.id from submitted_notebook
        join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
        where submitted_assignment.student_id = 'gradebook')
""")
book.commit()
book.close()
'''


def _delete_check(notebook: dict[str, Any]) -> None:
    notebook["cells"] = [cell for cell in notebook["cells"] if not is_check(cell)]


def _edit_check(notebook: dict[str, Any]) -> None:
    """A check that says it is the student's own text is not for the grader to judge."""
    for cell in notebook["cells"]:
        if is_check(cell):
            cell["metadata"]["nbgrader"].update(solution=True, points=1000)
            cell["source"] = "10  # I checked it myself"


def _link_to_ada(folder: Path, notebook: dict[str, Any]) -> None:
    (folder / f"{NOTEBOOK}.ipynb").symlink_to(f"../../ada/{ASSIGNMENT}/{NOTEBOOK}.ipynb")


def _shadow(folder: Path, notebook: dict[str, Any]) -> None:
    write(folder, notebook)
    fake = folder / "mha_lessons"
    fake.mkdir()
    (fake / "__init__.py").touch()
    (fake / "exercises.py").write_text(
        "class Report:\n    points = 10\ndef check(*answers):\n    return Report()\n"
    )


GAIN = [
    Pupil(
        "libraries", "graded", WORTH, CHEAT,
        before="import numpy, torch\nyes = lambda *a, **k: True\n"
        "torch.equal = torch.allclose = numpy.allclose = yes\n"
        "numpy.isclose = lambda a, b, **k: numpy.ones_like(a, bool)",
    ),
    Pupil(
        "builtins", "graded", WORTH, CHEAT,
        before="import builtins\nbuiltins.sum = lambda *a, **k: 10",
    ),
    Pupil(
        "checker", "partial", WORTH, CHEAT,
        before="import mha_lessons.exercises.report as report\n"
        "report.Report.points = property(lambda self: 10)",
    ),
    Pupil("reference", "partial", 0, "from mha_lessons import attend"),
    Pupil("sources", "partial", 0, SOLUTION_OF.format(path=f"COURSE/source/{FILE}")),
    Pupil("neighbours", "partial", 0, SOLUTION_OF.format(path=f"COURSE/submitted/ada/{FILE}")),
    Pupil("gradebook", "partial", WORTH, CHEAT, before=GRADEBOOK),
    Pupil(
        "itself", "graded", WORTH, CHEAT,
        before="get_ipython().input_transformers_cleanup.append("
        "lambda lines: ['10\\n'] if 'report.points' in ''.join(lines) else lines)",
    ),
    Pupil("shadow", "graded", WORTH, CHEAT, write=_shadow, says="Left aside: mha_lessons"),
    Pupil("link", "invalid", 0, write=_link_to_ada, says="is a link"),
]  # fmt: skip

# --- what would use the machine -----------------------------------------------------------------------------
FORKS = """
import os, time
children = 0
for _ in range(30):
    if os.fork() == 0:
        time.sleep(6)
        os._exit(0)
    children += 1
time.sleep(4)
open("MARKS/forks", "w").write(str(children))
"""
MEMORY = """
much = bytearray(1_500_000_000)
much[::4096] = b"x" * len(much[::4096])
open("MARKS/memory", "w").write(str(len(much)))
"""
OUTSIDE = f'open("COURSE/submitted/ada/{ASSIGNMENT}/planted.txt", "w").write("I was here")'
NETWORK = """
import socket
with socket.create_connection(("127.0.0.1", PORT), timeout=5) as line:
    line.sendall(b"the questions are ...")
"""
FLOOD = 'print("x" * 50_000_000)'


USE = [
    Pupil("forks", "crashed", 0, before=FORKS, says="processes at a time"),
    Pupil("memory", "out of memory", 10, before=MEMORY, says="MiB of memory"),
    Pupil("outside", "partial", 10, before=OUTSIDE, says="1 of its cells raised an error"),
    Pupil("network", "partial", 10, before=NETWORK, says="1 of its cells raised an error"),
    Pupil("flood", "graded", 10, before=FLOOD),
]

# --- with which plain nbgrader loses a right answer ---------------------------------------------------------
SYSEXIT = """
import sys
get_ipython().events.register("post_execute", lambda: sys.exit(0))
"""
HOLDS_ON = """
import time
end = time.monotonic() + 20
while time.monotonic() < end:
    try:
        time.sleep(0.2)
    except BaseException:
        pass
"""


def _cut(folder: Path, notebook: dict[str, Any]) -> None:
    text = json.dumps(notebook)
    (folder / f"{NOTEBOOK}.ipynb").write_text(text[: len(text) // 2])


def _binary(folder: Path, notebook: dict[str, Any]) -> None:
    (folder / f"{NOTEBOOK}.ipynb").write_bytes(bytes(range(256)) * 100)


LOSS = [
    Pupil("loop", "timeout", 0, before=HOLDS_ON, says="ran longer than"),
    Pupil("exit", "crashed", 10, after="import os\nos._exit(0)", says="ended itself"),
    Pupil("sysexit", "partial", 10, before=SYSEXIT, says="1 of its cells raised an error"),
    Pupil("deleted", "tampered", 10, change=_delete_check, says="had been deleted"),
    Pupil("edited", "tampered", 10, change=_edit_check, says="had been changed (its text, its marks)"),
    Pupil("cut", "invalid", 0, write=_cut, says="only the start of it"),
    Pupil("binary", "invalid", 0, write=_binary, says="is not a notebook"),
]
ODD = Pupil("mal\nlory", "invalid", 0, says="a name that no student can have")
