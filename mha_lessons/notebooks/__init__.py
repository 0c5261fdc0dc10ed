"""The book's chapters as notebooks that read well in JupyterLab: MyST resolved to plain Markdown."""

from mha_lessons.notebooks.problem import NotebookError
from mha_lessons.notebooks.save import Outcome, Saved, save
from mha_lessons.notebooks.source import notebooks

__all__ = ["NotebookError", "Outcome", "Saved", "notebooks", "save"]
