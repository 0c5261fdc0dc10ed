"""Models, training and measuring: what the experiments rest on."""

import math
import subprocess
import sys
from itertools import islice

import numpy as np
import pytest
import torch

from mha_lessons import MultiHeadAttention
from mha_lessons.experiments import (
    Layers,
    Reader,
    binding,
    evaluate,
    induction,
    juggling,
    near_far,
    train,
)
from mha_lessons.experiments.evaluation import as_tensors, looks, parameters
from mha_lessons.experiments.juggling import Juggling
from mha_lessons.experiments.problem import DivergenceError, SettingsError
from mha_lessons.experiments.reader import initial_weights
from mha_lessons.experiments.run import run
from mha_lessons.experiments.settings import Settings
from mha_lessons.experiments.task import FRESH, Sequences
from mha_lessons.experiments.training import loss_of
from mha_lessons.weights import random_weights


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_tasks_and_initial_weights_need_no_torch() -> None:
    code = (
        "import sys; from mha_lessons.experiments import juggling; "
        "from mha_lessons.experiments.reader import initial_weights; "
        "initial_weights(juggling(), 64, 0); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("num_heads", [1, 2, 4, 8, 16, 32, 64])
def test_every_head_count_has_the_same_number_of_parameters_and_starts_from_the_same_numbers(
    num_heads: int,
) -> None:
    reader = Reader(juggling(), num_heads, seed=5)
    assert isinstance(reader.attention, MultiHeadAttention)
    assert parameters(reader) == 22_592
    assert parameters(Reader(juggling(), num_heads, mlp=True)) == 55_808
    for name, weight in Reader(juggling(), 1, seed=5).weights().items():
        assert np.array_equal(reader.weights()[name], weight)


def test_a_reader_keeps_its_weights_under_the_page_s_names_and_order() -> None:
    reader = Reader(binding(), 3, d_head=5, mlp=True, seed=7)
    initial = initial_weights(binding(), 15, 7, mlp=True)
    w = random_weights(48, 15, 7)
    assert np.array_equal(initial["w_qkv"], np.concatenate([w.w_q, w.w_k, w.w_v], axis=1))
    assert np.array_equal(initial["w_o"], w.w_o)
    assert [*reader.weights()] == [*initial]
    for name, weight in initial.items():
        assert np.array_equal(reader.weights()[name], weight)
    other = Reader(binding(), 3, d_head=5, mlp=True, seed=8)
    other.set_weights(initial)
    assert torch.equal(other.w_in, reader.w_in)
    assert torch.equal(other.attention.w_o, reader.attention.w_o)


def test_who_looks_where_in_juggling_does_not_depend_on_the_symbols_and_in_binding_it_does() -> None:
    for task, differ in ((juggling(), False), (binding(), True)):
        tokens, _ = as_tensors(task.sequences(0, 0, 2))
        first, second = Reader(task, 2).attn(tokens)
        assert torch.equal(first, second) != differ


def test_in_juggling_values_see_symbols_and_queries_and_keys_see_places() -> None:
    tokens = torch.tensor([[3, 1, 3, 0, 1, 3, 2, 2, 0, 0, 0, 0], [2] * 12])
    trace = Reader(juggling(), 2).trace(tokens)
    assert torch.equal(trace.v[0, :, 0], trace.v[0, :, 5])
    assert not torch.equal(trace.v[0, :, 0], trace.v[0, :, 1])
    for of in (trace.q, trace.k):
        assert torch.equal(of[0], of[1])
        assert not torch.equal(of[0, :, 0], of[0, :, 5])


def test_the_loss_counts_only_what_is_asked() -> None:
    logits = torch.randn(2, 3, 2, 5)
    targets = torch.full((2, 3, 2), -1)
    targets[1, 2, 0] = 4
    expected = -torch.log_softmax(logits[1, 2, 0], 0)[4]
    assert loss_of(logits, targets).item() == pytest.approx(expected.item())


def test_a_reader_of_chance_is_right_once_in_sixteen_times() -> None:
    task = juggling()
    reader = Reader(task, 2)
    reader.set_weights({name: 0 * weight for name, weight in reader.weights().items()})
    score = evaluate(reader, task)
    assert score.accuracy == pytest.approx(1 / 16, abs=0.01)
    assert score.all_right < 0.01


def test_looks_are_those_of_the_attention_weights() -> None:
    task = near_far(length=7, unseen=(3,))
    reader = Reader(task, 2)
    tokens, targets, sources = task.sequences(seed=0, first=1_000_000_000, count=30)
    attn = reader.attn(torch.from_numpy(tokens).long()).numpy()
    distances, on_far, asked = np.zeros(2), np.zeros(2), 0
    for n, t in np.argwhere(targets[:, :, 0] >= 0):
        asked += 1
        for head in range(2):
            distances[head] += sum(attn[n, head, t, key] * abs(t - key) for key in range(7))
            on_far[head] += attn[n, head, t, sources[n, t, 1]]
    found = looks(reader, task, count=30)
    assert found.distances == pytest.approx((distances / asked).tolist(), rel=1e-4)
    assert [row[1] for row in found.on_sources] == pytest.approx((on_far / asked).tolist(), rel=1e-4)


def test_the_same_seed_gives_the_same_result_and_another_seed_another() -> None:
    settings = Settings("binding", steps=15)
    first, again, other = run(settings, 2, 0), run(settings, 2, 0), run(settings, 2, 1)
    assert first.losses == again.losses
    assert first.accuracy == again.accuracy
    for name, weight in first.weights.items():
        assert np.array_equal(weight, again.weights[name])
    assert first.losses != other.losses


def test_training_can_be_left_and_gone_on_with_step_by_step() -> None:
    task = juggling(k=2)
    paused, whole = Reader(task, 2), Reader(task, 2)
    steps = train(paused, task, steps=6)
    before = [step.loss for step in islice(steps, 2)]
    evaluate(paused, task, count=10)
    after = [step.loss for step in steps]
    assert before + after == [step.loss for step in train(whole, task, steps=6)]
    assert torch.equal(paused.tokens, whole.tokens)


def test_a_step_tells_loss_and_accuracy_of_its_batch_before_it() -> None:
    task = juggling(k=2)
    reader = Reader(task, 2)
    tokens, targets = as_tensors(task.sequences(9, 0, 5))
    with torch.no_grad():
        logits = reader(tokens)
    step = next(train(reader, task, seed=9, batch=5))
    assert step.number == 1
    assert step.loss == pytest.approx(loss_of(logits, targets).item())
    assert step.accuracy == pytest.approx((logits.argmax(-1) == targets).float().mean().item())


def test_accuracy_is_measured_on_sequences_that_training_never_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int, int]] = []
    drawn = Juggling.sequences

    def watched(task: Juggling, seed: int, first: int, count: int) -> Sequences:
        seen.append((seed, first, first + count))
        return drawn(task, seed, first, count)

    monkeypatch.setattr(Juggling, "sequences", watched)
    run(Settings("juggling", steps=3, batch=7), 2, 5)
    training, test = [each for each in seen if each[1] < FRESH], [each for each in seen if each[1] >= FRESH]
    assert training[:3] == [(5, 0, 7), (5, 7, 14), (5, 14, 21)]
    assert (5, FRESH, FRESH + 1000) in test
    assert max(until for _, _, until in training) < FRESH


def test_training_stops_when_it_is_told_to() -> None:
    task = juggling(k=2)
    done: list[int] = []
    for step in train(Reader(task, 2), task, stopped=lambda: len(done) == 3):
        done.append(step.number)
    assert done == [1, 2, 3]


@pytest.mark.parametrize("learning_rate", [1e3, 1e10, 1e30])
def test_a_training_that_diverges_says_so_and_goes_back_to_its_last_good_step(learning_rate: float) -> None:
    task = juggling(k=2)
    reader, steps = Reader(task, 2), []
    with pytest.raises(DivergenceError, match=r"out of bounds after step \d+: .* try 0.003") as caught:
        steps.extend(train(reader, task, steps=50, learning_rate=learning_rate))
    assert caught.value.step < len(steps)
    tokens, targets = as_tensors(task.sequences(0, 0, 5))
    assert math.isfinite(loss_of(reader(tokens), targets).item())
    good = Reader(task, 2)
    for _ in train(good, task, steps=caught.value.step, learning_rate=learning_rate):
        pass
    assert torch.equal(good.tokens, reader.tokens)


def test_a_step_that_spoils_the_weights_is_noticed_even_if_it_is_the_last() -> None:
    task = juggling(k=2)
    with pytest.raises(DivergenceError) as caught:
        list(train(Reader(task, 2), task, steps=1, learning_rate=1e30))
    assert caught.value.step == 0


def test_a_diverged_run_is_a_result_with_its_own_status() -> None:
    result = run(Settings("juggling", learning_rate=1e10, steps=30), 2, 0)
    assert result.status == "diverged"
    assert result.steps < 30
    assert 0 <= result.accuracy < 0.2


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"experiment": "juggler"}, "one of juggling, binding, near_far, induction, got 'juggler'"),
        ({"experiment": "juggling", "k": 12}, "k should be 1 to 11"),
        ({"experiment": "binding", "k": 2}, "k is a setting of juggling alone"),
        ({"experiment": "juggling", "layers": 2}, "layers is a setting of induction alone"),
        ({"experiment": "induction", "mlp": True}, "attention alone"),
        ({"experiment": "juggling", "steps": 0}, "steps should be 1 to 100000, got 0"),
        ({"experiment": "juggling", "d_model": -1}, "d_model should be 1 to 1024, got -1"),
        ({"experiment": "juggling", "learning_rate": math.nan}, "learning_rate should be above 0.* got nan"),
        ({"experiment": "juggling", "learning_rate": -1.0}, "learning_rate should be above 0.* got -1"),
        ({"experiment": "juggling", "learning_rate": math.inf}, "learning_rate should be above 0.* got inf"),
    ],
)
def test_settings_that_no_run_can_have_are_refused_in_a_sentence(
    settings: dict[str, object], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        Settings(**settings)


@pytest.mark.parametrize(
    ("num_heads", "seed", "sentence"),
    [
        (0, 0, "num_heads should be a whole number of at least 1, got 0"),
        (5, 0, "d_model=64 does not divide into num_heads=5: take 1, 2, 4"),
        (2, -1, "a seed should be 0 to 4294967295, got -1"),
    ],
)
def test_a_run_that_cannot_be_is_refused_in_a_sentence(num_heads: int, seed: int, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        run(Settings("juggling"), num_heads, seed)


def test_layers_add_to_what_they_read_and_never_look_ahead() -> None:
    task = induction()
    model = Layers(task, 2, layers=2)
    tokens, _ = as_tensors(task.sequences(0, 0, 3))
    later = tokens.clone()
    later[:, 10:] = (later[:, 10:] + 1) % task.symbols
    with torch.no_grad():
        assert torch.equal(model(tokens)[:, :10], model(later)[:, :10])
        assert not torch.equal(model(tokens)[:, 10:], model(later)[:, 10:])
        without = model(tokens, gates=torch.zeros(2, 2))
        alone = (model.tokens[tokens] + model.positions) @ model.w_read
    assert torch.allclose(without[:, :, 0], alone, atol=1e-5)
