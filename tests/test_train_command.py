"""`mha-lessons train`: what it takes, what it writes, how it stops and goes on."""

import json
import math
import os
import shlex
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mha_lessons.cli import app
from mha_lessons.cli.train import spread
from mha_lessons.experiments.results import load
from mha_lessons.experiments.trained import load_trained

SHORT = ["juggling", "--k", "2", "--steps", "3"]


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A thread in place of the processes, which have tests of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mha_lessons.executors.processes", contextmanager(pool))


def pool(jobs: int):  # type: ignore[no-untyped-def]
    with ThreadPoolExecutor(1) as threads:
        yield threads


def train(*words: str) -> Result:
    return CliRunner().invoke(app, ["train", *words], env={"COLUMNS": "200", "NO_COLOR": "1"})


@pytest.mark.parametrize(
    "heads",
    [
        ["--heads", "1", "2", "4"],
        ["--heads", "1,2,4"],
        ["--heads", "1,", "2,", "4"],
        ["--heads", "1", "--heads", "2", "4"],
        ["--heads=1", "2", "4"],
    ],
)
def test_head_counts_may_be_given_in_any_way_one_would_write_them(heads: list[str]) -> None:
    for words in ([*SHORT, *heads, "--seeds", "1"], [*heads, *SHORT, "--seeds", "1"]):
        result = train(*words, "--out", "runs.json")
        assert result.exit_code == 0, result.output
        assert load(Path("runs.json")).heads == [1, 2, 4]


def test_only_numbers_after_heads_belong_to_it() -> None:
    words = ["--seeds", "3", "--heads", "1", "-2", "--k", "4", "5"]
    assert spread(words) == ["--seeds", "3", "--heads", "1", "--heads", "-2", "--k", "4", "5"]


def test_the_file_holds_every_run_and_the_command_that_makes_it_again() -> None:
    words = [*SHORT, "--heads", "1", "2", "--seeds", "2", "--first-seed", "5", "--jobs", "2", "--mlp"]
    result = train(*words, "--out", "runs.json")
    assert result.exit_code == 0
    for shown in ("2 heads, seed 6: done", "parameters", "Written to runs.json"):
        assert shown in result.output
    content = json.loads(Path("runs.json").read_text())
    assert content["experiment"] == "juggling"
    assert [(each["num_heads"], each["seed"]) for each in content["runs"]] == [(1, 5), (1, 6), (2, 5), (2, 6)]
    first = Path("runs.json").rename("first.json")
    name, *again = shlex.split(content["command"])
    assert name == "mha-lessons"
    assert CliRunner().invoke(app, again).exit_code == 0
    remade = json.loads(Path("runs.json").read_text())
    for each in [*content["runs"], *remade["runs"]]:
        each.pop("cpu_s")
    assert remade == content
    assert first.exists()


def test_the_same_command_a_second_time_trains_nothing() -> None:
    words = [*SHORT, "--heads", "1", "2", "--seeds", "2"]
    train(*words)
    before = Path("juggling.json").read_bytes()
    result = train(*words)
    assert "4 of 4 runs are there already" in result.output
    assert "done" not in result.output
    assert Path("juggling.json").read_bytes() == before


def test_trained_weights_can_be_kept_and_loaded_by_their_file_s_name() -> None:
    result = train("binding", "--steps", "2", "--heads", "3", "--seeds", "1", "--weights", "kept")
    assert result.exit_code == 0
    model, task = load_trained("kept/binding_h3_seed0.safetensors")
    assert model.attention.num_heads == 3
    assert task.name == "binding"


def test_a_training_that_diverges_is_a_line_of_its_own_and_no_crash() -> None:
    result = train(*SHORT, "--heads", "1", "--seeds", "1", "--learning-rate", "1e10")
    assert result.exit_code == 0
    assert "diverged after step" in result.output
    (run,) = json.loads(Path("juggling.json").read_text())["runs"]
    assert run["status"] == "diverged"
    assert run["steps"] < 3
    assert all(math.isfinite(loss) for loss in run["losses"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["juggler"], "experiment should be one of juggling, binding"),
        (["juggling", "--k", "12"], "k should be 1 to 11, the other places in a sequence of 12, got 12"),
        (["juggling", "--heads", "0"], "num_heads should be a whole number of at least 1, got 0"),
        (["juggling", "--heads", "-3"], "num_heads should be a whole number of at least 1, got -3"),
        (["juggling", "--heads", "5"], "d_model=64 does not divide into num_heads=5"),
        (["juggling", "--heads", "one"], "--heads should be whole numbers, such as 1 2 4, got one"),
        (["juggling", "--learning-rate", "nan"], "learning_rate should be above 0"),
        (["juggling", "--learning-rate", "-1"], "learning_rate should be above 0"),
        (["juggling", "--steps", "0"], "steps should be 1 to"),
        (["juggling", "--seeds", "0"], "seeds should be at least 1, got 0"),
        (["juggling", "--first-seed", "-1"], "a seed should be 0 to"),
        (["juggling", "--jobs", "0"], "jobs should be at least 1, got 0"),
        (["juggling", "--out", "."], "is a folder: name a file"),
        (["juggling", "--out", f"{__file__}/runs.json"], "runs.json cannot be written"),
        (["binding", "--k", "3"], "k is a setting of juggling alone"),
        (["juggling", "--scheduler", "nonsense"], "no Dask scheduler answers at nonsense"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(words: list[str], sentence: str) -> None:
    result = train(*words)
    assert result.exit_code == 1
    assert sentence in result.output
    assert result.output.strip().count("\n") == 0


def test_a_file_with_other_settings_is_left_alone() -> None:
    train(*SHORT, "--heads", "1", "--seeds", "1")
    before = Path("juggling.json").read_bytes()
    result = train("juggling", "--k", "3", "--steps", "3", "--heads", "1", "--seeds", "1")
    assert result.exit_code == 1
    assert "holds results with k=2, and stays as it is: name another file" in result.output
    assert Path("juggling.json").read_bytes() == before


def test_ctrl_c_loses_no_finished_run_and_the_same_command_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "runs.json"
    words = [
        "train",
        "juggling",
        "--k",
        "2",
        "--steps",
        "40",
        "--heads",
        "1",
        "--seeds",
        "500",
        "--out",
        str(out),
    ]
    command = [sys.executable, "-m", "mha_lessons.cli", *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (out.exists() and load(out).runs):
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers, too
        said, _ = process.communicate(timeout=180)
    assert process.returncode == 130
    assert "of 500 runs to go: the same command goes on" in said
    assert "Traceback" not in said
    kept = load(out).runs
    assert 1 <= len(kept) < 500
    assert f"Stopped with {500 - len(kept)} of 500" in said
    result = train(*words[1:-4], "--seeds", str(len(kept)), "--out", str(out))
    assert f"{len(kept)} of {len(kept)} runs are there already" in result.output
    assert load(out).runs == kept
