"""HeadTrainer as a Python object: it trains in the background, rests, and ends with its process."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from mha_lessons.experiments.evaluation import evaluate
from mha_lessons.widgets import HeadExplorer, HeadTrainer, trainer_session

PATIENCE = 60


@pytest.fixture
def trainer() -> Iterator[HeadTrainer]:
    made = HeadTrainer(k=2, num_heads=4, steps=8)
    yield made
    made.close()


def test_both_runs_have_the_same_parameters_and_start_from_the_same_numbers(trainer: HeadTrainer) -> None:
    one, many = (run.model for run in trainer._session().runs)
    assert [run["num_heads"] for run in trainer.runs] == [1, 4]
    for (name, ours), (_, theirs) in zip(one.named_parameters(), many.named_parameters(), strict=True):
        assert torch.equal(ours, theirs), name


def test_training_goes_on_in_the_background_and_what_rests_is_measured_on_fresh_sequences(
    trainer: HeadTrainer,
) -> None:
    before = time.monotonic()
    trainer.train()
    assert time.monotonic() - before < 5, "it does not wait"
    trainer.wait(PATIENCE)
    one, many = trainer.runs
    assert (one["state"], one["steps"], many["steps"]) == ("resting", 8, 8)
    session = trainer._session()
    wanted = evaluate(session.runs[1].model, session.runs[1].task, seed=0, count=200)
    assert (many["accuracy"], many["all_right"]) == (wanted.accuracy, wanted.all_right)
    numbers = trainer.numbers()
    assert len(numbers["many_losses"]) == len(numbers["one_accuracies"]) == 8
    assert numbers["many_losses"][-1] < numbers["many_losses"][0]


def test_step_makes_one_step_train_goes_on_from_it_and_restart_starts_again(trainer: HeadTrainer) -> None:
    start = trainer.numbers()["many_attn"].clone()
    trainer.step()
    trainer.wait(PATIENCE)
    assert [run["steps"] for run in trainer.runs] == [1, 1]
    trainer.train()
    trainer.wait(PATIENCE)
    stepped = list(trainer._session().runs[1].losses)
    trainer.restart()
    assert trainer.runs[0]["state"] == "untrained"
    assert torch.equal(trainer.numbers()["many_attn"], start)
    trainer.train()
    trainer.wait(PATIENCE)
    assert trainer._session().runs[1].losses == stepped


def test_after_the_last_step_there_is_no_further_one_and_the_training_rests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trainer_session, "MAX_STEPS", 3)
    trainer = HeadTrainer(k=2, num_heads=4, steps=3)
    trainer.train()
    trainer.wait(PATIENCE)
    for _ in range(2):
        trainer.step()
        trainer.wait(PATIENCE)
    assert [(run["state"], run["steps"]) for run in trainer.runs] == [("resting", 3)] * 2
    assert not trainer._session()._working
    trainer.close()


def test_a_pause_keeps_what_was_learned(trainer: HeadTrainer) -> None:
    trainer.steps = 2000
    trainer.train()
    while not trainer.runs[1]["steps"]:
        time.sleep(0.01)
    trainer.pause()
    trainer.wait(PATIENCE)
    made = trainer.runs[1]["steps"]
    assert 0 < made < 2000
    trainer.steps = made + 1
    trainer.train()
    trainer.wait(PATIENCE)
    assert trainer.runs[1]["steps"] == made + 1


def test_other_settings_begin_other_runs_and_end_the_old_training(trainer: HeadTrainer) -> None:
    trainer.steps = 2000
    trainer.train()
    old = trainer._session()
    trainer.seed = 1
    assert trainer.runs[0]["state"] == "untrained"
    old.wait(PATIENCE)
    assert max(run.steps for run in old.runs) < 2000
    assert trainer._answer["runs"][1]["steps"] == 0, "what the old training still told is not shown"


def test_a_loss_out_of_bounds_leaves_the_last_good_step_and_says_so() -> None:
    trainer = HeadTrainer(k=2, num_heads=4, steps=8, learning_rate=1000.0)
    trainer.train()
    trainer.wait(PATIENCE)
    assert trainer.runs[1]["state"] == "diverged"
    step = trainer.runs[1]["steps"]
    assert (
        f"Shown is step {step}, the last good one. Choose a smaller learning rate" in trainer._answer["note"]
    )
    assert bool(torch.isfinite(trainer.trace.output).all())
    trainer.train()
    trainer.wait(PATIENCE)
    assert trainer.runs[1]["steps"] == step, "it does not go on from there"
    trainer.close()


@pytest.mark.parametrize(
    ("traits", "sentence"),
    [
        ({"k": 12}, "k should be a whole number from 1 to 11"),
        ({"num_heads": 0}, "num_heads should divide d_model = 64, got 0. Try 1, 2, 4"),
        ({"learning_rate": math.nan}, "learning_rate should be a number above 0 .* got NaN"),
        ({"steps": 0}, "steps should be a whole number from 1 to 2000, got 0"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_a_sentence(traits: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        HeadTrainer(**traits)


def test_the_trace_is_of_the_run_shown_and_stays_as_it_was_while_training_goes_on(
    trainer: HeadTrainer,
) -> None:
    trainer.step()
    trainer.wait(PATIENCE)
    trace = trainer.trace
    shown = trainer.numbers()["many_attn"]
    trainer.train()
    trainer.wait(PATIENCE)
    assert torch.equal(trace.attn[0], shown)
    assert trace.output.shape == (1, 12, 64)  # W^O is read late, and is still that of then
    explorer = HeadExplorer.from_trace(trainer.trace, trainer.words)
    assert explorer.given["num_heads"] == 4
    assert len(explorer.given["tokens"]) == 12


def test_heads_that_are_handed_on_reach_the_explorer_of_the_group(trainer: HeadTrainer) -> None:
    explorer = HeadExplorer(group="bench", shared=["given"])
    giver = HeadTrainer(k=2, num_heads=2, group="bench")
    giver.hand_on()
    attn = explorer.numbers()["attn"].view(2, 12, 12)
    np.testing.assert_allclose(attn, giver.trace.attn[0].detach(), atol=1e-6)
    assert trainer.given == {}
    giver.close()
    explorer.close()


def test_a_process_that_ends_does_not_wait_for_its_training() -> None:
    code = (
        "from mha_lessons.widgets import HeadTrainer\n"
        "from mha_lessons.widgets.trainer_session import TrainerRun\n"
        "import time\n"
        "go = TrainerRun.advance\n"
        "TrainerRun.advance = lambda run: (time.sleep(0.1), go(run))\n"  # 400 seconds for all steps
        "HeadTrainer(steps=2000).train()\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False, timeout=PATIENCE, capture_output=True)
    assert ended.returncode == 0, ended.stderr
