"""MyST as plain Markdown: the author's text stays, each role, directive and reference in it is replaced."""

from __future__ import annotations

import re
from collections.abc import Callable
from os.path import relpath
from typing import TypeVar
from urllib.parse import unquote

from mha_lessons.notebooks.block import equation, in_place
from mha_lessons.notebooks.book import Book
from mha_lessons.notebooks.chapter import Chapter
from mha_lessons.notebooks.directive import Directive, read_directive
from mha_lessons.notebooks.facts import Fact, Reference
from mha_lessons.notebooks.labels import Target
from mha_lessons.notebooks.problem import ChapterError
from mha_lessons.notebooks.spans import Span, spans

T = TypeVar("T")
RoleText = Callable[["Writer", str, str], str]
DirectiveText = Callable[["Writer", Directive], str]
ROLES: dict[str, RoleText] = {}
DIRECTIVES: dict[str, DirectiveText] = {}


class Writer:
    """Writes the cells of one chapter.

    Args:
        book: gives targets, facts and references.
        chapter: the notebook the text goes to.
        file: where the text stands, for messages; the chapter itself, or a file it includes.
    """

    def __init__(self, book: Book, chapter: Chapter, file: str | None = None):
        self.book = book
        self.chapter = chapter
        self.file = file or chapter.name
        self.line = 0
        self.problems: list[str] = []
        self.facts: list[Fact] = []
        self.tests: list[str] = []
        self.cited: dict[str, Reference] = {}
        self.notes: dict[str, int] = {}

    def plain(self, text: str, line: int) -> str:
        """The text with everything resolved.

        Args:
            text: MyST Markdown.
            line: its first line in the file.
        """
        edits: list[tuple[int, int, str]] = []
        for match in re.finditer(r"(?<![\w@])@([\w:-]+)", text):
            if (key := match[1]) in self.book.references:
                at = line + text.count("\n", 0, match.start())
                self.problems.append(
                    f"{self.file}:{at}: @{key} is a citation in the book only: write {{cite:t}}`{key}`"
                )
        try:
            for span in spans(text, dict(self.chapter.env)):
                self.line = line + span.line
                try:
                    edits += self._edits(span, text, self.line)
                except ChapterError as problem:
                    self.problems.append(f"{self.file}:{self.line}: {problem}")
        except ChapterError as problem:  # the parser's own
            self.problems.append(f"{self.file}:{line}: {problem}")
        for start, end, new in sorted(edits, reverse=True):
            before, after = text[:start], text[end:]
            if not new and re.search(r"\n{3,}", before[-3:] + after[:3]):  # what is left out leaves no gap
                before, after = before.rstrip("\n") + "\n\n", after.lstrip("\n")
            text = before + new + after
        return text

    def elsewhere(self, file: str) -> Writer:
        """A writer for a text of another file that becomes part of this chapter; shares what it collects."""
        other = Writer(self.book, self.chapter, file)
        other.problems, other.facts, other.tests = self.problems, self.facts, self.tests
        other.cited, other.notes = self.cited, self.notes
        return other

    def link(self, words: str, target: Target) -> str:
        """A link to a thing in this notebook or in one beside it."""
        return f"[{words}]({self.address(target)})"

    def address(self, target: Target) -> str:
        """Where a target is, as JupyterLab finds it: by the id of its cell."""
        here = target.chapter.notebook == self.chapter.notebook
        return ("" if here else self.neighbour(target.chapter)) + f"#cell-id={target.cell}"

    def neighbour(self, chapter: Chapter) -> str:
        """The file of another chapter's notebook, seen from this one."""
        return relpath(chapter.notebook, self.chapter.notebook + "/..").replace("\\", "/")

    def named(self, target: Target) -> str:
        """How a sentence calls a target."""
        if target.kind == "heading":
            return self.elsewhere(target.chapter.name).plain(target.words, target.line)
        if target.kind == "solution":
            return f"Solution to {self.book.labels.find(target.words).named()}"
        if target.kind in ("part", "cell"):
            raise ChapterError(
                "the reference needs words of its own, since its target has no title or number"
            )
        return target.named()

    def number(self, directive: Directive) -> int:
        """The number the book gives a directive; 0 for none."""
        return self.book.labels.numbers.get((self.file, directive.line), 0)

    def _edits(self, span: Span, text: str, line: int) -> list[tuple[int, int, str]]:
        token = span.token
        if token.type in ("fence", "colon_fence"):
            directive = read_directive(token, line)
            if directive is None:
                return []
            if not re.fullmatch(
                rf"[\s>]*{token.markup[0]}{{{len(token.markup)},}}", text[: span.end].rsplit("\n", 1)[-1]
            ):
                raise ChapterError(
                    f"the box {{{directive.name}}} is not closed in its cell: close it before the code-cell; "
                    "an exercise or a solution with code goes between exercise-start and exercise-end"
                )
            return [in_place(span, text, lookup(DIRECTIVES, directive.name, "directive")(self, directive))]
        if token.type == "myst_role":
            name = token.meta["name"]
            words = lookup(ROLES, name, "role")(self, token.content.strip(), name)
            return [(span.start, span.end, words)]
        if token.type in ("link_open", "image"):
            return self._link(span, text)
        if token.type in ("myst_target", "myst_line_comment"):
            return [(span.start, span.end, "")]
        if token.type in ("math_block", "math_block_label"):
            number = self.book.labels.numbers[self.file, line] if token.type == "math_block_label" else 0
            same = not number and not token.content.lstrip().startswith(r"\begin{")
            return [] if same else [in_place(span, text, equation(token.content, number))]
        if token.type == "footnote_ref":
            return [(span.start, span.end, f"<sup>{self._note(token.meta['label'])}</sup>")]
        if token.type == "footnote_reference_open":
            label = token.meta["label"]
            return [(span.start, span.start + len(f"[^{label}]:"), f"- <sup>{self._note(label)}</sup>")]
        if token.type == "dt_open":
            return [(span.start, span.start, "- **"), (span.end, span.end, "**:")]
        if token.type == "dd_open":
            return [(span.start, span.start + 1, " ")]
        return []

    def _note(self, label: str) -> int:
        return self.notes.setdefault(label, len(self.notes) + 1)

    def _link(self, span: Span, text: str) -> list[tuple[int, int, str]]:
        """A link with its address resolved; one without words gets the name of what it leads to."""
        token = span.token
        if text[span.start] == "<":
            return []
        is_image = token.type == "image"
        if is_image and any(child.type == "myst_role" for child in token.children or ()):
            raise ChapterError("a role in the words of an image cannot be shown: write them out")
        address = unquote(str(token.attrs["src" if is_image else "href"]))
        new, name = self._resolve(address, is_image)
        by_name = (
            text[span.label_end : span.end][1:2] != "("
        )  # [words][name] needs the list of names, maybe elsewhere
        if new == address and not by_name:
            return []
        title = f' "{token.attrs["title"]}"' if token.attrs.get("title") else ""
        edits = [(span.label_end, span.end, f"]({new}{title})")]
        if not is_image and text[span.start : span.label_end] == "[":
            edits.append((span.label_end, span.label_end, name() if name else new))
        return edits

    def _resolve(self, address: str, is_image: bool) -> tuple[str, Callable[[], str] | None]:
        """The address in the notebooks, and how to name what is there."""
        if re.match(r"[a-z][a-z0-9+.-]*:", address, re.IGNORECASE):
            return address, None
        path, _, label = address.partition("#")
        if label:
            target = self.book.labels.find(label)
            return self.address(target), lambda: self.named(target)
        if not is_image and (chapter := self.page(path)):
            return self.neighbour(chapter), lambda: chapter.title
        return self.book.copy(self.chapter, path), None

    def page(self, path: str) -> Chapter | None:
        """The chapter a path means, with or without `.md`."""
        file = (
            self.book.folder / path.lstrip("/") if path.startswith("/") else self.chapter.path.parent / path
        )
        return self.book.chapter(file) or self.book.chapter(file.with_name(file.name + ".md"))


def lookup(table: dict[str, T], name: str, what: str) -> T:
    """An entry of `ROLES` or `DIRECTIVES`.

    Raises:
        ChapterError: there is none of this name.
    """
    if name not in table:
        raise ChapterError(
            f"no {what} is called {{{name}}}: correct the name, or say in {what}s.py what it is in Markdown"
        )
    return table[name]
