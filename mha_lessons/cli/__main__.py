"""`python -m mha_lessons.cli` is the command, too."""

from mha_lessons.cli import app

app()
