"""What each directive is in plain Markdown: boxes become quotations, what opens still opens."""

from __future__ import annotations

import re
from collections.abc import Callable

from markdown_it import MarkdownIt

from mha_lessons.notebooks.block import equation
from mha_lessons.notebooks.directive import Directive
from mha_lessons.notebooks.labels import PROOFS, proof_kind
from mha_lessons.notebooks.problem import ChapterError
from mha_lessons.notebooks.writer import DIRECTIVES, DirectiveText, Writer

ADMONITIONS = {
    "note": "Note", "tip": "Tip", "hint": "Hint", "warning": "Warning", "important": "Important",
    "danger": "Danger", "caution": "Caution", "attention": "Attention", "error": "Error",
    "seealso": "See also", "admonition": "",
}  # fmt: skip


def says(*names: str) -> Callable[[DirectiveText], DirectiveText]:
    """Register what these directives say."""

    def register(function: DirectiveText) -> DirectiveText:
        DIRECTIVES.update(dict.fromkeys(names, function))
        return function

    return register


@says(*ADMONITIONS)
def admonition(writer: Writer, d: Directive) -> str:
    """A box with a title, its own or that of its kind; as in the book, words without a body are the body."""
    words, kind = argument(writer, d), ADMONITIONS[d.name]
    return _box(writer, d, words or kind) if d.body else quote(f"**{kind}**\n\n{words}" if kind else words)


@says("margin", "aside", "sidebar", "topic", "epigraph", "blockquote", "pull-quote")
def aside(writer: Writer, d: Directive) -> str:
    """A note beside the text, or somebody's words."""
    said = writer.plain(d.options["attribution"], d.line) if "attribution" in d.options else ""
    return _box(writer, d, argument(writer, d), f"— {said}" if said else "")


@says("dropdown", "details")
def dropdown(writer: Writer, d: Directive) -> str:
    """Something the reader opens."""
    return fold(argument(writer, d) or "More", body(writer, d))


@says("exercise", "exercise-start")
def exercise(writer: Writer, d: Directive) -> str:
    """A numbered task; the -start form leaves its box open for code cells."""
    title = _numbered("Exercise", writer.number(d), argument(writer, d))
    return f"**{title}**" if d.name.endswith("-start") else _box(writer, d, title)


@says("solution", "solution-start")
def solution(writer: Writer, d: Directive) -> str:
    """The answer to an exercise, folded; the -start form is followed by code cells and stays open."""
    target = writer.book.labels.find(d.argument)
    if d.name.endswith("-start"):
        return f"**Solution to {writer.link(target.named(), target)}**"
    return fold(f"Solution to {target.named()}", body(writer, d))


@says("exercise-end", "solution-end", "bibliography", "tableofcontents")
def nothing(writer: Writer, d: Directive) -> str:
    """What has no text of its own; a notebook's references are its last cell."""
    return ""


@says(*(f"prf:{kind}" for kind in PROOFS))
def proof(writer: Writer, d: Directive) -> str:
    """A theorem and its kin."""
    return _box(writer, d, _numbered(proof_kind(d.name).capitalize(), writer.number(d), argument(writer, d)))


@says("tab-set", "grid", "div", "glossary")
def transparent(writer: Writer, d: Directive) -> str:
    """A frame around other things."""
    return body(writer, d)


@says("tab-item", "card", "grid-item-card", "grid-item")
def titled(writer: Writer, d: Directive) -> str:
    """A tab or a card: its title, then what is in it."""
    title = argument(writer, d)
    return "\n\n".join(part for part in (f"**{title}**" if title else "", body(writer, d)) if part)


@says("math")
def math(writer: Writer, d: Directive) -> str:
    """A formula on its own line."""
    formula = "\n".join(part for part in (d.argument, d.body) if part)
    return equation(formula, writer.number(d) if d.label else 0)


@says("code-block", "code", "sourcecode")
def listing(writer: Writer, d: Directive) -> str:
    """Code that is only shown."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", d.body)), 3)
    shown = f"{fence}{d.argument}\n{d.body}\n{fence}"
    above = [f"`{d.options['filename']}`"] if "filename" in d.options else []
    below = [caption(writer, d, "Program", d.options["caption"])] if "caption" in d.options else []
    return "\n\n".join([*above, shown, *below])


@says("include")
def include(writer: Writer, d: Directive) -> str:
    """The text of another file."""
    file = writer.chapter.path.parent / d.argument
    if d.options:
        raise ChapterError(
            f"of {{include}} only the whole file is known here, got the options {', '.join(d.options)}"
        )
    if not file.is_file():
        raise ChapterError(f"there is no file {d.argument!r} to include: correct the path")
    return writer.elsewhere(d.argument).plain(file.read_text(encoding="utf-8"), 1)


@says("embed")
def embed(writer: Writer, d: Directive) -> str:
    """A copy of a labelled block of the book; to the output of a cell, which has no text, a link leads."""
    target = writer.book.labels.find(d.argument.lstrip("#") or d.label.lstrip("#"))
    if not target.source:
        return f"See {writer.link(target.chapter.title, target)}."
    return writer.elsewhere(target.chapter.name).plain(target.source, target.line)


@says("iframe")
def iframe(writer: Writer, d: Directive) -> str:
    """A page in the page: a link to it, and its caption."""
    return "\n\n".join(part for part in (f"<{d.argument}>", body(writer, d)) if part)


def fold(summary: str, inside: str) -> str:
    """Markdown behind a line that opens it; HTML's summary takes no Markdown, so its marks become tags."""
    return f"<details>\n<summary>{MarkdownIt().renderInline(summary)}</summary>\n\n{inside}\n\n</details>"


def quote(text: str) -> str:
    """Every line behind `>`."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def caption(writer: Writer, d: Directive, word: str, text: str) -> str:
    """A caption with the number of what it belongs to; as in the book, without a label no number."""
    number = f"**{word} {writer.number(d)}.** " if d.label else ""
    return number + writer.plain(text, d.line)


def _box(writer: Writer, d: Directive, title: str, end: str = "") -> str:
    inside = "\n\n".join(part for part in (body(writer, d), end) if part)
    if "dropdown" in d.classes:
        return fold(title or "More", inside)
    return quote("\n\n".join(part for part in (f"**{title}**" if title else "", inside) if part))


def body(writer: Writer, d: Directive) -> str:
    """What is inside a directive."""
    return writer.plain(d.body, d.body_line)


def argument(writer: Writer, d: Directive) -> str:
    """The words behind its name."""
    return writer.plain(d.argument, d.line)


def _numbered(word: str, number: int, title: str) -> str:
    name = f"{word} {number}" if number else word
    return f"{name}: {title}" if title else name
