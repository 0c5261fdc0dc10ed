"""Reference pages from the package's docstrings, as MyST: `python -m book.api` writes book/api/*.md.

griffe reads sources without running them; only the traits of the widgets are asked of the classes themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe

ROOT = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "api"
PAGES = {
    "mha_lessons": "The module",
    "mha_lessons.widgets": "Widgets",
    "mha_lessons.models": "Real models",
    "mha_lessons.heads": "What heads do",
    "mha_lessons.experiments": "Experiments",
    "mha_lessons.exercises": "Exercises",
}
"""Packages whose public names have a page, and the page's title."""
BESIDE = {"mha_lessons.widgets": ["mha_lessons.widgets.lesson_widget.LessonWidget"]}
"""What a page describes, too, because its names have their methods from there."""
LONGEST = 88  # characters of a signature on one line
SAID = {"__getitem__"}  # of the methods with a name for Python, those a reader calls


def write_pages(folder: Path = FOLDER) -> list[Path]:
    """Write a page a package, and remove pages of packages that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {folder / f"{name.replace('.', '-')}.md": text for name, text in read_pages().items()}
    for old in set(folder.glob("*.md")) - set(pages):
        old.unlink()
    for path, text in pages.items():
        if (
            not path.exists() or path.read_text(encoding="utf-8") != text
        ):  # an unchanged page is not built anew
            path.write_text(text, encoding="utf-8")
    return sorted(pages)


def read_pages() -> dict[str, str]:
    """The text of each page by the name of its package."""
    package = load()
    return {name: _page(package, name, title) for name, title in PAGES.items()}


def load() -> Any:
    """The package as griffe reads it."""
    return griffe.load(
        "mha_lessons",
        search_paths=[str(ROOT)],
        docstring_parser="google",
        docstring_options={"warnings": False},
    )


def public_objects(package: Any, name: str) -> dict[str, Any]:
    """What a package's `__init__` takes from its modules, by the name it gives it, in the order of the alphabet."""
    # By where it comes from: a function may bear the name of the module that it is in.
    imports: dict[str, str] = _module(package, name).imports
    objects = {
        each: package[path.removeprefix("mha_lessons.")]
        for each, path in imports.items()
        if path.startswith("mha_lessons.") and not each.startswith("_")
    }
    for path in BESIDE.get(name, ()):
        objects[path.rpartition(".")[2]] = package[path.removeprefix("mha_lessons.")]
    return dict(sorted(objects.items(), key=lambda item: item[0].casefold()))


def shown_members(described: Any) -> dict[str, Any]:
    """The members of a class that its entry describes."""
    if described.kind is not griffe.Kind.CLASS:
        return {}
    return {
        name: member
        for name, member in described.members.items()
        if member.docstring and (not name.startswith("_") or name in SAID)
    }


def _module(package: Any, name: str) -> Any:
    return package if name == "mha_lessons" else package[name.removeprefix("mha_lessons.")]


def _page(package: Any, name: str, title: str) -> str:
    parts = [f"---\ntitle: {title}\ndescription: Reference of {name}, from its docstrings.\n---"]
    parts += _docstring(_module(package, name))
    for each, described in public_objects(package, name).items():
        parts += _entry(each, described, f"{name}.{each}")
    return "\n\n".join(parts) + "\n"


def _entry(name: str, described: Any, path: str) -> Iterator[str]:
    yield f"(api-{path.replace('.', '-').replace('_', '-').lower()})="
    yield f"## `{name}`"
    if described.kind is griffe.Kind.ATTRIBUTE:
        yield from _docstring(described)
        return
    yield _signature(name, described)
    yield from _docstring(described)
    yield from _traits(path)
    for inner, member in shown_members(described).items():
        yield f"### `{name}.{inner}`"
        if member.kind is griffe.Kind.FUNCTION and not _is_field(member):
            yield _signature(inner, member)
        yield from _docstring(member)


def _is_field(member: Any) -> bool:
    return any(str(each.value) in ("lazy", "property") for each in member.decorators)


def _signature(name: str, described: Any) -> str:
    parameters = [] if described.kind is griffe.Kind.CLASS and _is_widget(described) else described.parameters
    written: list[str] = []
    keywords = False
    for each in parameters:
        if each.name in ("self", "cls"):
            continue
        if each.kind is griffe.ParameterKind.keyword_only and not keywords:
            keywords = True
            written.append("*")
        keywords |= each.kind is griffe.ParameterKind.var_positional
        star = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}.get(
            each.kind, ""
        )
        kind = f": {each.annotation}" if each.annotation is not None else ""
        default = f" = {each.default}" if each.default is not None and not star else ""
        written.append(f"{star}{each.name}{kind}{default}")
    if _is_widget(described):
        written = ["**traits"]
    gives = getattr(described, "returns", None)
    end = f") -> {gives}" if gives is not None else ")"
    line = f"{name}({', '.join(written)}{end}"
    if len(line) > LONGEST:
        line = f"{name}(\n    " + ",\n    ".join(written) + f",\n{end}"
    return f"```python\n{line}\n```"


def _is_widget(described: Any) -> bool:
    if described.kind is not griffe.Kind.CLASS:
        return False
    return any(each.name == "LessonWidget" for each in (described, *described.mro()))


def _traits(path: str) -> Iterator[str]:
    module, _, name = path.rpartition(".")
    if module != "mha_lessons.widgets" or name == "LessonWidget":
        return
    from mha_lessons import widgets

    described = getattr(widgets, name)
    rows = [
        f"| `{trait}` | `{_cell(repr(value))}` | {_cell(described.class_traits()[trait].help)} |"
        for trait, value in described.defaults().items()
    ]
    yield "\n".join(["| trait | at first | meaning |", "| --- | --- | --- |", *rows])


def _cell(text: str) -> str:
    short = text if len(text) <= 60 or not text.startswith(("'", "[", "{")) else f"{text[:57]}..."
    return short.replace("|", "\\|").replace("\n", " ")


def _docstring(described: Any) -> Iterator[str]:
    if described.docstring is None:
        return
    for section in described.docstring.parsed:
        yield from _section(section)


def _section(section: Any) -> Iterator[str]:
    kind = section.kind.value
    if kind == "text":
        yield from _prose(section.value)
    elif kind == "examples":
        for form, text in section.value:
            yield from _prose(text) if form.value == "text" else [_code(text)]
    elif kind == "admonition":  # a word and a colon that griffe does not know
        if section.value.kind not in ("example", "examples"):
            yield f"**{section.title}:**"
        yield from _prose(section.value.description)
    else:
        words = {"parameters": "Arguments", "other parameters": "Arguments"}.get(kind, kind.capitalize())
        items = [f"- {_item(each, kind)}" for each in section.value]
        yield f"**{words}**\n\n" + "\n".join(items)


def _item(entry: Any, kind: str) -> str:
    text = " ".join(entry.description.split())
    if kind == "raises":
        return f"`{str(entry.annotation).strip('()')}`: {text}"
    name = getattr(entry, "name", "")
    return f"`{name}`: {text}" if name else text


def _prose(text: str) -> Iterator[str]:
    """Paragraphs as they are, examples as code."""
    for block in re.split(r"\n\s*\n", text.strip()):
        yield _code(block) if block.lstrip().startswith(">>>") else block


def _code(text: str) -> str:
    return f"```pycon\n{text.strip()}\n```"


if __name__ == "__main__":
    for written in write_pages():
        print(written)
