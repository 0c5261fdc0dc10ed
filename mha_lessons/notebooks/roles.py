"""What each role is in plain Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable

from mha_lessons.notebooks.facts import Reference, cited
from mha_lessons.notebooks.problem import ChapterError
from mha_lessons.notebooks.writer import ROLES, RoleText, Writer

WITH_TARGET = re.compile(r"(.*\S)\s*<([^<>]+)>", re.DOTALL)
HTML = {
    "sub": "sub",
    "subscript": "sub",
    "sup": "sup",
    "superscript": "sup",
    "kbd": "kbd",
    "u": "u",
    "underline": "u",
}
AS_WRITTEN = ("abbr", "abbreviation", "sc", "smallcaps")
CODE = ("code", "literal", "eval")


def says(*names: str) -> Callable[[RoleText], RoleText]:
    """Register what these roles say."""

    def register(function: RoleText) -> RoleText:
        ROLES.update(dict.fromkeys(names, function))
        return function

    return register


@says("fact", "bare")
def fact(writer: Writer, content: str, name: str) -> str:
    """A figure with its unit, or bare; its source goes to the end of the cell."""
    if content not in writer.book.facts:
        raise ChapterError(f"facts.yml has no fact {content!r}: correct the id or add the fact")
    found = writer.book.facts[content]
    writer.facts.append(found)
    return found.value if name == "bare" else found.shown


@says("tested")
def tested(writer: Writer, content: str, name: str) -> str:
    """A mark; the test's name goes to the end of the cell."""
    writer.tests.append(content)
    return "✓"


@says("cite", "cite:p", "cite:ps", "cite:t", "cite:ts", "cite:alp", "cite:alps")
def cite(writer: Writer, content: str, name: str) -> str:
    """'Vaswani et al. (2017)' for t, '(Vaswani et al., 2017; Shazeer, 2019)' for p, as the book has them."""
    found = [_reference(writer, key) for key in content.split(",")]
    if name in ("cite", "cite:t", "cite:ts"):
        return "; ".join(_linked(f"{each.authors} ({each.year})", each) for each in found)
    joined = "; ".join(_linked(f"{each.authors}, {each.year}", each) for each in found)
    return joined if name.startswith("cite:alp") else f"({joined})"


@says("cite:year", "cite:yearpar", "cite:author", "cite:authors")
def cite_part(writer: Writer, content: str, name: str) -> str:
    """The year or the authors alone."""
    found = [_reference(writer, key) for key in content.split(",")]
    if "author" in name:
        return "; ".join(_linked(each.authors, each) for each in found)
    return "; ".join(_linked(f"({each.year})", each) for each in found)


@says("ref", "numref", "eq", "prf:ref")
def ref(writer: Writer, content: str, name: str) -> str:
    """A link to what has the label; `%s` in words of one's own stands for the number."""
    words, label = split_target(content)
    target = writer.book.labels.find(label)
    number = str(target.number) if target.number else ""
    own = (
        re.sub(r"%s|\{number\}", number, words).replace("{name}", target.named())
        if words
        else writer.named(target)
    )
    return writer.link(own, target)


@says("doc")
def doc(writer: Writer, content: str, name: str) -> str:
    """A link to another chapter."""
    words, path = split_target(content)
    chapter = writer.page(path)
    if chapter is None:
        raise ChapterError(f"no chapter is called {path!r}: correct the path, or add the chapter to myst.yml")
    return f"[{words or chapter.title}]({writer.neighbour(chapter)})"


@says("term")
def term(writer: Writer, content: str, name: str) -> str:
    """A link to the glossary."""
    words, of = split_target(content)
    return writer.link(words or of, writer.book.labels.term(of))


@says("button")
def button(writer: Writer, content: str, name: str) -> str:
    """A link: `words <address>`."""
    words, address = split_target(content)
    chapter = None if "://" in address else writer.page(address)
    return f"[{words or address}]({writer.neighbour(chapter) if chapter else address})"


@says("download")
def download(writer: Writer, content: str, name: str) -> str:
    """A link to a copy of the file beside the notebooks."""
    words, path = split_target(content)
    return f"[{words or path.rsplit('/', 1)[-1]}]({writer.book.copy(writer.chapter, path)})"


@says("math")
def math(writer: Writer, content: str, name: str) -> str:
    """A formula in the line."""
    return f"${content}$"


@says("del", "strike")
def deleted(writer: Writer, content: str, name: str) -> str:
    """Struck out."""
    return f"~~{content}~~"


@says(*HTML)
def html(writer: Writer, content: str, name: str) -> str:
    """What Markdown leaves to HTML."""
    return f"<{HTML[name]}>{content}</{HTML[name]}>"


@says(*CODE)
def code(writer: Writer, content: str, name: str) -> str:
    """Code; an expression that the book computes is shown as the expression, which the reader can run."""
    ticks = "``" if "`" in content else "`"
    return f"{ticks}{content}{ticks}"


@says(*AS_WRITTEN)
def as_written(writer: Writer, content: str, name: str) -> str:
    """Roles whose content already reads well: `MHA (multi-head attention)`."""
    return content


def split_target(content: str) -> tuple[str, str]:
    """Words and target of `words <target>`; no words where only the target stands.

    >>> split_target("the figure <fig-a>"), split_target("fig-a")
    (('the figure', 'fig-a'), ('', 'fig-a'))
    """
    match = WITH_TARGET.fullmatch(content)
    return (match[1], match[2].strip()) if match else ("", content)


def _reference(writer: Writer, key: str) -> Reference:
    key = key.strip()
    found = cited(writer.book.references, key)
    writer.cited[key] = found
    return found


def _linked(words: str, reference: Reference) -> str:
    return f"[{words}]({reference.url})" if reference.url else words
