"""The chapters as notebooks: nothing of MyST is left, no word is lost, and the reader's work is safe."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import nbformat
import pytest

from mha_lessons.notebooks import NotebookError, Outcome, notebooks, save

BOOK = Path(__file__).parents[1] / "book"
HEAD = """---
title: {title}
jupytext:
  text_representation: {{extension: .md, format_name: myst}}
kernelspec: {{display_name: Python 3, language: python, name: python3}}
---

"""
SETTINGS = """version: 1
project:
  bibliography: [references.bib]
  numbering: {title: false, headings: false, figure: true, equation: true, table: true}
  toc: [{file: one.md}, {file: parts/two.md}]
site: {}
"""
BIB = r"""@inproceedings{vaswani2017, title = {Attention Is All You Need}, year = {2017},
  url = {https://arxiv.org/abs/1706.03762},
  booktitle = {Advances in Neural Information Processing Systems},
  author = {Vaswani, Ashish and Shazeer, Noam and Kaiser, {\L}ukasz}}
@article{jain2019, title = {Attention is not {Explanation}}, year = {2019},
  author = {Jain, Sarthak and Wallace, Byron C.},
  journal = {NAACL}, doi = {10.1/x}}
@misc{shazeer2019, title = {Fast Decoding}, author = {Shazeer, Noam}, year = {2019}}
"""
FACTS = """
base:
  {source: vaswani2017, where: Table 3 rows A, read: paper, chapter: one, unit: BLEU,
   facts: {bleu-1: {value: "24.9", says: one head}, bleu-8: {value: "25.8", says: eight heads}}}
heard:
  {source: make bench, where: results.json, read: second-hand, chapter: one,
   facts: {speed: {value: "3", says: speed}}}
"""
ONE = (
    HEAD.format(title="Chapter one")
    + r"""Opening words with *emphasis*, `plain code`, and `{ref}` in quotes stay.
One head scores {fact}`base.bleu-1`, eight score {bare}`base.bleu-8`,
speed is {fact}`heard.speed`.{tested}`tests/test_x.py::test_y`

{cite:t}`vaswani2017` began; others doubt {cite:p}`jain2019,shazeer2019`,
since {cite:year}`jain2019` by {cite:author}`jain2019`,
as {cite}`shazeer2019` says.

(sec-deep)=
## A *deep* section

See {ref}`sec-deep`, {numref}`fig-a`, {numref}`Fig. %s <fig-a>`, {eq}`eq-a`, {eq}`eq-b`,
[](parts/two.md), {doc}`second words <parts/two>`, [](#fig-b), [caption words](#fig-b),
{ref}`tab-list`, {prf:ref}`thm-main`, {ref}`ex-first`,
{term}`Query`, {term}`questions <query>`,
{ref}`sol-first`, {ref}`program <listing>`, [outside](https://example.org/a_b "a title"),
[by name][later].
Also {math}`\sqrt{d}`, {abbr}`MHA (multi-head attention)`, H{sub}`low`O{sup}`high`, {kbd}`Enter`,
{del}`gone`, {eval}`1 + 1`,
{button}`pressed words <https://example.org>`, {download}`the picture <pic.svg>`,
and a note[^first] or another[^second].

[later]: https://example.org/later "named"
[^first]: First footnote words, with {math}`x`.
[^second]: Second footnote words.

$$ x = 1 $$

$$ labelled = 2 $$ (eq-a)

Sentence with $$ inline = 3 $$ display inside.

```{math}
:label: eq-b
directive = 4
```

```{math}
:label: eq-rows
\begin{align}
a &= 1 \\
b &= 2
\end{align}
```

| head {math}`i` | value \| bar |
|---|---|
| {fact}`base.bleu-1` | a \| {fact}`base.bleu-8` |
% an author's private remark

```{code-cell} python
:tags: [remove-cell]
hidden = 20
```

```{code-cell} python
:tags: [hide-input, raises-exception]
:label: cell-out
hidden + 3
```

## Boxes

Before a note without a blank line
```{note}
Note words with {cite:t}`jain2019`.
```
After the note.

:::{admonition} Title *starred*
:class: tip
Admonition words.

```{warning}
Nested warning words.
```
:::

```{tip} Words of the tip alone
```
```{margin}
Margin words.
```
```{aside} Aside title
Aside words.
```
```{seealso}
:class: dropdown
Dropdown by class words.
```
```{dropdown} Open *me* now
Dropdown words with {sub}`x`.
```
```{epigraph}
Quoted words.

-- Somebody
```
- item words
  ```{important}
  Important words in a list.
  ```
- last item

> quoted line
> ```{code-block} python
> quoted_code = 1
> ```

````{tab-set}
```{tab-item} First tab
Tab words one.
```
```{tab-item} Second tab
Tab words two.
```
````

```{figure} pic.svg
:name: fig-a
:alt: alternative words
Caption **bold** words.

Legend words.
```
```{figure} pic.svg
:alt: other alternative

Caption without label.
```
```{image} pic.svg
:alt: image alternative
:width: 200px
```
![inline alternative](pic.svg)

```{table} Table caption words
:label: tab-md

| left | right |
|---|---|
| cellone | celltwo |
```
```{list-table} List caption words
:header-rows: 1
:label: tab-list

* - heading one
  - heading two
* - entry | one
  - entry {fact}`base.bleu-8`
```
```{code-block} python
:caption: Program caption words
:label: listing
:linenos:
def shown(): ...
```

```{exercise} Exercise title
:label: ex-first
Exercise words.
```
```{solution} ex-first
:label: sol-first
Solution words.
```
```{exercise-start}
:label: ex-gated
```
Gated words.

```{code-cell} python
assert hidden == 20
```
```{exercise-end}
```
```{prf:theorem} Theorem name
:label: thm-main
Theorem words.
```
```{prf:proof}
Proof words.
```
```{glossary}
Query
: what a token asks

Two words
: definition of two words
  on two lines
```
"""
)
TWO = (
    HEAD.format(title="Chapter two")
    + r"""# Chapter two

Back to [](../one.md), {ref}`sec-deep`, {eq}`eq-a`, {numref}`fig-b` and {term}`two words`.

```{figure} ../pic.svg
:label: fig-b
:alt: second alternative
Second caption.
```

```{embed} #thm-main
```

```{include} shared.txt
```
"""
)
SHARED = """Included words, see {numref}`fig-shared`.

```{figure} ../pic.svg
:label: fig-shared
:alt: shared
Shared caption.
```
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of two chapters that use all the MyST there is."""
    folder = tmp_path / "book"
    (folder / "parts").mkdir(parents=True)
    texts = {
        "myst.yml": SETTINGS,
        "references.bib": BIB,
        "facts.yml": FACTS,
        "one.md": ONE,
        "parts/two.md": TWO,
    }
    texts |= {"parts/shared.txt": SHARED, "pic.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>'}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def write_chapter(book: Path, body: str, front: str = HEAD.format(title="Chapter one")) -> None:
    """Make a book of one chapter with this text."""
    (book / "one.md").write_text(front + body, encoding="utf-8")
    (book / "myst.yml").write_text(SETTINGS.replace(", {file: parts/two.md}", ""), encoding="utf-8")


def converted(book: Path) -> dict[str, Any]:
    files = notebooks(book)
    return {name: json.loads(content) for name, content in files.items() if name.endswith(".ipynb")}


def text_of(source: str | list[str]) -> str:
    return "".join(source)


def prose(notebook: dict[str, Any]) -> str:
    return "\n\n".join(text_of(c["source"]) for c in notebook["cells"] if c["cell_type"] == "markdown")


def said(book: Path, body: str) -> str:
    """The Markdown of a chapter with this body, without its title."""
    write_chapter(book, body)
    return prose(converted(book)["one.ipynb"]).removeprefix("# Chapter one").strip()


def words_of(source: str) -> Counter[str]:
    """The words a reader of this MyST text sees, found line by line without its parser."""
    source = re.sub(r"\A---\n.*?\n---\n", "", source, flags=re.DOTALL)
    source = re.sub(r"^(`{3,}|:{3,})\{code-cell\}.*?^\1\s*$", "", source, flags=re.DOTALL | re.MULTILINE)
    lines = []
    for line in source.split("\n"):
        line = re.sub(r"^\s*\[[^\]^]+\]: .*", "", line)  # names of links
        line = re.sub(
            r"^[\s>]*[`:]{3,}(\{(math|figure|image|solution|embed|include|code-block)\}.*|\{[^}]*\}|$)",
            "",
            line,
        )
        if re.match(r"[\s>]*:(?!alt:|caption:|attribution:)[\w-]+:|\s*%|\(.*\)=$", line):
            continue
        line = re.sub(r"^\s*:(alt|caption|attribution):", "", line)
        line = re.sub(r"\{(fact|bare|tested|cite[^}]*|eq)\}`[^`]*`", "", line)
        line = re.sub(r"\{[\w:]+\}`([^`<]*?)\s*<[^`]*>`", r"\1", line)
        line = re.sub(r"\{(ref|numref|prf:ref|doc)\}`[^`]*`", "", line)
        line = re.sub(r"\{[\w:]+\}(?=`)", "", line)
        line = re.sub(r"\]\([^)]*\)|\]\[[^\]]*\]|\[\^[^\]]*\]|\$\$ \([\w-]+\)$", " ", line)
        lines.append(line.replace("%s", ""))
    return Counter(re.findall(r"[^\W\d_]{2,}", "\n".join(lines)))


def lost(source: str, written: str) -> Counter[str]:
    return words_of(source) - Counter(re.findall(r"[^\W\d_]{2,}", written))


def left_over(markdown: str) -> list[str]:
    """MyST syntax outside of code."""
    outside = re.sub(r"^(`{3,})(?!\{).*?^\1", "", markdown, flags=re.DOTALL | re.MULTILINE)
    outside = re.sub(r"(?<![`}])(`+)(?!`)[^`]+?\1(?!`)", "code", outside)
    return re.findall(
        r"\{[\w:-]+\}`|[`:]{3,}\s*\{[^}]*\}|^\(.*\)=$|\[\]\(|\[\^|^\s*:[\w-]+:|\.md[#)]",
        outside,
        re.MULTILINE,
    )


# --- the text -------------------------------------------------------------------------------------


def test_no_role_directive_or_label_of_myst_is_left(book: Path) -> None:
    for name, notebook in converted(book).items():
        assert left_over(prose(notebook)) == [], name


def test_no_word_of_the_prose_is_lost(book: Path) -> None:
    written = converted(book)
    assert not lost(ONE, prose(written["one.ipynb"]))
    assert not lost(TWO, prose(written["parts/two.ipynb"]))
    assert not lost(SHARED, prose(written["parts/two.ipynb"]))
    assert lost(ONE + "\nzebra\n", prose(written["one.ipynb"])) == {"zebra": 1}  # the check itself can fail


def test_the_chapters_of_this_book_lose_nothing_and_keep_no_syntax() -> None:
    for name, notebook in converted(BOOK).items():
        source = (BOOK / name).with_suffix(".md").read_text(encoding="utf-8")
        assert left_over(prose(notebook)) == [], name
        assert not lost(source, prose(notebook)), name


def test_markdown_without_roles_stays_letter_by_letter(book: Path) -> None:
    body = "A *b* `{ref}` \\{sub}  \nhard break, $a_1 {b}$ and $$c$$.\n\n1. one\n   - two\n\n"
    body += "> three\n\n<b>four</b>\n\n```text\n{cite}`x`\n```"
    assert said(book, body) == body


def test_a_fact_shows_value_and_unit_and_its_source_at_the_end_of_the_cell(book: Path) -> None:
    text = said(book, "First {fact}`base.bleu-1`, bare {bare}`base.bleu-8`.\n\nThen {fact}`heard.speed`.")
    start, end = text.split("\n\n<small>")
    assert start == "First 24.9\N{NO-BREAK SPACE}BLEU, bare 25.8.\n\nThen 3."
    assert end.startswith("Source of 24.9\xa0BLEU, 25.8\xa0BLEU: Vaswani et al. (2017), Table 3 rows A.<br>")
    assert "Source of 3: `make bench`, results.json (second-hand" in end


def test_facts_are_read_as_the_book_reads_them() -> None:
    from book.facts import load
    from mha_lessons.notebooks.facts import read_facts

    ours, theirs = read_facts(BOOK / "facts.yml"), load(BOOK / "facts.yml")
    assert {key: (f.shown, f.value, f.source, f.where, f.read) for key, f in ours.items()} == {
        key: (f.shown, f.value, f.source, f.where, f.read) for key, f in theirs.items()
    }


def test_a_tested_claim_names_its_test(book: Path) -> None:
    text = said(book, "A claim.{tested}`tests/test_x.py::test_y`")
    assert text.startswith("A claim.✓\n\n")
    assert "`tests/test_x.py::test_y`" in text


def test_citations_are_author_and_year_and_the_entry_stands_at_the_end(book: Path) -> None:
    text = said(book, "{cite:t}`vaswani2017`; {cite:p}`jain2019,shazeer2019`; {cite}`shazeer2019`.")
    line, references = text.split("\n\n## References\n\n")
    assert line == (
        "[Vaswani et al. (2017)](https://arxiv.org/abs/1706.03762); "
        "([Jain & Wallace, 2019](https://doi.org/10.1/x); Shazeer, 2019); Shazeer (2019)."
    )
    assert (
        "- Jain, Sarthak; Wallace, Byron C. (2019). *Attention is not Explanation*. NAACL. <https://doi.org/10.1/x>"
        in references
    )
    assert "Kaiser, Łukasz" in references


def test_references_carry_the_numbers_of_the_book(book: Path) -> None:
    """Jupyter Book itself is asked."""
    program = Path(sys.executable).with_name("jupyter-book")
    if not program.exists() or shutil.which("node") is None:
        pytest.fail("jupyter-book and node are needed: run `make setup`")
    chapter = (book / "one.md").read_text(encoding="utf-8")
    chapter = re.sub(
        r"\{(fact|bare|tested|eval)\}`[^`]*`", "", chapter
    )  # roles of the book's plugin, and of a kernel
    (book / "one.md").write_text(chapter, encoding="utf-8")
    subprocess.run([program, "build", "--site"], cwd=book, capture_output=True, timeout=120, check=False)
    pages = sorted((book / "_build" / "site" / "content").glob("*.json"))
    assert len(pages) == 2
    asked = {}
    for page in pages:
        content = json.loads(page.read_text(encoding="utf-8"))
        for node in nodes(content["mdast"]):
            if node["type"] == "crossReference" and node["kind"] != "definitionTerm":
                asked.setdefault(Path(content["location"]).stem, []).append(
                    "".join(n.get("value", "") for n in nodes(node))
                )
    assert sum(map(len, asked.values())) > 12
    for name, notebook in converted(book).items():
        shown = re.findall(r"\[((?:[^\[\]]|\\.)+)\]\([^)]*#cell-id=[^)]*\)", prose(notebook))
        plain = [re.sub(r"[*`]", "", words) for words in shown]
        for words in asked[Path(name).stem]:
            assert words in plain, f"{name}: the book says {words!r}"


def nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(below for child in node.get("children", ()) for below in nodes(child))]


def test_every_link_inside_the_book_leads_to_a_cell_or_a_file_that_is_there(book: Path) -> None:
    files = notebooks(book)
    seen = 0
    for name, notebook in converted(book).items():
        for address in re.findall(r"\]\(([^)\s]+)[^)]*\)|src=\"([^\"]+)\"", prose(notebook)):
            path, _, fragment = (address[0] or address[1]).partition("#")
            if "://" in path:
                continue
            seen += 1
            whole = str((Path("/") / name).parent.joinpath(path).resolve().relative_to("/")) if path else name
            assert whole in files, f"{name}: {address}"
            if fragment:
                ids = [cell["id"] for cell in json.loads(files[whole])["cells"]]
                assert fragment.removeprefix("cell-id=") in ids
    assert seen > 20


def test_a_link_to_a_heading_lands_on_the_cell_that_begins_with_it(book: Path) -> None:
    notebook = converted(book)["one.ipynb"]
    target = re.search(r"\[A \*deep\* section\]\(#cell-id=([\w-]+)\)", prose(notebook))
    assert target
    cell = next(cell for cell in notebook["cells"] if cell["id"] == target[1])
    assert text_of(cell["source"]).startswith("## A *deep* section")


def test_a_label_above_a_code_cell_leads_to_the_cell_and_leaves_no_empty_one(book: Path) -> None:
    write_chapter(book, "[words](#run)\n\n(run)=\n```{code-cell} python\n1 + 1\n```\n")
    cells = converted(book)["one.ipynb"]["cells"]
    assert [text_of(cell["source"]) for cell in cells] == [
        f"# Chapter one\n\n[words](#cell-id={cells[1]['id']})",
        "1 + 1",
    ]


@pytest.mark.parametrize(
    ("myst", "markdown"),
    [
        ("| {sub}`a` | {sub}`a` |\n|---|---|", "| <sub>a</sub> | <sub>a</sub> |\n|---|---|"),
        ("$$ a $$ (e)\n\n{eq}`e`", "$$\n a \n\\tag{1}\n$$\n\n[(1)](#cell-id=one-000)"),
        ("- a\n  ```{note}\n  b\n\n  c\n  ```\n- d", "- a\n\n  > **Note**\n  >\n  > b\n  >\n  > c\n\n- d"),
        ("> ```{tip}\n> b\n> ```", "> > **Tip**\n> >\n> > b"),
        (
            "a\n:::{dropdown} B *c*\nd\n:::\ne",
            "a\n\n<details>\n<summary>B <em>c</em></summary>\n\nd\n\n</details>\n\ne",
        ),
        ("```{glossary}\nA b\n: c\n  d\n```\n{term}`a b`", "- **A b**:\n  c\n  d\n\n[a b](#cell-id=one-000)"),
        ("x[^n] y\n\n[^n]: z", "x<sup>1</sup> y\n\n- <sup>1</sup> z"),
        ("[a][b]\n\n+++\n\n[b]: https://x.org", "[a](https://x.org)\n\n[b]: https://x.org"),
        ("```{list-table}\n* - a\n  - b|c\n```", "|  |  |\n| --- | --- |\n| a | b\\|c |"),
        (
            "| a \\| {sub}`b` |\n|---|\n| {sub}`c` {sub}`d` |",
            "| a \\| <sub>b</sub> |\n|---|\n| <sub>c</sub> <sub>d</sub> |",
        ),
        (
            "**[x {sub}`a`](#l)** *y {sup}`b`*\n\n(l)=\n# T",
            "**[x <sub>a</sub>](#cell-id=one-001)** *y <sup>b</sup>*\n\n# T",
        ),
        ("1. ```{code-block} python\n   :linenos:\n   x\n   ```", "1. ```python\n   x\n   ```"),
        ("````{code-block} md\n```\nx\n```\n````", "````md\n```\nx\n```\n````"),
        (
            "{sub}`a`\n\n```python\nx\n\n\ny\n```\n\n```{code} python\nx\n\n\ny\n```",
            "<sub>a</sub>\n\n```python\nx\n\n\ny\n```\n\n```python\nx\n\n\ny\n```",
        ),
        (
            "```{glossary}\nA\n: ```{note}\n  b\n  ```\n```".replace("```{g", "````{g")[:-3] + "````",
            "- **A**:\n  > **Note**\n  >\n  > b",
        ),
    ],
)
def test_each_construct_reads_as_plain_markdown(book: Path, myst: str, markdown: str) -> None:
    assert said(book, myst) == markdown


@pytest.mark.parametrize(
    ("body", "line", "sentence"),
    [
        ("a\n\nb {nonsense}`x`", 3, "no role is called {nonsense}"),
        ("a\n\n```{nonsense}\nb\n```", 3, "no directive is called {nonsense}"),
        ("```{note}\na\n\n{fact}`no.such`\n```", 4, "facts.yml has no fact 'no.such'"),
        ("{cite}`nobody1999`", 1, "references.bib has no entry 'nobody1999'"),
        ("a\n{ref}`nowhere`", 2, "nothing in the book is called 'nowhere'"),
        ("[](#nowhere)", 1, "nothing in the book is called 'nowhere'"),
        ("[x](missing.md)", 1, "there is no file 'missing.md'"),
        ("as @jain2019 says", 1, "@jain2019 is a citation in the book only"),
        ("{term}`nothing`", 1, "no glossary of the book has the term 'nothing'"),
        (
            ":::{solution} e\n\n```{code-cell} python\n1\n```\n:::",
            1,
            "the box {solution} is not closed in its cell",
        ),
        (
            "```{list-table}\n* - a\n* - b\n  - c\n```",
            1,
            "the rows of a list-table should be equally long, got 1, 2 cells",
        ),
        (
            "```{code-cell} python\n:width: 3\n1\n```",
            2,
            "a code-cell takes the options tags and label, got width",
        ),
        ("(a)=\n## A\n\n(a)=\n## B", 5, "'a' is already the name of something at one.md:9"),
    ],
)
def test_what_cannot_be_written_is_named_with_file_and_line(
    book: Path, body: str, line: int, sentence: str
) -> None:
    write_chapter(book, body)
    with pytest.raises(NotebookError) as error:
        notebooks(book)
    assert f"one.md:{HEAD.count(chr(10)) + line}: {sentence}" in str(error.value)


def test_all_problems_of_all_chapters_are_told_at_once(book: Path) -> None:
    for name in ("one.md", "parts/two.md"):
        file = book / name
        file.write_text(
            file.read_text(encoding="utf-8") + "\n{nonsense}`x`\n\n{ref}`nowhere`\n", encoding="utf-8"
        )
    with pytest.raises(NotebookError, match="4 problems in the chapters"):
        notebooks(book)


# --- the file -------------------------------------------------------------------------------------


def test_notebooks_are_valid_and_come_in_the_books_order(book: Path) -> None:
    files = notebooks(book)
    assert list(files)[:2] == ["one.ipynb", "parts/two.ipynb"]
    for content in list(files.values())[:2]:
        notebook = nbformat.reads(content.decode(), as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
        assert notebook.metadata.kernelspec.name == "python3"
        assert content.decode() == nbformat.writes(notebook) + "\n"


def test_writing_twice_gives_identical_bytes(book: Path) -> None:
    assert notebooks(book) == notebooks(book)


def test_the_title_stands_once_on_top(book: Path) -> None:
    for name, title in {"one.ipynb": "# Chapter one", "parts/two.ipynb": "# Chapter two"}.items():
        text = prose(converted(book)[name])
        assert text.startswith(f"{title}\n")
        assert text.count(title) == 1


def test_a_cell_hidden_in_the_book_is_folded_and_still_there(book: Path) -> None:
    cells = [cell for cell in converted(book)["one.ipynb"]["cells"] if cell["cell_type"] == "code"]
    assert [text_of(cell["source"]) for cell in cells] == ["hidden = 20", "hidden + 3", "assert hidden == 20"]
    assert [cell["metadata"] for cell in cells] == [
        {"jupyter": {"source_hidden": True, "outputs_hidden": True}},
        {"jupyter": {"source_hidden": True}, "tags": ["raises-exception"]},
        {},
    ]


def test_pictures_are_copied_under_a_name_that_follows_their_content(book: Path, tmp_path: Path) -> None:
    pictures = [name for name in notebooks(book) if not name.endswith(".ipynb")]
    assert len(pictures) == 1
    assert re.fullmatch(r"files/pic-[0-9a-f]{8}\.svg", pictures[0])
    (book / "pic.svg").write_text("<svg/>")
    assert pictures[0] not in notebooks(book)


# --- the reader's folder --------------------------------------------------------------------------


def outcomes(files: dict[str, bytes], folder: Path, *, force: bool = False) -> dict[str, Outcome]:
    return {
        each.name: each.outcome for each in save(files, folder, force=force) if each.name.endswith(".ipynb")
    }


def edit(path: Path, change: Any) -> bytes:
    notebook = json.loads(path.read_bytes())
    change(notebook)
    path.write_text(json.dumps(notebook))
    return path.read_bytes()


def test_a_second_write_touches_nothing(book: Path, tmp_path: Path) -> None:
    files = notebooks(book)
    assert set(outcomes(files, tmp_path / "out").values()) == {Outcome.WRITTEN}
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    assert set(outcomes(files, tmp_path / "out").values()) == {Outcome.SAME}
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


def test_an_untouched_notebook_follows_its_chapter(book: Path, tmp_path: Path) -> None:
    outcomes(notebooks(book), tmp_path / "out")
    write_chapter(book, "New words.")
    assert outcomes(notebooks(book), tmp_path / "out")["one.ipynb"] is Outcome.UPDATED
    assert "New words." in (tmp_path / "out" / "one.ipynb").read_text()


@pytest.mark.parametrize(
    "change",
    [
        lambda notebook: notebook["cells"][0].update(source="mine"),
        lambda notebook: notebook["cells"].append(
            {"cell_type": "code", "id": "x", "source": "", "metadata": {}, "outputs": []}
        ),
        lambda notebook: notebook["cells"].pop(),
        lambda notebook: notebook["cells"].reverse(),
        lambda notebook: notebook["metadata"].pop("mha_lessons"),
    ],
    ids=["edited", "cell added", "cell removed", "order", "record lost"],
)
def test_what_the_reader_changed_is_never_overwritten(book: Path, tmp_path: Path, change: Any) -> None:
    out = tmp_path / "out"
    outcomes(notebooks(book), out)
    mine = edit(out / "one.ipynb", change)
    write_chapter(book, "New words.")
    assert outcomes(notebooks(book), out)["one.ipynb"] is Outcome.KEPT
    assert (out / "one.ipynb").read_bytes() == mine


@pytest.mark.parametrize(
    "content", [b"", b"no notebook", b"[1, 2]", b'{"cells": 3, "metadata": {}}', b"\xff\xfe"]
)
def test_a_file_that_is_no_notebook_of_ours_is_the_readers(
    book: Path, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "one.ipynb").write_bytes(content)
    assert outcomes(notebooks(book), tmp_path)["one.ipynb"] is Outcome.KEPT
    assert (tmp_path / "one.ipynb").read_bytes() == content


def test_force_replaces_and_keeps_every_version_of_the_reader(book: Path, tmp_path: Path) -> None:
    out, files = tmp_path / "out", notebooks(book)
    outcomes(files, out)
    first = edit(out / "one.ipynb", lambda notebook: notebook["cells"].pop())
    assert outcomes(files, out, force=True)["one.ipynb"] is Outcome.REPLACED
    second = edit(out / "one.ipynb", lambda notebook: notebook["cells"].reverse())
    saved = {each.name: each.copy for each in save(files, out, force=True)}
    assert saved["one.ipynb"] == "one.mine-2.ipynb"
    assert saved["parts/two.ipynb"] == ""
    assert (out / "one.mine.ipynb").read_bytes() == first
    assert (out / "one.mine-2.ipynb").read_bytes() == second
    assert (out / "one.ipynb").read_bytes() == files["one.ipynb"]


def test_a_run_is_no_change_and_its_outputs_survive_an_update(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    outcomes(notebooks(book), out)
    stream = {"output_type": "stream", "name": "stdout", "text": "23"}

    def run(notebook: dict[str, Any]) -> None:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell.update(outputs=[stream], execution_count=3)

    ran = edit(out / "one.ipynb", run)
    assert outcomes(notebooks(book), out)["one.ipynb"] is Outcome.SAME
    assert (out / "one.ipynb").read_bytes() == ran
    write_chapter(
        book, "New.\n\n```{code-cell} python\nhidden = 20\n```\n\n```{code-cell} python\nnew = 1\n```\n"
    )
    assert outcomes(notebooks(book), out)["one.ipynb"] is Outcome.UPDATED
    cells = [
        cell for cell in json.loads((out / "one.ipynb").read_bytes())["cells"] if cell["cell_type"] == "code"
    ]
    assert [(text_of(cell["source"]), cell["outputs"]) for cell in cells] == [
        ("hidden = 20", [stream]),
        ("new = 1", []),
    ]


def test_a_write_that_fails_leaves_the_old_file_whole(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    outcomes(notebooks(book), out)
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    write_chapter(book, "New words.")
    files = notebooks(book)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(NotebookError, match=r"one\.ipynb cannot be written \(no space left on device\)"):
        outcomes(files, out)
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before


def test_a_wheel_without_the_book_gives_the_notebooks_it_ships(book: Path, tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    outcomes(files := notebooks(book), shipped)
    assert notebooks(tmp_path / "no book", shipped) == files
    assert list(notebooks(tmp_path / "no book", shipped))[:2] == ["one.ipynb", "parts/two.ipynb"]
    with pytest.raises(NotebookError, match="has no chapters"):
        notebooks(tmp_path / "no book", tmp_path / "nothing")


# --- the run --------------------------------------------------------------------------------------


def test_the_fixture_runs_from_top_to_bottom(book: Path, tmp_path: Path) -> None:
    execute(notebooks(book)["one.ipynb"])


@pytest.mark.parametrize(
    "name", re.findall(r"file: (?!api/)(\S+)\.md", (BOOK / "myst.yml").read_text(encoding="utf-8"))
)
def test_a_chapter_of_this_book_runs_from_top_to_bottom(name: str) -> None:
    execute(notebooks()[f"{name}.ipynb"])


def execute(content: bytes) -> None:
    """Run a notebook in a fresh kernel; over files as sockets, since two kernels may pick one port."""
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    notebook = nbformat.reads(content.decode(), as_version=4)
    folder = {"metadata": {"path": str(BOOK.parent)}}
    with tempfile.TemporaryDirectory() as sockets:
        files = {"transport": "ipc", "ip": f"{sockets}/kernel"} if os.name == "posix" else {}
        kernel = AsyncKernelManager(kernel_name="python3", **files)
        NotebookClient(notebook, km=kernel, timeout=120, resources=folder).execute()
