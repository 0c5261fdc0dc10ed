"""Blocks of Markdown: a formula on its own line, and how a block takes its place in a list or a quotation."""

from __future__ import annotations

import re

from mha_lessons.notebooks.spans import Span


def equation(formula: str, number: int) -> str:
    """A formula on its own line, with its number if it has one (not 0)."""
    body = formula.strip("\n")
    tag = rf"\tag{{{number}}}" if number else ""
    if match := re.match(
        r"\s*\\begin\{(align|equation|gather|multline|eqnarray|alignat|flalign)(\*?)\}", body
    ):
        star = body.replace(f"{{{match[1]}{match[2]}}}", f"{{{match[1]}*}}")
        end = rf"\end{{{match[1]}*}}"
        return star.replace(end, f"{tag}\n{end}" if tag else end).strip()
    return f"$$\n{body}\n{tag}\n$$" if tag else f"$$\n{body}\n$$"


def in_place(span: Span, text: str, new: str) -> tuple[int, int, str]:
    """An edit that puts a block in place, every line behind the marks of its list or quotation."""
    lines = new.strip("\n").split("\n")
    line_start = text.rfind("\n", 0, span.start) + 1
    prefix = text[line_start : span.start]
    above = text[: max(line_start - 1, 0)].rsplit("\n", 1)[-1]
    below = text[span.end + 1 :].split("\n", 1)[0]
    lines = [lines[0], *(span.lead + line if line else span.lead.rstrip() for line in lines[1:])]
    start = span.start
    if not prefix.strip(" >") and above.strip(" >"):  # the paragraph just above would swallow the first line
        start, lines[0] = line_start, f"{prefix.rstrip()}\n{prefix}{lines[0]}"
    if below.strip(" >"):
        lines.append(span.lead.rstrip())
    return start, span.end, "\n".join(lines)
