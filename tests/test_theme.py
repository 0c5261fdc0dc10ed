"""The theme on a small book with one of each kind of node, executed and written by the real Jupyter Book."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupyter_book
import pytest

from book.engine import write_ast
from book.theme import site
from book.theme.check import check_site, expected_text, lost_text
from book.theme.page import POLICY
from book.theme.registry import DRAW, walk
from book.theme.render import PageRenderer
from book.theme.search import sections
from book.theme.site import Site
from tests.book_project import copy_book

ROOT = Path(__file__).parents[1]
DOWNLOADS = {"index.ipynb": b"{}"}


@pytest.fixture(scope="module")
def ast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ast(copy_book("all_nodes", tmp_path_factory.mktemp("theme")))


@pytest.fixture(scope="module")
def out(ast: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def drawn(ast: Path, out: Path) -> Site:
    return site.build(ast, out, DOWNLOADS)


@pytest.fixture(scope="module")
def html(drawn: Site, out: Path) -> str:
    return (out / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def main(html: str) -> str:
    """What stands between the bars: the page itself."""
    return html.partition("<main")[2].partition("</main>")[0]


def draw(*nodes: dict[str, Any]) -> tuple[str, list[str]]:
    """Nodes as HTML, and what the theme has to say of them."""
    page = PageRenderer("page", "page.md", Path())
    return page.all(nodes), page.problems


def output(**data: object) -> dict[str, Any]:
    """An output of a cell with these forms, `text_html` for text/html."""
    forms = {name.replace("_", "/"): {"content": content} for name, content in data.items()}
    return {"type": "output", "jupyter_data": {"output_type": "display_data", "data": forms, "metadata": {}}}


def test_a_book_with_one_of_each_node_is_drawn_without_a_complaint(drawn: Site) -> None:
    assert drawn.problems == []


def test_every_node_type_the_theme_draws_is_on_the_test_page_or_has_its_own_test(ast: Path) -> None:
    pages = [json.loads(file.read_text()) for file in (ast / "content").glob("*.json")]
    met = {node["type"] for page in pages for node in walk(page["mdast"])}
    own_test = {"mermaid", "mystTarget", "linkBlock", "legend", "header"}
    assert set(DRAW) - met == own_test


def test_no_text_of_the_ast_is_lost(ast: Path, drawn: Site, out: Path) -> None:
    for page in drawn.pages:
        assert len(expected_text(page.content["mdast"])) > 8
        assert lost_text(page.content["mdast"], out / page.file) == []


@pytest.mark.parametrize("kind", ["details", "caption", "tabSet", "inlineCode", "code", "cite", "outputs"])
def test_a_node_drawn_as_nothing_is_noticed_as_lost_text(
    kind: str, ast: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DRAW, kind, lambda page, node: "")
    assert any("the theme lost the text" in problem for problem in site.build(ast, tmp_path, {}).problems)


def test_a_node_the_theme_does_not_know_is_named_with_its_place() -> None:
    node = {"type": "hologram", "kind": "blue", "position": {"start": {"line": 7}}}
    assert draw(node) == ("", ["page.md:7: the theme does not know the node 'hologram' (blue)"])


def test_every_page_carries_the_content_policy_word_for_word(drawn: Site, out: Path) -> None:
    policy = (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:"
    )
    assert policy == POLICY
    pages = list(out.glob("*.html"))
    assert {page.name for page in pages} == {"index.html", "two.html", "sources.html", "404.html"}
    for page in pages:
        head = page.read_text()
        assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in head
        assert head.index("Content-Security-Policy") < min(head.index("<script"), head.index("<link"))


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ('<a href="gone.html">x</a>', "the link 'gone.html' leads nowhere: there is no gone.html"),
        (
            '<a href="two.html#gone">x</a>',
            "the link 'two.html#gone' leads nowhere: two.html has nothing called 'gone'",
        ),
        ('<a href="#gone">x</a>', "the link '#gone' leads nowhere: the page has nothing called 'gone'"),
        (
            '<img src="_files/gone.png" alt="">',
            "the link '_files/gone.png' leads nowhere: there is no _files/gone.png",
        ),
        ("<script>alert(1)</script>", "a script inside the page, which the content policy forbids"),
        ('<p onclick="x()">x</p>', "the handler onclick on <p>, which the content policy forbids"),
        ('<p id="content">x</p>', "the id 'content' is there twice: name one of them otherwise"),
        ('<a data-card="card-gone">x</a>', "the card 'card-gone' is missing"),
    ],
)
def test_what_is_broken_on_a_finished_page_is_named(
    broken: str, sentence: str, drawn: Site, out: Path, tmp_path: Path
) -> None:
    for name in ("index.html", "two.html", "sources.html"):
        (tmp_path / name).write_text((out / name).read_text())
    for folder in ("_static", "_files", "_downloads"):
        (tmp_path / folder).symlink_to(out / folder)
    assert check_site(tmp_path) == []
    page = tmp_path / "two.html"
    page.write_text(page.read_text().replace("</main>", broken + "</main>"))
    assert check_site(tmp_path) == [f"two.html: {sentence}"]


def test_a_page_without_its_content_policy_is_named(drawn: Site, out: Path, tmp_path: Path) -> None:
    weaker = (out / "404.html").read_text().replace("'wasm-unsafe-eval'", "'unsafe-eval'")
    (tmp_path / "404.html").write_text(weaker)
    assert "404.html: the content policy is missing or changed" in check_site(tmp_path)


def test_a_widget_is_mounted_from_its_mime_type_with_its_state_and_its_still(main: str) -> None:
    found = re.search(
        r'<figure class="widget-frame"><div data-widget="head_explorer" data-state="loading" '
        r'data-traits="([^"]*)"></div><div class="still"><p>still picture</p></div></figure>',
        main,
    )
    assert found
    unescape = {"&quot;": '"', "&#x27;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&"}
    traits = re.sub(r"&[#\w]+;", lambda match: unescape[match.group()], found[1])
    assert json.loads(traits) == {"text": "a <b> 'q' & \"r\"", "num_heads": 4}


def test_a_page_loads_the_scripts_of_its_own_widgets_only(html: str, drawn: Site, out: Path) -> None:
    scripts = re.findall(r'<script defer src="_static/([^"]+)">', html)
    assert scripts == ["book.js", "page/host.js", "page/head_explorer.js"]
    assert re.findall(r'<script defer src="_static/([^"]+)">', (out / "two.html").read_text()) == ["book.js"]
    styles = re.findall(r'<link rel="stylesheet" href="_static/([^"]+)">', html)
    assert styles[-3:] == ["page/host.css", "page/head_explorer.css", "book.css"]


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        (
            output(**{"application/vnd.jupyter.widget-view+json": "{}", "text_plain": "W()"}),
            "a W needs a kernel, and a page has none",
        ),
        (
            output(**{"application/vnd.mha-lessons.widget+json": '{"widget": "w", "state": {}}'}),
            "the widget w has no still picture",
        ),
        (output(**{"application/x": "?"}), "none of the forms of this output: application/x"),
        ({"type": "mermaid", "value": "graph"}, "a mermaid diagram needs a script from outside"),
        (
            {"type": "image", "url": "/a.png", "urlSource": "a.png"},
            "the picture 'a.png' has no text: give it `:alt:`",
        ),
        (
            {"type": "code", "value": "x", "lang": "klingon"},
            "no colours are known for the language 'klingon'",
        ),
        ({"type": "crossReference", "label": "gone", "children": []}, "nothing is called 'gone'"),
        ({"type": "cite", "label": "gone2020", "children": []}, "no entry 'gone2020' in references.bib"),
        (
            {"type": "inlineExpression", "value": "1/0", "result": {"evalue": "division"}},
            "has no result: division",
        ),
        ({"type": "span", "data": {"fact": "no.such"}, "children": []}, "no fact 'no.such' in facts.yml"),
        (
            {"type": "math", "value": "\\x", "message": "unknown"},
            "KaTeX could not set the formula '\\\\x': unknown",
        ),
    ],
)
def test_what_a_page_cannot_show_is_named(node: dict[str, Any], sentence: str) -> None:
    (problem,) = draw(node)[1]
    assert problem.startswith("page.md: ")
    assert sentence in problem


@pytest.mark.parametrize(
    "expected",
    [
        "<code>code &lt;b&gt;</code>",
        "1 &lt; 2 &amp; 3",
        '<abbr title="multi-head attention">MHA</abbr>',
        'href="two.html"',
        '<h1><span class="number">1</span> All nodes</h1>',
        '<a href="#my-sec" class="reference">Section\xa01.1</a>',
        'href="two.html#in-two"',
        '<h2 id="my-sec">',
        '<a href="#my-sec" class="anchor" aria-label="Link to the section “A section”">',
        '<a href="#eq-one" class="equation-number">(1)</a>',
        '<figure class="figure" id="fig-one">',
        '<a href="#fig-one" class="number">Figure\xa01:</a>',
        '<th class="align-center">c</th>',
        '<details class="admonition warning dropdown"><summary>A <strong>title</strong></summary>',
        "<details><summary>More</summary>",
        '<aside role="note" class="margin"><p>In the margin.</p>',
        'type="radio" name="tabs-1" id="tab-1-0" checked data-sync="one"',
        '<dt id="term-head">Head</dt>',
        '<a href="#term-head" class="term">Head</a>',
        '<div class="admonition exercise" id="ex-one"><p class="title">Exercise 1: Try it</p>',
        '<details class="admonition solution dropdown" id="sol-one">',
        '<p class="title">Theorem 1: Name</p>',
        '<ol start="3">',
        '<input type="checkbox" disabled checked aria-label="done"> done',
        '<span class="nb">print</span>',
        '<span class="line" data-n="1"><span class="hll">',
        '<pre class="output stderr" tabindex="0">err\n</pre>',
        '<pre class="output result" tabindex="0">2</pre>',
        '<details class="fold"><summary>Show the code</summary>',
        '<details class="fold"><summary>Show the output</summary><pre class="output error"',
        "ZeroDivisionError",
        'alt="one dot"',
        "<strong>md</strong> out",
        '<span class="computed" title="computed: 6*7">42</span>',
        '<a href="sources.html#cite-vaswani2017" class="cite" data-card="card-cite-vaswani2017">',
        '<a href="#note-1" id="note-1-from" data-card="note-1" aria-label="Note 1">1</a>',
        '<a href="_downloads/index.ipynb" download>',
        '<a class="after" rel="next" href="two.html">',
    ],
)
def test_the_page_of_all_nodes_has(expected: str, main: str) -> None:
    assert expected in main


@pytest.mark.parametrize("gone", ["never seen", "HTML(", "\x1b[", "a comment"])
def test_what_the_author_removed_is_not_shown(gone: str, main: str) -> None:
    assert gone not in main


def test_a_long_output_is_shown_whole(main: str) -> None:
    assert main.count("long long") == 4500


def test_the_contents_mark_the_readers_place_and_number_every_part(html: str, drawn: Site, out: Path) -> None:
    nav = re.search(r'<nav class="contents".*?</nav>', (out / "two.html").read_text(), re.DOTALL)
    assert nav
    assert re.findall(r'<a href="([^"]+)"( aria-current="page")?>', nav[0]) == [
        ("index.html", ""),
        ("two.html", ' aria-current="page"'),
        ("#in-two", ""),
        ("sources.html", ""),
    ]
    assert '<span class="part">A part</span>' in nav[0]


def test_a_fact_shows_its_value_its_source_and_where_it_is_used(main: str, html: str, out: Path) -> None:
    name = "fact-vaswani2017-heads-bleu-1"
    link = f'<a href="sources.html#{name}" class="fact" data-card="card-{name}">'
    assert f"{link}24.9\xa0BLEU</a>" in main
    assert 'data-card="card-fact-vaswani2017-heads-bleu-8">25.8</a>' in main
    line = "<strong>24.9\xa0BLEU</strong>: translation quality with 1 head. Vaswani et al. (2017), Table 3"
    assert f'<div id="card-{name}">{line}' in html
    sources = (out / "sources.html").read_text()
    assert f'<li id="{name}">{line}' in sources
    assert 'Used in <a href="index.html">All nodes</a>' in sources


def test_a_fact_without_a_citation_of_its_paper_on_the_page_is_named(ast: Path) -> None:
    page = site.load(ast).pages[0]
    page.renderer.facts = ["michel2019-one-by-one.matter"]
    (problem,) = site._uncited(page)
    assert "michel2019-one-by-one.matter is from michel2019, which the page does not cite" in problem


def test_a_tested_claim_names_its_test(main: str, html: str) -> None:
    assert 'aria-label="A test checks this: no text of the ast is lost"' in main
    assert "<code>tests/test_theme.py::test_no_text_of_the_ast_is_lost</code>" in html


def test_search_finds_every_section_by_its_words(drawn: Site) -> None:
    found = {part["url"]: part for page in drawn.pages for part in sections(page)}
    assert set(found) == {
        "index.html",
        "index.html#my-sec",
        "index.html#sub-section",
        "two.html",
        "two.html#in-two",
    }
    assert found["index.html#sub-section"]["title"] == "Sub section"
    for words in ("Hidden text.", "What a word asks.", "The answer.", "second", "A quote"):
        assert words in found["index.html#sub-section"]["text"]
    assert "The caption of figure." in found["index.html#my-sec"]["text"]
    assert "never seen" not in json.dumps(found)


def test_a_fact_of_the_theme_is_drawn_by_one_function_only() -> None:
    from book.theme.registry import draws

    with pytest.raises(ValueError, match="two functions draw the node type 'text'"):
        draws("text")(lambda page, node: "")


def tokens(css: str) -> dict[str, list[str]]:
    """Every `--mha-…` of a style sheet with its values in order."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"(--mha-[\w-]+):\s*([^;]+);", css):
        found.setdefault(name, []).append(value)
    return found


def test_the_page_and_its_widgets_agree_on_colours_light_and_dark() -> None:
    page = tokens((ROOT / "book/theme/css/tokens.css").read_text())
    widgets = tokens((ROOT / "widgets/draw/tokens.css").read_text())
    for name, (value,) in page.items():
        light_dark = re.fullmatch(r"light-dark\((.+), (.+)\)", value)
        own = list(light_dark.groups()) if light_dark else [value]
        assert own == widgets[name], name


@pytest.mark.parametrize("kind", ["linkBlock", "legend", "header", "include", "mystTarget"])
def test_rare_nodes_keep_their_words(kind: str) -> None:
    text = {"type": "text", "value": "words"}
    html, problems = draw({"type": kind, "url": "/two", "children": [text]})
    assert problems == []
    assert ("words" in html) == (kind != "mystTarget")


@pytest.fixture(scope="module")
def rebuilt(ast: Path) -> Callable[[Path], Site]:
    return lambda folder: site.build(ast, folder, {})


def test_a_chapter_without_a_notebook_offers_none(rebuilt: Callable[[Path], Site], tmp_path: Path) -> None:
    rebuilt(tmp_path)
    assert "_downloads" not in (tmp_path / "index.html").read_text()


def test_the_style_of_formulas_is_of_the_katex_that_sets_them() -> None:
    """Class names differ between versions: with the wrong one a superscript is as large as its base."""
    style = (ROOT / "mha_lessons/static/katex/katex.min.css").read_text()
    bundle = Path(jupyter_book.__file__).parent / "dist" / "jupyter-book.cjs"
    katex = bundle.read_text().partition("// node_modules/katex/dist/katex.mjs")[2]
    sets = re.search(r'version: "(0\.\d+\.\d+)"', katex)
    styles = re.search(r'katex-version::?after\{content:"([\d.]+)"', style)
    assert sets
    assert styles
    assert styles[1] == sets[1]
