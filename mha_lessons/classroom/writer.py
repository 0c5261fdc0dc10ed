"""nbgrader's autograder, which does everything as ever but run notebooks.

Results of the sandbox come in the place of that step; nbgrader writes `autograded/` and the grades.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from nbgrader.converters import Autograde
from nbgrader.preprocessors import Execute

from mha_lessons.classroom.result import Result, own_points
from mha_lessons.classroom.submission import Cell

NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


class Writer(Autograde):
    """nbgrader's autograder with the results of the sandbox where it would run the notebook."""

    results: Mapping[str, Result]
    kept: Sequence[str] = ()
    """Notebooks that were graded before and are not there now."""

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """As nbgrader's, which looks for each notebook by its name and lets count 0 what it does not find."""
        for name in self.kept:  # after nbgrader listed what it is to convert
            Path(self._format_source(assignment_id, student_id), f"{name}.ipynb").touch()
        super().init_assignment(assignment_id, student_id)

    def _init_preprocessors(self) -> None:
        self.exporter._preprocessors = []
        steps = self.sanitize_preprocessors if self._sanitizing else self.autograde_preprocessors
        for step in steps:
            self.exporter.register_preprocessor(self._fill_in if step is Execute else step)

    def _fill_in(self, notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        result = self.results[resources["nbgrader"]["notebook"]]
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = list(_outputs(cell, result))
        if result.notes or result.status != "graded":
            said = "\n".join(f"- {note}" for note in result.notes)
            notebook.cells.insert(0, new_markdown_cell(f"**{result.status}**\n\n{said}", id="status"))
        return notebook, resources


def _outputs(cell: NotebookNode, result: Result) -> list[NotebookNode]:
    """What stands below a cell. nbgrader reads the points of a check from it, as partial credit."""
    marks = cell.metadata.get("nbgrader", {})
    checked = bool(marks.get("grade")) and not marks.get("solution")
    if cell.id in result.reports or (checked and cell.id not in result.texts):
        text, points = result.reports.get(cell.id, ("Not run: see the top of the notebook.", 0.0))
        shown = {"text/plain": str(float(points))}
        return [
            new_output("stream", name="stdout", text=text + "\n"),
            new_output("execute_result", data=shown, execution_count=None),
        ]
    text, error, value = result.texts.get(cell.id, ("", None, None))
    outputs = [new_output("stream", name="stdout", text=text)] if text else []
    if error is not None:
        name, _, words = error.partition(": ")
        outputs.append(new_output("error", ename=name, evalue=words, traceback=[error]))
    elif value is not None and checked:
        shown = {"text/plain": str(own_points(value, marks.get("points", 0.0)) or 0.0)}
        outputs.append(new_output("execute_result", data=shown, execution_count=None))
    return outputs


def as_notebook(cells: Sequence[Cell]) -> NotebookNode:
    """Cells as a notebook with nothing in it that we did not put there."""
    made = []
    for cell in cells:
        metadata = {"nbgrader": dict(cell.marks)} if cell.marks else {}
        made.append(NEW_CELL[cell.kind](cell.source, id=cell.id, metadata=metadata))
    notebook: NotebookNode = new_notebook(cells=made)
    return notebook
