"""What the page of questions claims: its figures, its code, and the threads that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch import nn

from mha_lessons import MultiHeadAttention, causal_mask
from mha_lessons.compute import compute
from mha_lessons.masked_head import masked_head
from mha_lessons.meter import meter
from mha_lessons.params import MAX_TOKENS, Params, check
from mha_lessons.stack import Stack
from mha_lessons.tokens import tokenize
from mha_lessons.widgets import HeadExplorer, MaskPainter, SelfCheck
from tests.book_claims import number, page

ROOT = Path(__file__).parents[1]
PAGE = page("questions")
SENTENCE = "The doctor thanked Mary because she helped him"
WORDS = SENTENCE.split()
THREAD = re.compile(r"\[`([^`]+)#(\d+)`\]\((\S+?)\)")

# Each question with its threads, as they were read in the trackers.
ASKED = {
    "Is the embedding split": "Kyubyong/transformer#55 SamLynnEvans/Transformer#4 pbloem/former#8 "
    "phlippe/uvadlc_notebooks#64 pytorch/pytorch#60445",
    "How do I get the weights": "pytorch/pytorch#34537 pytorch/pytorch#70055 pytorch/pytorch#119811",
    "Where does the NaN": "pytorch/pytorch#41508",
    "Does True in a mask": "pytorch/pytorch#170415 pytorch/pytorch#118972 rasbt/LLMs-from-scratch#1061",
    "May I choose any number": "pytorch/pytorch#103668",
    "How do I switch a head off": "huggingface/transformers#27044 huggingface/transformers#41076",
    "Can I save the picture": "jessevig/bertviz#13 jessevig/bertviz#33",
    "Does it work offline": "jessevig/bertviz#99 jessevig/bertviz#63",
    "How can a widget be alive": "jupyter-book/mystmd#449 jupyter-book/myst-theme#428",
    "Can I look into a model": "jessevig/bertviz#128 poloclub/transformer-explainer#10",
    "Where are the answers": "d2l-ai/d2l-en#662",
    "How long may the text be": "jessevig/bertviz#82",
    "Why does every token look": "jessevig/bertviz#131",
    "Will it still run next year": "harvardnlp/annotated-transformer#133",
    "Is it accessible": "jupyter-book/jupyter-book#2135 poloclub/transformer-explainer#82",
}


def answers() -> dict[str, str]:
    """The text under each question of the page."""
    parts = re.split(r"^#{2,3} (.+)\n", PAGE, flags=re.MULTILINE)[1:]
    return {title: text for title, text in zip(parts[::2], parts[1::2], strict=True) if title.endswith("?")}


def test_all_fifteen_questions_are_answered_and_each_names_the_threads_it_comes_from() -> None:
    assert len(answers()) == len(ASKED) == 15
    for start, threads in ASKED.items():
        (text,) = [text for title, text in answers().items() if title.startswith(start)]
        named = {f"{project}#{number}" for project, number, _ in THREAD.findall(text)}
        assert named >= set(threads.split()), start


def test_a_link_to_a_thread_goes_to_the_project_and_the_number_that_it_names() -> None:
    found = THREAD.findall(PAGE)
    assert len(found) > 25
    for project, thread, address in found:
        pages = {f"https://github.com/{project}/{kind}/{thread}" for kind in ("issues", "pull")}
        assert address in pages


def test_a_question_has_at_most_one_widget() -> None:
    from mha_lessons import widgets

    for title, text in answers().items():
        made = re.findall(rf"^(?:\w+ = )?(?:{'|'.join(widgets.__all__)})[.(]", text, re.MULTILINE)
        assert len(made) <= 1, title


def test_without_its_first_tokens_falcon_loses_far_less_than_llama_in_the_paper_on_sinks() -> None:
    llama, falcon = (
        number(f"xiao2023-{group}.window") / number(f"xiao2023-{group}.sinks")
        for group in ("sinks", "sinks-elsewhere")
    )
    assert 1 < falcon < 2 < 900 < llama


def test_behind_a_causal_mask_the_first_word_is_the_only_one_that_all_can_see() -> None:
    mask = causal_mask(7)
    assert [int(key) for key in range(7) if mask[:, key].all()] == [0]


def test_behind_a_mask_the_head_of_the_figure_parks_all_words_but_the_verbs() -> None:
    tokens, roles, trace = compute(Params(SENTENCE, num_heads=4, causal=True, source="designed"))
    assert roles is not None
    assert roles[3] == "verb → object"
    away = [tokens[place] for place, row in enumerate(trace.attn[0, 3]) if row.argmax() > 0]
    assert away == ["thanked", "helped"]


def test_three_heads_of_32_in_a_layer_of_64_work_here_and_not_in_torch() -> None:
    layer = MultiHeadAttention(d_model=64, num_heads=3, d_head=32)
    assert layer(torch.randn(1, 5, 64)).shape == (1, 5, 64)
    with pytest.raises(AssertionError, match="divisible"):
        nn.MultiheadAttention(64, 3)
    parts = meter(Stack(d_model=64, num_heads=3, d_head=32))["parts"]
    assert [parts[name][0] / parts[name][1] for name in ("w_q", "w_k", "w_v", "w_o")] == [1.5] * 4


def test_the_average_of_four_heads_gives_four_words_the_same_and_no_head_does() -> None:
    rows = HeadExplorer(text=SENTENCE, num_heads=4).trace.attn[0, :, WORDS.index("she")]
    assert WORDS[rows[2].argmax()] == "Mary"
    assert rows[2].max() > 0.85
    shares = rows.mean(0).sort(descending=True).values
    assert 0.2 < shares[3] <= shares[0] < 0.27
    assert shares[4] < 0.05
    assert all(row.max() > 0.85 for row in rows)


def test_in_the_figure_of_the_nan_thanked_may_look_at_nothing() -> None:
    mask = causal_mask(8).clone()
    mask[2] = False
    painter = MaskPainter(text=SENTENCE, num_heads=4, head=3, mask=mask, query=2, key=0)
    assert painter.attn_mask.equal(mask)
    assert WORDS[painter.query] == "thanked"
    mha = MultiHeadAttention(12, 4)
    found = masked_head(mha, torch.randn(1, 8, 12), painter.attn_mask, head=3)
    assert found.plain.isnan().any(-1).nonzero().flatten().tolist() == [2]
    assert found.after[2].eq(0).all()
    mask[2, 2] = True
    assert not masked_head(mha, torch.randn(1, 8, 12), mask, head=3).plain.isnan().any()


def test_a_band_of_zeros_in_w_o_is_a_gate_of_zero_and_the_band_put_back_undoes_it() -> None:
    torch.manual_seed(0)
    theirs, x = nn.MultiheadAttention(12, 3, batch_first=True), torch.randn(2, 5, 12)
    ours, before = MultiHeadAttention.from_torch(theirs), theirs(x, x, x)[0]
    for head in range(3):
        own = slice(head * 4, (head + 1) * 4)
        band = theirs.out_proj.weight[:, own].detach().clone()
        with torch.no_grad():
            theirs.out_proj.weight[:, own] = 0
        gates = torch.ones(3)
        gates[head] = 0
        off = theirs(x, x, x)[0]
        torch.testing.assert_close(off, ours(x, gates=gates))
        assert (off - before).abs().max() > 1e-3
        with torch.no_grad():
            theirs.out_proj.weight[:, own] = band
        assert theirs(x, x, x)[0].equal(before)


def test_a_text_of_the_most_words_is_drawn_and_one_more_gets_a_sentence() -> None:
    most = " ".join(["word"] * MAX_TOKENS)
    assert check(Params(most)) is None
    assert "shorten it" in str(check(Params(most + " word")))


def test_the_long_text_opens_on_she_and_mary() -> None:
    cell = re.search(r'text="(When .+?)"\n\s+"(.+?)",', PAGE)
    assert cell
    tokens = tokenize(cell[1] + cell[2])
    query, key = (int(number) for number in re.findall(r"query=(\d+), key=(\d+),\n\)", PAGE)[0])
    assert (tokens[query], tokens[key]) == ("she", "Mary")
    attn = HeadExplorer(text=cell[1] + cell[2], num_heads=4).trace.attn[0, 2]
    assert attn[query].argmax() == key


def test_every_package_has_one_version_that_was_tested() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line.strip()]
    pinned = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==[\w.+!-]+( *;.*)?", line) for line in pinned)
    names = [line.partition("==")[0].lower() for line in pinned]
    assert len(names) == len(set(names))
    assert {"torch", "anywidget", "jupyter-book"} <= set(names)


def test_one_grid_for_a_layer_is_the_average_that_torch_gives_by_default() -> None:
    layer, x = nn.MultiheadAttention(16, 8, batch_first=True), torch.randn(1, 5, 16)
    weights = layer(x, x, x)[1]
    assert weights.shape == (1, 5, 5)
    torch.testing.assert_close(weights, layer(x, x, x, average_attn_weights=False)[1].mean(1))
    options = SelfCheck.ask("questions.one-grid").options
    assert [option["text"] for option in options if option.get("right")] == [
        "took the average of the 8 heads"
    ]


# The glossary

NEEDED = (
    "Ablation, Attention sink, Attention weight, Causal mask, Contribution, d_head, d_model, Gate, GQA, "
    "Head, Head count, Induction head, Key, KV cache, Mask, MHA, MLA, MQA, Padding, Probe, Pruning, Query, "
    "Rank, Score, Softmax, Value, z"
)


def glossary() -> dict[str, str]:
    """The words of the glossary, in their order, with what is said of them."""
    page = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    entries = re.findall(r"^`?([^`\n:]+)`?\n: (.+)$", page, re.MULTILINE)
    assert len(dict(entries)) == len(entries), "a word stands twice"
    return dict(entries)


def test_the_glossary_has_every_word_one_needs_in_the_order_of_the_alphabet() -> None:
    words = list(glossary())
    assert words == sorted(words, key=str.casefold)
    assert set(NEEDED.split(", ")) <= set(words)


def test_a_word_of_the_glossary_takes_four_sentences_at_most_and_its_links_are_pages() -> None:
    for word, says in glossary().items():
        assert says.endswith((".", "?")), word
        assert len(re.findall(r"[.?](?=\s[A-Z]|$)", re.sub(r"\[.*?\]", "link", says))) <= 4, word
        for linked in re.findall(r"\]\(([\w-]+\.md)\)", says):
            assert (ROOT / "book" / linked).is_file(), word
