"""The puzzles: each can be solved, what cannot be done cannot be done anywhere, and the reasons are true."""

from __future__ import annotations

import json
import random
import re
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mha_lessons.head_puzzle import attempt
from mha_lessons.puzzles import LIMIT, PUZZLES, TOLERANCE, check_attempt, why_not
from mha_lessons.widgets import HeadPuzzle
from mha_lessons.widgets.bundle import STATIC

SOLUTIONS: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("puzzle_solutions.json").read_text()
)
STEPS = range(-LIMIT, LIMIT + 1)
COUNTS = [(name, heads) for name, puzzle in PUZZLES.items() for heads in puzzle.heads]
IMPOSSIBLE = [(name, heads) for name, heads in COUNTS if heads != SOLUTIONS[name]["num_heads"]]
Table = NDArray[np.float64]


def softmax(scores: Table) -> Table:
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    shares: Table = powers / powers.sum(-1, keepdims=True)
    return shares


def grid(size: int) -> Table:
    """Every list of `size` steps, [list, size]."""
    return np.array(list(product(STEPS, repeat=size)), dtype=float)


@pytest.mark.parametrize("name", PUZZLES)
def test_every_puzzle_is_solved_by_its_solution(name: str) -> None:
    found = attempt(name, **SOLUTIONS[name])
    assert found.solved
    assert found.distance.max() <= TOLERANCE


@pytest.mark.parametrize(("name", "heads"), COUNTS)
def test_an_empty_attempt_solves_nothing(name: str, heads: int) -> None:
    found = attempt(name, heads)
    assert not found.solved
    seq = len(PUZZLES[name].tokens)
    torch.testing.assert_close(found.attn, torch.full((heads, seq, seq), 1 / seq))


@pytest.mark.parametrize("name", PUZZLES)
def test_no_single_slider_solves_a_puzzle(name: str) -> None:
    entries = PUZZLES[name].entries
    for matrix, place, step in product(("w_q", "w_k"), range(entries), STEPS):
        weights = [step if i == place else 0 for i in range(entries)]
        for heads in PUZZLES[name].heads:
            assert not attempt(name, heads, **{matrix: weights}).solved


@pytest.mark.parametrize(("name", "heads"), COUNTS)
def test_a_report_is_what_attention_makes_of_the_words_themselves(name: str, heads: int) -> None:
    puzzle = PUZZLES[name]
    torch.manual_seed(3)
    w_q, w_k = torch.randint(-LIMIT, LIMIT + 1, (2, len(puzzle.features), puzzle.width)).float()
    found = attempt(name, heads, w_q.flatten().tolist(), w_k.flatten().tolist())
    x, seq, d_head = torch.from_numpy(puzzle.x), len(puzzle.tokens), puzzle.width // heads
    words = torch.eye(seq)
    z = [
        torch.nn.functional.scaled_dot_product_attention(
            (x @ w_q)[None, :, head * d_head : (head + 1) * d_head],
            (x @ w_k)[None, :, head * d_head : (head + 1) * d_head],
            words[None],
        )[0]
        for head in range(heads)
    ]
    wanted = [sum(z) / heads] if len(puzzle.slots) == 1 else [z[min(slot, heads - 1)] for slot in range(2)]
    torch.testing.assert_close(found.report, torch.stack(wanted), atol=1e-6, rtol=1e-5)
    for slot, (_, goal) in enumerate(puzzle.slots):
        for query, keys in enumerate(goal):
            if len(keys) == 1:  # then what is astray is what the target does not get
                missing = 1 - found.report[slot, query, keys[0]]
                torch.testing.assert_close(found.distance[slot, query], missing, atol=1e-6, rtol=1e-5)
            if not keys:
                assert found.distance[slot, query] == 0, "a free row"


def test_a_reason_is_given_for_exactly_the_head_counts_without_a_solution() -> None:
    assert {count for count in COUNTS if why_not(PUZZLES[count[0]], count[1])} == set(IMPOSSIBLE)
    assert len(IMPOSSIBLE) == 5
    for name, heads in IMPOSSIBLE:
        reason = why_not(PUZZLES[name], heads)
        assert reason
        assert reason.bound > TOLERANCE


def best_row_for_two_goals(name: str, query: int) -> float:
    """The least that is astray in the worse of two reports, over every row this word can have on the grid."""
    puzzle = PUZZLES[name]
    x = puzzle.x.astype(float)
    own = x[query]
    assert set(own) <= {0, 1}
    most = LIMIT * int(own.sum())  # features add up to the word's query
    asked = np.array(list(product(range(-most, most + 1), repeat=puzzle.width)), dtype=float)
    offered = grid(puzzle.entries).reshape(-1, len(puzzle.features), puzzle.width)
    k = np.einsum("sf,nfw->nsw", x, offered)
    rows = softmax(np.einsum("qw,nsw->nqs", asked, k) / puzzle.width**0.5)
    astray = np.abs(rows[..., None, :] - puzzle.goals[:, query]).sum(-1) / 2  # [n, q, slot]
    return float(astray.max(-1).min())


@pytest.mark.parametrize(("name", "query"), [("two_reports", 0), ("two_reports", 3), ("own_question", 1)])
def test_no_single_head_on_the_grid_fits_a_row_that_two_reports_need(name: str, query: int) -> None:
    reason = why_not(PUZZLES[name], 1)
    assert reason
    assert reason.bound - 1e-9 <= best_row_for_two_goals(name, query) < reason.bound + 0.01, (
        "and the bound is tight"
    )


def thin_heads(name: str) -> Table:
    """What is astray in each row with a goal, for every head of width 1 on the grid, [head, row]."""
    puzzle = PUZZLES[name]
    x = puzzle.x.astype(float)
    sides = grid(len(puzzle.features)) @ x.T
    attn = softmax(sides[:, None, :, None] * sides[None, :, None, :])
    rows = [(query, keys[0]) for query, keys in enumerate(puzzle.slots[0].goal) if keys]
    astray = 1 - np.stack([attn[..., query, key] for query, key in rows], -1)
    unique: Table = np.unique(astray.reshape(-1, len(rows)).round(9), axis=0)
    return unique


@pytest.mark.parametrize("name", ["circle", "one_back"])
def test_no_two_thin_heads_on_the_grid_solve_what_one_wide_head_does(name: str) -> None:
    heads = thin_heads(name)
    least = min(float((((one + heads) / 2).max(-1)).min()) for one in heads)
    reason, nearest = why_not(PUZZLES[name], 2), PUZZLES[name].nearest
    assert reason
    assert nearest
    assert TOLERANCE < reason.bound <= least
    assert attempt(name, **nearest).distance.max().item() == pytest.approx(least, abs=1e-6), "none is nearer"


def test_no_random_single_head_comes_below_the_bound_of_the_last_puzzle() -> None:
    puzzle, rng = PUZZLES["both_sides"], np.random.default_rng(5)
    reason = why_not(puzzle, 1)
    assert reason
    x = puzzle.x.astype(float)
    w_q, w_k = rng.integers(-LIMIT, LIMIT + 1, (2, 40_000, 2, 4)).astype(float)
    attn = softmax((x @ w_q) @ (x @ w_k).transpose(0, 2, 1) / 2)
    astray = np.abs(attn[:, None] - puzzle.goals).sum(-1) / 2 * puzzle.goals.any(-1)
    worst = astray.max((1, 2))
    assert worst.min() >= reason.bound
    assert puzzle.nearest
    assert attempt("both_sides", **puzzle.nearest).distance.max() <= worst.min() + 1e-6, (
        "the search did better"
    )


def test_the_bound_of_two_goals_holds_for_any_row_and_that_of_three_targets_for_any_thin_head() -> None:
    rng = np.random.default_rng(2)
    for name, heads in IMPOSSIBLE:
        puzzle = PUZZLES[name]
        reason = why_not(puzzle, heads)
        assert reason
        goals, seq = puzzle.goals, len(puzzle.tokens)
        if heads == 1:
            both = goals.any(-1).all(0)
            rows = rng.dirichlet(np.full(seq, 0.3), 5_000)
            astray = np.abs(rows[:, None, None] - goals[:, both]).sum(-1) / 2  # [row, slot, query]
            assert (astray.max(1).max(-1) >= reason.bound - 1e-6).all()
        else:
            q, k = rng.normal(0, 4, (2, 5_000, heads, seq))
            report = softmax(q[..., :, None] * k[..., None, :]).mean(1)
            astray = np.abs(report - goals[0]).sum(-1) / 2 * goals[0].any(-1)
            assert (astray.max(-1) >= reason.bound - 1e-6).all()


@pytest.mark.parametrize(("name", "heads"), IMPOSSIBLE)
def test_what_the_reason_says_of_the_goal_is_so(name: str, heads: int) -> None:
    puzzle = PUZZLES[name]
    reason = why_not(puzzle, heads)
    assert reason
    assert f"at least {reason.bound:.2f} of" in reason.sentence
    words = re.findall("“(.*?)”", reason.sentence)
    if heads == 1:
        query, *targets = (puzzle.tokens.index(word) for word in words)
        assert [slot.goal[query] for slot in puzzle.slots] == [(target,) for target in targets]
        apart = np.abs(puzzle.goals[0, query] - puzzle.goals[1, query]).sum() / 2
        assert reason.bound == apart / 2
    else:
        wanted = {puzzle.tokens[key] for keys in puzzle.slots[0].goal for key in keys}
        assert set(words) == wanted
        assert f"Here {len(wanted)} are wanted" in reason.sentence
        assert reason.bound == 0.5 / heads


@pytest.mark.parametrize("name", PUZZLES)
def test_each_puzzle_has_three_hints_and_a_lesson(name: str) -> None:
    puzzle = PUZZLES[name]
    assert len(puzzle.hints) == 3
    assert all([puzzle.lesson, puzzle.task, *puzzle.hints])


def test_no_setting_that_ships_is_a_solution() -> None:
    shipped = {name: puzzle.nearest for name, puzzle in PUZZLES.items() if puzzle.nearest}
    assert [(name, nearest["num_heads"]) for name, nearest in shipped.items()] == IMPOSSIBLE
    for name, nearest in shipped.items():
        for heads in PUZZLES[name].heads:
            assert not attempt(name, **nearest | {"num_heads": heads}).solved
    for bundle in ("head_puzzle.js", "page/head_puzzle.js"):
        page = (STATIC / bundle).read_text(encoding="utf-8")
        found = re.findall(r"w_q:\[([-\d,]+)\],w_k:\[([-\d,]+)\]", page)
        wanted = [tuple(",".join(map(str, each[m])) for m in ("w_q", "w_k")) for each in shipped.values()]
        assert found == wanted


def test_a_puzzle_with_one_word_a_row_can_be_read() -> None:
    for puzzle in PUZZLES.values():
        seq = len(puzzle.tokens)
        assert len(set(puzzle.tokens)) == seq, "sentences name words, so each is there once"
        assert all(len(slot.goal) == seq for slot in puzzle.slots)
        assert all(len(numbers) == seq for numbers in puzzle.features.values())
        assert puzzle.width % puzzle.heads[0] == 0
        assert len(puzzle.slots) in (1, max(puzzle.heads))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("nouns", 1, [], []), "puzzle should be one of noun, stop, "),
        ((None, 1, [], []), "puzzle should be one of noun, stop, "),
        (("noun", 2, [], []), "The puzzle noun is for 1 head, got num_heads=2."),
        (("circle", 3, [], []), "The puzzle circle is for 1 or 2 heads, got num_heads=3."),
        (("noun", None, [], []), "The puzzle noun is for 1 head, got num_heads=no number."),
        (("noun", True, [], []), "The puzzle noun is for 1 head, got num_heads=no number."),
        (("noun", 1, [3, 0], []), "w_q should be a list of whole numbers from -2 to 2."),
        (("noun", 1, [0, 0.5], []), "w_q should be a list of whole numbers from -2 to 2."),
        (("noun", 1, [], "ab"), "w_k should be a list of whole numbers from -2 to 2."),
        (
            ("two_reports", 1, [], [1, 2]),
            "w_k should have 6 numbers, 3 features times width 2, or none for zeros; got 2.",
        ),
    ],
)
def test_an_attempt_that_cannot_be_gets_one_sentence(
    given: tuple[Any, ...], sentence: str, unchecked: None
) -> None:
    assert (check_attempt(*given) or "").startswith(sentence)
    with pytest.raises(ValueError, match=re.escape(sentence)):
        attempt(*given)


def test_the_widget_starts_with_the_heads_of_its_puzzle_and_answers_with_the_attempt() -> None:
    assert HeadPuzzle(puzzle="circle").num_heads == 2
    assert HeadPuzzle(puzzle="circle", num_heads=1).num_heads == 1
    with pytest.raises(ValueError, match="The puzzle noun is for 1 head, got num_heads=2"):
        HeadPuzzle(num_heads=2)
    widget = HeadPuzzle(puzzle="circle")
    widget.w_q = [1, 2, 3, 4, 5, 6]
    assert widget._answer["error"] == "w_q should be a list of whole numbers from -2 to 2."
    solution = SOLUTIONS["circle"]
    with widget.hold_trait_notifications():
        widget.num_heads, widget.w_q, widget.w_k = solution["num_heads"], solution["w_q"], solution["w_k"]
    assert widget._answer["solved"]
    assert widget._answer["puzzle"] == "circle"
    torch.testing.assert_close(widget.attempt.report, attempt("circle", **solution).report)


def test_the_still_shows_the_goal_and_then_the_attempt() -> None:
    title, tokens, attn = HeadPuzzle(puzzle="own_question").still_figure()
    assert "This is the goal" in title
    assert tokens == ["red", "cat", "slept"]
    assert (attn == PUZZLES["own_question"].goals).all()
    title, _, attn = HeadPuzzle(puzzle="own_question", **SOLUTIONS["own_question"]).still_figure()
    assert "as it is set" in title
    assert 0 < np.abs(attn - PUZZLES["own_question"].goals).max() < TOLERANCE


def test_random_attempts_rarely_solve_anything() -> None:
    rng = random.Random(7)
    for name, heads in COUNTS:
        entries = PUZZLES[name].entries
        tries = [[rng.choices(STEPS, k=entries) for _ in "qk"] for _ in range(60)]
        assert sum(attempt(name, heads, *each).solved for each in tries) <= 15
