"""A directive's parts: name, argument, options, body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

import yaml
from markdown_it.token import Token

from mha_lessons.notebooks.problem import ChapterError

NAME = re.compile(r"\{([\w:+-]+)\}\s*(.*)", re.DOTALL)
OPTION = re.compile(r"\s*:([\w-]+):(?:\s+(.*)|\s*)$")


@dataclass(frozen=True)
class Directive:
    """What stands between the fences of ```` ```{name} argument ````.

    Attributes:
        name, argument: of the first line.
        options: `:key: value` lines or a YAML block, values as text.
        body: the rest.
        line, body_line: of the fence and of the body's first line, in the same count.
    """

    name: str
    argument: str
    options: dict[str, str]
    body: str
    line: int
    body_line: int

    @property
    def label(self) -> str:
        """The name for references, or ""."""
        return self.options.get("label") or self.options.get("name", "")

    @property
    def classes(self) -> list[str]:
        """Words of the option `class`."""
        return self.options.get("class", "").split()


def read_directive(token: Token, line: int) -> Directive | None:
    """The directive of a fence at this line; None for a plain listing.

    Raises:
        ChapterError: the options are no YAML.
    """
    match = NAME.match(token.info.strip())
    if match is None:
        return None
    lines = dedent(token.content).split("\n")
    options, used = _options(lines)
    while used < len(lines) and not lines[used].strip():
        used += 1
    body = "\n".join(lines[used:]).rstrip()
    return Directive(match[1], match[2].strip(), options, body, line, line + 1 + used)


def _options(lines: list[str]) -> tuple[dict[str, str], int]:
    """The options, and how many lines they take."""
    if lines[0].strip() == "---":
        end = next((n for n, line in enumerate(lines) if n and line.strip() == "---"), len(lines))
        try:
            values: dict[str, Any] = yaml.safe_load("\n".join(lines[1:end])) or {}
            return {str(key): _text(value) for key, value in values.items()}, end + 1
        except (yaml.YAMLError, AttributeError):
            raise ChapterError("the options between the lines `---` should be `key: value` lines") from None
    options = {}
    used = 0
    for line in lines:
        match = OPTION.match(line)
        if match is None:
            break
        options[match[1]] = (match[2] or "").strip()
        used += 1
    return options, used


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
