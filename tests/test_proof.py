"""h >= k: each step of the proof, a solution with h = k, and a search that finds none below."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from mha_lessons.experiments import Reader, binding, evaluate, juggling
from mha_lessons.experiments.evaluation import as_tensors
from mha_lessons.experiments.problem import SettingsError
from mha_lessons.experiments.proof import exact_solution, search, sign_patterns
from mha_lessons.experiments.task import Sequences, Task, asking, below, draw


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def two_symbols(task: Task, position: int, p: int, n: int) -> torch.Tensor:
    """All 2^k sequences whose k sources hold p for +1 and n for -1, and whose other places hold symbol 0."""
    signs = sign_patterns(task.answers)
    tokens = torch.zeros(len(signs), task.length, dtype=torch.long)
    for m in range(task.answers):
        tokens[:, (position + m + 1) % task.length] = torch.where(signs[:, m] > 0, p, n)
    return tokens


@pytest.mark.parametrize("k", [2, 3, 4])
def test_k_heads_set_by_hand_are_right_on_every_pattern_of_two_symbols(k: int) -> None:
    task = juggling(k=k, length=7, symbols=5, d_model=22)
    reader = exact_solution(task)
    assert reader.attention.num_heads == k
    patterns = sign_patterns(k)
    assert len({tuple(row) for row in patterns.tolist()}) == 2**k
    for position, p, n in ((0, 1, 2), (6, 4, 0)):
        with torch.no_grad():
            said = reader(two_symbols(task, position, p, n))[:, position].argmax(-1)
        assert torch.equal(said, torch.where(patterns > 0, p, n))


def test_four_heads_set_by_hand_solve_the_whole_task_at_the_trained_model_s_sizes() -> None:
    task = juggling()
    reader, trained = exact_solution(task), Reader(task, 4)
    assert {n: w.shape for n, w in reader.weights().items()} == {
        n: w.shape for n, w in trained.weights().items()
    }
    score = evaluate(reader, task, count=3000)
    assert score.accuracy == score.all_right == 1


def test_the_solution_by_hand_says_how_much_room_it_needs() -> None:
    with pytest.raises(SettingsError, match=r"d_model should be at least 64, .* got 63"):
        exact_solution(juggling(d_model=63))


@pytest.mark.parametrize("k", [2, 3, 4])
def test_the_same_search_fails_with_one_head_too_few_and_succeeds_with_k(k: int) -> None:
    too_few, enough = search(k, k - 1), search(k, k)
    assert too_few.solved == 0
    # the two opposite patterns of one answer, at the least, are beyond it
    assert too_few.best <= 1 - 2 / 2**k
    assert enough.solved > 0.9 * enough.restarts


@pytest.mark.parametrize(("num_heads", "k"), [(1, 3), (2, 3), (3, 4)])
def test_logit_differences_are_b_plus_b_times_signs_with_a_rank_of_h_at_most(num_heads: int, k: int) -> None:
    task = juggling(k=k, length=6, symbols=5, d_model=12)
    reader = Reader(task, num_heads, seed=3).double()
    with torch.no_grad():
        reader.attention.b_qkv.normal_()
        logits = reader(two_symbols(task, 1, 2, 4))[:, 1]  # [pattern, answer, symbol]
    difference = logits[..., 2] - logits[..., 4]
    signs = sign_patterns(k).double()
    design = torch.cat([torch.ones(len(signs), 1), signs], dim=1)
    solution = torch.linalg.lstsq(design, difference).solution
    assert torch.allclose(design @ solution, difference, atol=1e-10)
    assert torch.linalg.matrix_rank(solution[1:], rtol=1e-9) == num_heads


def test_position_vectors_in_the_values_move_b_alone() -> None:
    task = juggling(k=2, length=5, symbols=4, d_model=6)
    reader = Reader(task, 2)
    tokens = two_symbols(task, 0, 1, 2)
    places = reader.positions.expand(len(tokens), -1, -1)
    with torch.no_grad():
        plain = reader.attention(places, places, reader.tokens[tokens])
        with_places = reader.attention(places, places, reader.tokens[tokens] + places)
    moved = with_places - plain
    assert moved.abs().max() > 0.1
    assert torch.allclose(moved, moved[:1].expand_as(moved), atol=1e-5)


def test_right_on_all_patterns_means_strictly_dominant_rows() -> None:
    generator = np.random.default_rng(0)
    signs = sign_patterns(3).numpy()
    right, wrong = 0, 0
    for _ in range(4000):
        b_matrix, b = generator.normal(size=(3, 3)) + 1.5 * np.eye(3), generator.normal(size=3) / 3
        all_right = bool((signs * (b + signs @ b_matrix.T) > 0).all())
        others = abs(b_matrix).sum(1) - abs(np.diag(b_matrix))
        assert all_right == bool((np.diag(b_matrix) > abs(b) + others).all())
        if all_right:
            right += 1
            assert np.linalg.matrix_rank(b_matrix) == 3
        wrong += not all_right
    assert right > 50
    assert wrong > 50


def test_a_tie_that_always_goes_to_one_symbol_does_not_save_a_head() -> None:
    # B of rank 1, all entries 1: each D is 2, 0 or -2. Ties go to P; still one pattern is wrong
    signs = sign_patterns(2)
    said = torch.where(signs @ torch.ones(2, 2) >= 0, 1.0, -1.0)
    assert not torch.equal(said, signs)


@dataclass(frozen=True)
class OwnSymbols(Task):
    """Places 1 and 2 hold symbols of two separate sets; position 0 reports both."""

    def sequences(self, seed: int, first: int, count: int) -> Sequences:
        drawn = below(draw(seed, first, count, 2), self.symbols // 2)
        tokens = np.concatenate(
            [np.zeros_like(drawn[:, :1]), drawn + np.array([0, self.symbols // 2])], axis=1
        )
        sources = np.full((count, 3, 2), -1)
        sources[:, 0] = [1, 2]
        return asking(tokens.astype(np.int32), sources)


def test_one_head_is_enough_where_the_two_answers_have_symbols_of_their_own() -> None:
    task = OwnSymbols("own", 3, 10, answers=2, classes=10, looks_by="position", d_model=10)
    reader = Reader(task, 1)
    weights = {name: np.zeros_like(weight) for name, weight in reader.weights().items()}
    weights["tokens"][:] = np.eye(10)
    weights["w_qkv"][:, 20:] = weights["w_o"][:] = np.eye(10)
    weights["w_read"][:, :10] = np.diag([1.0] * 5 + [0.0] * 5)
    weights["w_read"][:, 10:] = np.diag([0.0] * 5 + [1.0] * 5)
    weights["positions"][0, 0], weights["positions"][1:, 1] = 1, 1
    weights["w_qkv"][0, 1], weights["w_qkv"][1, 11] = 50, 1  # look at the places that are not the first
    reader.set_weights(weights)
    assert evaluate(reader, task, count=400).all_right == 1


def test_in_binding_and_juggling_the_answers_share_their_symbols() -> None:
    for task in (juggling(k=2), binding()):
        _, targets = as_tensors(task.sequences(0, 0, 400))
        asked = targets[targets[..., 0] >= 0]
        assert set(asked[:, 0].tolist()) == set(asked[:, 1].tolist())
