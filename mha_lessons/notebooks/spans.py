"""Where MyST's own syntax stands in a text: each role, directive, link, formula with its exact place.

The author's Markdown stays as it is, letter by letter; only these spans are replaced. So the parser, which
throws places inside a line away, is made to remember them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, image, link
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin
from mdit_py_plugins.myst_role.index import myst_role

from mha_lessons.notebooks.problem import ChapterError

Env = MutableMapping[str, Any]
Rule = Callable[[StateInline, bool], bool]

BLOCKS = {
    "fence",
    "colon_fence",
    "heading_open",
    "myst_target",
    "myst_line_comment",
    "math_block",
    "math_block_label",
    "amsmath",
    "footnote_reference_open",
    "dt_open",
    "dd_open",
}


@dataclass(frozen=True)
class Span:
    """A piece of MyST syntax.

    Attributes:
        token: the parser's token.
        start, end: its place in the text, in characters; a block starts behind the marks of its list.
        line: its line in the text, from 0.
        lead: what a block's lines after the first begin with (the indent of a list, the `>` of a quotation).
        label_end: for a link or an image, where its words end.
    """

    token: Token
    start: int
    end: int
    line: int
    lead: str = ""
    label_end: int = 0


@cache
def parser() -> MarkdownIt:
    """CommonMark and the parts of MyST that chapters may use."""
    md = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(front_matter_plugin)
    md.use(myst_block_plugin).use(myst_role_plugin).use(colon_fence_plugin).use(deflist_plugin)
    md.use(dollarmath_plugin, allow_labels=True, double_inline=True).use(amsmath_plugin)
    md.use(footnote_plugin, inline=False, move_to_end=False, always_match_refs=True)
    notes = partial(footnote_ref, always_match=True)
    rules: dict[str, Rule] = {"link": link, "image": image, "footnote_ref": notes, "myst_role": myst_role}
    for name, rule in rules.items():
        md.inline.ruler.at(name, _remembering(rule))
    return md


def spans(text: str, env: Env) -> Iterator[Span]:
    """Every span of a text in reading order; a span of a link may hold others, no two else overlap.

    Args:
        text: MyST Markdown.
        env: what the parser knows of the rest of the page: link references and footnotes.
    """
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    seen: dict[int, int] = {}  # line -> column behind the last inline text found in it; a table has several
    for token in parser().parse(text, env):
        if token.type in BLOCKS and token.map:
            yield _block(token, lines, starts)
        elif token.type == "inline" and token.map:
            yield from _inside(token, lines, starts, seen)


def _block(token: Token, lines: list[str], starts: list[int]) -> Span:
    assert token.map
    first, after = token.map
    if token.type == "amsmath":
        after += 1  # the plugin's map leaves the last line out
    if token.type == "dd_open":  # the plugin's map is wrong from the second definition on
        first = next(n for n in range(first, len(lines)) if re.match(r"[\s>]*[:~]\s", lines[n]))
    after = max(after, first + 1)
    while after > first + 1 and not lines[after - 1].strip():
        after -= 1
    line = lines[first]
    column = len(line) - len(re.sub(r"^[\s>]*", "", line))
    if token.type in ("fence", "colon_fence"):
        column = line.index(token.markup)
    elif token.type not in ("dd_open", "dt_open"):
        column = len(line) - len(re.sub(r"^(?:[\s>]|[-*+] |\d+[.)] )*", "", line))
    lead = re.sub(r"[^>\s]", " ", line[:column])
    return Span(token, starts[first] + column, starts[after] - 1, first, lead)


def _inside(token: Token, lines: list[str], starts: list[int], seen: dict[int, int]) -> Iterator[Span]:
    """The spans within a paragraph, a heading or a cell of a table."""
    assert token.map
    marked = [child for child in token.children or () if "span" in child.meta]
    places: list[int] = []  # offset in the text of each character of the token's content
    for number, piece in enumerate(token.content.split("\n"), token.map[0]):
        column = lines[number].find(piece, seen.get(number, 0))
        if column >= 0:
            places += range(starts[number] + column, starts[number] + column + len(piece) + 1)
        else:  # a table's cell loses the backslash of `\|`
            escaped = piece.replace("|", "\\|")
            column = lines[number].find(escaped, seen.get(number, 0))
            if column < 0 and marked:
                raise ChapterError(f"the place of {piece!r} in its line is not clear: write it more simply")
            places += [
                starts[number] + column + i for i, c in enumerate(escaped) if escaped[i : i + 2] != "\\|"
            ]
            places.append(starts[number] + column + len(escaped))
            piece = escaped
        seen[number] = max(column, 0) + len(piece)
    for child in token.children or ():
        if child.type == "math_inline_double":  # stays as it is, but the book counts it
            yield Span(child, starts[token.map[0]], starts[token.map[0]], token.map[0])
    for child in marked:
        start, label_end, end = child.meta["span"]
        line = token.map[0] + token.content.count("\n", 0, start)
        yield Span(child, places[start], places[end - 1] + 1, line, label_end=places[label_end])


def _remembering(rule: Rule) -> Rule:
    """An inline rule that notes the place of the token it makes: start, end of the words, end."""

    def placed(state: StateInline, silent: bool) -> bool:
        start, before = state.pos, len(state.tokens)
        bracket = start + (state.src[start] == "!")
        label_end = start
        if not silent and state.src.startswith("[", bracket):
            label_end = max(state.md.helpers.parseLinkLabel(state, bracket, False), start)
        if not rule(state, silent):
            return False
        if not silent:
            new = next(
                t
                for t in state.tokens[before:]
                if t.type in ("link_open", "image", "footnote_ref", "myst_role")
            )
            new.meta["span"] = (start, label_end, state.pos)
        return True

    return placed
