"""What references can lead to: every labelled thing of the book, with the number the book gives it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mha_lessons.notebooks.chapter import Cell, Chapter
from mha_lessons.notebooks.directive import Directive, read_directive
from mha_lessons.notebooks.problem import ChapterError
from mha_lessons.notebooks.spans import Span, spans

PROOFS = {
    "algorithm", "assumption", "axiom", "conjecture", "corollary", "criterion", "definition", "example",
    "lemma", "observation", "proof", "property", "proposition", "remark", "theorem",
}  # fmt: skip
WORDS = {"figure": "Figure", "table": "Table", "exercise": "Exercise", "code": "Program"}
KINDS = {
    "figure": "figure",
    "table": "table",
    "list-table": "table",
    "exercise": "exercise",
    "solution": "solution",
}


@dataclass(frozen=True)
class Target:
    """A thing that has a name.

    Attributes:
        chapter, cell: where it stands.
        kind: figure, table, equation, exercise, heading, ...
        number: as the book counts on this page, or 0 for what is not counted.
        words: a heading's own text as MyST; for a solution the label of its exercise.
        source, line: the block as MyST and its line in the file, for `{embed}`.
    """

    chapter: Chapter
    cell: str
    kind: str
    number: int
    words: str = ""
    source: str = ""
    line: int = 0

    def named(self) -> str:
        """How a sentence calls it: 'Figure 3', '(2)'; a heading or a term has words of its own."""
        if self.kind == "equation":
            return f"({self.number})"
        word = WORDS.get(self.kind, self.kind.capitalize())
        return f"{word}\N{NO-BREAK SPACE}{self.number}" if self.number else word


class Labels:
    """All targets of a book by label, and the numbers of numbered blocks by file and line."""

    def __init__(self, chapters: Iterable[Chapter]):
        self.targets: dict[str, Target] = {}
        self.numbers: dict[tuple[str, int], int] = {}
        self.problems: list[str] = []
        for chapter in chapters:
            counts: Counter[str] = Counter()
            for cell, following in zip(chapter.cells, [*chapter.cells[1:], *chapter.cells[-1:]], strict=True):
                if cell.kind == "markdown":
                    waiting = self._walk(chapter, cell, chapter.name, cell.source, cell.line, counts)
                    for label in waiting:  # (label)= just above a code cell
                        self._add(label, Target(chapter, following.id, "cell", 0, line=cell.line), cell.line)
                elif cell.label:
                    counts["code"] += 1
                    self._add(cell.label, Target(chapter, cell.id, "cell", 0, line=cell.line), cell.line)

    def find(self, label: str) -> Target:
        """The target of a label.

        Raises:
            ChapterError: nothing has it.
        """
        found = self.targets.get(label) or self.targets.get(label.lower())
        if found is None:
            raise ChapterError(
                f"nothing in the book is called {label!r}: name the target or correct the reference"
            )
        return found

    def term(self, words: str) -> Target:
        """The entry of the glossary for a term, whatever its capitals.

        Raises:
            ChapterError: no glossary has it.
        """
        found = self.targets.get(_term(words))
        if found is None:
            raise ChapterError(f"no glossary of the book has the term {words!r}: add it or correct the word")
        return found

    def _walk(
        self, chapter: Chapter, cell: Cell, file: str, text: str, line: int, counts: Counter[str]
    ) -> list[str]:
        """Take down what a text names, and give the labels that nothing follows.

        The text stands in `file`: the chapter, or a file that it includes.
        """
        pending: list[str] = []  # labels that wait for the block below them
        for span in spans(text, dict(chapter.env)):
            at = line + span.line
            if span.token.type == "myst_target":
                pending.append(span.token.content)
                continue
            for label, kind, words, counted in _named(span, text, at, pending):
                number = 0
                if counted:
                    counts[kind] += 1
                    number = self.numbers[file, at] = counts[kind]
                source = text[span.start : span.end]
                for each in {label, *pending} - {""}:
                    self._add(each, Target(chapter, cell.id, kind, number, words, source, at), at)
                pending = []
            directive = _directive(span, at)
            if directive and directive.name == "include":
                if (included := chapter.path.parent / directive.argument).is_file():
                    inside = included.read_text(encoding="utf-8")
                    self._walk(chapter, cell, directive.argument, inside, 1, counts)
            elif directive:
                self._walk(chapter, cell, file, directive.body, directive.body_line, counts)
        return pending

    def _add(self, label: str, target: Target, line: int) -> None:
        if (other := self.targets.get(label)) and other.source != target.source:
            self.problems.append(
                f"{target.chapter.name}:{line}: {label!r} is already the name of something at "
                f"{other.chapter.name}:{other.line}: choose another"
            )
        self.targets[label] = target


def proof_kind(name: str) -> str:
    """'theorem' for `prf:theorem`, and "" for what is none of its family."""
    kind = name.removeprefix("prf:")
    return kind if name.startswith("prf:") and kind in PROOFS else ""


def _named(span: Span, text: str, line: int, pending: list[str]) -> Iterator[tuple[str, str, str, bool]]:
    """Label, kind, words of the thing a span is, and whether the book counts it; nothing for most spans."""
    token = span.token
    if token.type == "heading_open":
        yield "", "heading", text.split("\n")[span.line].strip().strip("#").strip(), False
    elif token.type in ("math_block", "math_block_label", "amsmath", "math_inline_double"):
        yield token.info if token.type == "math_block_label" else "", "equation", "", True
    elif token.type == "dt_open":
        yield _term(text[span.start : span.end]), "term", text[span.start : span.end].strip(), False
    elif directive := _directive(span, line):
        yield from _named_directive(directive, bool(pending))


def _named_directive(d: Directive, has_target: bool) -> Iterator[tuple[str, str, str, bool]]:
    counted = d.options.get("enumerated", "true").lower() != "false" and "nonumber" not in d.options
    name = d.name.removesuffix("-start")
    if name == "math":
        yield d.label, "equation", "", counted
    elif kind := proof_kind(name):
        yield d.label, kind, "", counted
    elif name in ("code-block", "code", "sourcecode"):
        if d.label or has_target or "caption" in d.options:
            yield d.label, "code", "", counted
    elif name in KINDS:
        words = d.argument if name == "solution" else ""
        yield d.label, KINDS[name], words, counted and name != "solution"
    elif d.label or has_target:
        yield d.label, "part", "", False


def _directive(span: Span, line: int) -> Directive | None:
    try:
        return read_directive(span.token, line) if span.token.type in ("fence", "colon_fence") else None
    except ChapterError:
        return None  # the writer meets it again and says so


def _term(words: str) -> str:
    return "term-" + "-".join(words.strip().lower().split())
