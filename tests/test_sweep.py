"""Many runs: written down one by one, gone on with, on processes and on a cluster."""

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from mha_lessons.executors import WorkersError, cluster, processes
from mha_lessons.experiments.problem import ResultsError, SettingsError
from mha_lessons.experiments.results import Results, go_on, load
from mha_lessons.experiments.run import StoppedError, run
from mha_lessons.experiments.series import Series
from mha_lessons.experiments.settings import Settings
from mha_lessons.experiments.sweep import _work, sweep
from mha_lessons.problem import LessonError

SHORT = Settings("juggling", k=2, steps=4)


class Here(Executor):
    """Runs at once and in this thread, and counts; after `most` runs it is interrupted, as by Ctrl-C."""

    def __init__(self, most: int = 1000) -> None:
        self.most, self.done = most, 0

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        future = Future()  # type: ignore[var-annotated]
        if self.done < self.most:
            future.set_result(fn(*args, **kwargs))
            self.done += 1
        else:  # later, for of futures that are done any may be handed out first
            threading.Timer(0.3, future.set_exception, [KeyboardInterrupt()]).start()
        return future


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.json"


def test_a_series_holds_every_head_count_with_every_seed(path: Path) -> None:
    series = Series(SHORT, [2, 1], range(3, 5), path, command="make these")
    assert series.todo == [(2, 3), (2, 4), (1, 3), (1, 4)]
    assert {each.key for each in series.go(Here())} == {(2, 3), (2, 4), (1, 3), (1, 4)}
    content = json.loads(path.read_text())
    assert [(each["num_heads"], each["seed"]) for each in content["runs"]] == [(1, 3), (1, 4), (2, 3), (2, 4)]
    assert content["experiment"] == "juggling"
    assert content["settings"]["k"] == 2
    assert content["command"] == "make these"
    assert {"torch", "numpy", "python", "mha-lessons"} <= content["versions"].keys()
    for each in content["runs"]:
        assert each["steps"] == 4
        assert {"status", "accuracy", "all_right", "answers", "parameters", "cpu_s", "d_head"} <= each.keys()
        assert "weights" not in each


def test_what_is_read_back_is_what_was_measured(path: Path) -> None:
    made = run(SHORT, 2, 0)
    Results(SHORT, {made.key: made}, ["one", "two"]).save(path)
    there = load(path)
    assert there.settings == SHORT
    assert there.commands == ["one", "two"]
    assert there.runs[2, 0].accuracy == pytest.approx(made.accuracy, abs=1e-4)
    assert there.runs[2, 0].losses == pytest.approx(made.losses, abs=1e-4)


def test_an_interrupted_series_keeps_what_is_done_and_goes_on_with_the_rest(path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        list(Series(SHORT, [1, 2], range(3), path).go(Here(most=4)))
    kept = load(path).runs
    assert len(kept) == 4
    second = Series(SHORT, [1, 2], range(3), path)
    assert len(second.todo) == 6 - len(kept)
    here = Here()
    list(second.go(here))
    assert here.done == 6 - len(kept)
    whole = load(path).runs
    assert len(whole) == 6
    assert all(whole[key] == kept[key] for key in kept)


def test_more_heads_or_seeds_add_to_the_file_and_to_its_command(path: Path) -> None:
    list(Series(SHORT, [1], range(2), path, command="first").go(Here()))
    list(Series(SHORT, [2], range(1), path, command="second").go(Here()))
    assert [*load(path).runs] == [(1, 0), (1, 1), (2, 0)]
    assert json.loads(path.read_text())["command"] == "first && second"
    list(Series(SHORT, [1, 2], range(1), path, command="nothing to do").go(Here()))
    assert json.loads(path.read_text())["command"] == "first && second"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (replace(SHORT, steps=5), "holds results with steps=4, and stays as it is: name another file"),
        (replace(SHORT, k=3, mlp=True), "holds results with k=2, mlp=False"),
        (Settings("binding"), "holds results of juggling, and stays as it is"),
    ],
)
def test_a_file_with_other_results_is_never_written_over(
    path: Path, settings: Settings, sentence: str
) -> None:
    Results(SHORT).save(path)
    before = path.read_bytes()
    with pytest.raises(ResultsError, match=sentence):
        Series(settings, [1], range(1), path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"experiment": "juggling"}', '{"experiment": 3, "runs": [7]}']
)
def test_a_file_of_something_else_is_never_written_over(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(ResultsError, match="holds no results of experiments: name another file"):
        go_on(path, SHORT)
    assert path.read_text() == content


def test_a_folder_or_a_place_that_cannot_be_written_is_named_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="is a folder: name a file"):
        Series(SHORT, [1], range(1), tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(LessonError, match=r"cannot be written \((file exists|not a directory)\)"):
        Series(SHORT, [1], range(1), tmp_path / "file" / "runs.json")


def test_impossible_runs_are_refused_before_any_is_made(path: Path) -> None:
    with pytest.raises(SettingsError, match="num_heads=5"):
        Series(SHORT, [1, 5], range(1), path)
    with pytest.raises(SettingsError, match="a seed should be"):
        Series(SHORT, [1], range(2**32 - 1, 2**32 + 1), path)
    with pytest.raises(SettingsError, match="at least one head count and one seed"):
        Series(SHORT, [], range(1), path)
    assert not path.exists()


def test_weights_are_kept_where_asked_for_and_a_run_without_them_is_made_again(
    path: Path, tmp_path: Path
) -> None:
    list(Series(SHORT, [1, 2], range(1), path).go(Here()))
    series = Series(SHORT, [2], range(1), path, weights=tmp_path / "w", command="again")
    assert series.todo == [(2, 0)]
    list(series.go(Here()))
    assert [each.name for each in (tmp_path / "w").iterdir()] == ["juggling_h2_seed0.safetensors"]
    assert not Series(SHORT, [2], range(1), path, weights=tmp_path / "w").todo
    assert len(load(path).runs) == 2


@pytest.mark.parametrize("known", [True, False])
def test_weights_of_other_settings_are_never_written_over(path: Path, tmp_path: Path, known: bool) -> None:
    kept = tmp_path / "weights"
    list(Series(SHORT, [2], [0], path, weights=kept).go(Here()))
    (file,) = kept.iterdir()
    before, other = file.read_bytes(), replace(SHORT, k=3, steps=5)
    elsewhere = tmp_path / "other.json"
    if known:  # the run itself is there already
        list(Series(other, [2], [0], elsewhere).go(Here()))
    with pytest.raises(ResultsError, match="holds weights with k=2, steps=4, and stays as it is"):
        Series(other, [2], [0], elsewhere, weights=kept)
    assert file.read_bytes() == before
    file.write_text("something else")
    with pytest.raises(ResultsError, match="holds no trained model"):
        Series(SHORT, [2], [0], path, weights=kept)


def test_weights_of_several_layers_are_refused_before_the_work(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="only those of one-layer models are"):
        Series(Settings("induction"), [1], range(1), path, weights=tmp_path)


def test_two_processes_give_the_results_of_one(path: Path) -> None:
    with processes(2) as pool:
        runs = {each.key: each for each in sweep(pool, SHORT, [(1, 0), (2, 0), (2, 1)])}
    assert len(runs) == 3
    for key, each in runs.items():
        alone = run(SHORT, *key)
        assert each.losses == pytest.approx(alone.losses, rel=1e-5)
        assert each.accuracy == pytest.approx(alone.accuracy, abs=1e-3)
    assert not multiprocessing.active_children()


def test_leaving_the_pool_stops_a_long_run_at_its_next_step() -> None:
    with processes(1) as pool:
        pool.submit(abs, 1).result()  # the worker is up
        future = pool.submit(_work, replace(SHORT, steps=100_000), (1, 0))
        while not future.running():
            time.sleep(0.01)
        assert not future.done()
    with pytest.raises(StoppedError):
        future.result(timeout=0)
    assert not multiprocessing.active_children()


def test_a_worker_that_dies_ends_the_series_in_a_sentence_and_keeps_the_rest(path: Path) -> None:
    series = Series(replace(SHORT, steps=300), [1], range(4), path)
    with processes(1) as pool:
        runs = series.go(pool)
        next(runs)
        for child in multiprocessing.active_children():
            os.kill(child.pid or 0, signal.SIGKILL)
        with pytest.raises(WorkersError, match="a worker ended before its time"):
            list(runs)
    assert 1 <= len(load(path).runs) < 4


def test_a_scheduler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mha_lessons.executors.PATIENCE", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(WorkersError, match=f"no Dask scheduler answers at {address}"), cluster(address):
            pass


def test_without_distributed_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with (
        pytest.raises(WorkersError, match=r"pip install 'mha-lessons\[cluster\]'"),
        cluster("tcp://127.0.0.1:9"),
    ):
        pass


@pytest.fixture
def dask_cluster() -> Iterator[object]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as workers:
        yield workers


def test_on_a_cluster_that_loses_a_worker_on_the_way_all_runs_come_back(
    path: Path, dask_cluster: object
) -> None:
    address = dask_cluster.scheduler_address  # type: ignore[attr-defined]
    settings = replace(SHORT, steps=30)
    series = Series(settings, [1, 2], range(3), path)
    killed: list[int] = []
    with cluster(address) as executor:
        for _ in series.go(executor):
            if not killed:
                (victim, *_) = executor._client.run(os.getpid).values()  # type: ignore[attr-defined]
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)
    assert killed
    runs = load(path).runs
    assert len(runs) == 6
    assert all(each.status == "done" and each.steps == 30 for each in runs.values())
    assert runs[2, 1].losses == pytest.approx(run(settings, 2, 1).losses, abs=1e-3)


def test_runs_in_threads_do_not_disturb_each_other() -> None:
    with ThreadPoolExecutor(2) as threads:
        runs = {each.key: each for each in sweep(threads, SHORT, [(1, 0), (2, 0)])}
    assert runs[2, 0].losses == run(SHORT, 2, 0).losses
