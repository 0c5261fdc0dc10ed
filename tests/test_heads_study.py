"""All measurements of one model: finished chunks, stops and starts, and the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from mha_lessons.cli import app
from mha_lessons.heads import shipped
from mha_lessons.heads.chunks import Chunks
from mha_lessons.heads.gap import HEADER
from mha_lessons.heads.results import LIBRARIES, as_json
from mha_lessons.heads.roles import Evidence, clause, roles
from tests.tiny_models import network, tokenizer


def work(item: int) -> dict[str, np.ndarray]:
    return {"square": np.array([item**2]), "name": np.zeros((item % 3, 2))} if item else {}


def run(
    chunks: Chunks, items: int = 7, *, stop_at: int = -1
) -> tuple[list[dict[str, np.ndarray]], list[int]]:
    """All results, and the items that had to be worked on."""
    worked: list[int] = []

    def counted(item: int) -> dict[str, np.ndarray]:
        if item == stop_at:
            raise KeyboardInterrupt
        worked.append(item)
        return work(item)

    return list(chunks.each("some", range(items), 3, counted, lambda: None)), worked


def test_a_run_that_was_stopped_goes_on_and_gives_what_a_whole_run_gives(tmp_path: Path) -> None:
    chunks = Chunks(tmp_path / "parts", {"seed": 1})
    assert not chunks.open()
    with pytest.raises(KeyboardInterrupt):
        run(chunks, stop_at=5)
    again = Chunks(tmp_path / "parts", {"seed": 1})
    assert again.open()
    results, worked = run(again)
    assert worked == [3, 4, 5, 6], "the first chunk was done; the one that was stopped is done anew"
    assert [sorted(each) for each in results] == [sorted(work(item)) for item in range(7)]
    assert all((each["square"] == work(item)["square"]).all() for item, each in enumerate(results) if item)
    assert run(again)[1] == []


def test_chunks_of_other_data_are_thrown_away(tmp_path: Path) -> None:
    first = Chunks(tmp_path / "parts", {"seed": 1})
    first.open()
    run(first)
    other = Chunks(tmp_path / "parts", {"seed": 2})
    assert not other.open()
    assert run(other)[1] == list(range(7))


def test_a_damaged_chunk_is_made_anew(tmp_path: Path) -> None:
    chunks = Chunks(tmp_path / "parts", {})
    chunks.open()
    run(chunks)
    path = sorted((tmp_path / "parts").glob("*.npz"))[1]
    path.write_bytes(path.read_bytes()[:50])
    assert run(chunks)[1] == [3, 4, 5]


def test_numbers_are_short_and_what_is_none_is_null() -> None:
    text = as_json(
        {"a": [0.123456, float("nan"), 2.0, np.float32(0.5)], "b": [{"c": np.arange(2)}], "d": {"e": (1,)}}
    )
    assert json.loads(text) == {"a": [0.1235, None, 2, 0.5], "b": [{"c": [0, 1]}], "d": {"e": [1]}}


def evidence(gain: float, p: float) -> Evidence:
    return Evidence("obj", 50, (2, 0), 0.5 + gain, (0.4, 0.9), "chance", 0.5, gain, (-0.1, 0.3), p)


@pytest.mark.parametrize(
    ("gain", "p", "holds", "says"),
    [
        (0.2, 0.01, True, "obj: yes, head 2-0 is right in 70 %"),
        (0.2, 0.06, False, "obj: not shown"),
        (-0.2, 0.01, False, "obj: no, it is worse than the rule"),
        (-0.2, 0.5, False, "obj: not shown"),
    ],
)
def test_a_verdict_follows_from_gain_and_p(gain: float, p: float, holds: bool, says: str) -> None:
    found = evidence(gain, p)
    assert found.holds == holds
    assert clause(found).startswith(says)


@pytest.mark.parametrize("model", ["minilm", "smollm2"])
def test_the_verdict_on_a_role_is_one_sentence(model: str) -> None:
    verdicts = [role["verdict"] for role in shipped(model)["roles"]]
    assert len(verdicts) == 5
    assert not any(". " in verdict or "\n" in verdict for verdict in verdicts)
    assert all(verdict.endswith(".") for verdict in verdicts)


def test_too_few_questions_are_said_beside_what_is_known_of_looking_far() -> None:
    far = {"head": (1, 2), "share": 0.5, "by_chance": 0.25}
    verdict = roles([], {}, far, causal=False)[3]["verdict"]
    assert verdict == (
        "there were too few questions to say; of what head 1-2 sends to other words, 50 % goes 5 or more "
        "words away; spread evenly it would be 25 %."
    )


SENTENCES = [
    "the dog chased a cat",
    "she see her birds .",
    "because it was his dog he barked at a bird and a cat",
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, a treebank of 60 sentences in chains, and a file of pronouns."""
    folder = tmp_path_factory.mktemp("heads")
    network("bert").save_pretrained(folder / "tiny")
    tokenizer(ends=True).save_pretrained(folder / "tiny")
    blocks = []
    for text in SENTENCES * 20:
        words = text.split()
        rows = [
            "\t".join([str(i), word, *"____", str(i - 1), "root" if i == 1 else "flat", "_", "_"])
            for i, word in enumerate(words, 1)
        ]
        blocks.append("\n".join(rows) + "\n")
    (folder / "chains.conllu").write_text("\n".join(blocks), encoding="utf-8")
    row = ["the dog chased a cat and she barked", "she", "25", "dog", "4", "TRUE", "cat", "17", "FALSE"]
    rows = ["\t".join(HEADER)] + ["\t".join([f"d-{i}", *row, f"page {i}"]) for i in range(12)]
    (folder / "names.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def command(place: Path, *more: str, model: str | None = None) -> Result:
    arguments = ["heads", model or str(place / "tiny"), "--treebank", str(place / "chains.conllu")]
    return CliRunner().invoke(app, [*arguments, *more], env={"COLUMNS": "120", "NO_COLOR": "1"})


@pytest.fixture(scope="module")
def measured(place: Path) -> tuple[Result, dict[str, Any]]:
    out = place / "tiny.json"
    result = command(place, "--coref", str(place / "names.tsv"), "--out", str(out))
    assert result.exit_code == 0, result.output
    return result, json.loads(out.read_text(encoding="utf-8"))


def test_the_command_measures_a_model_of_ones_own_and_says_what_it_found(
    measured: tuple[Result, Any],
) -> None:
    result, found = measured
    assert "The best head for each relation" in result.output
    assert "pronoun to name:" in result.output
    assert [role["role"] for role in found["roles"]][:4] == [
        *("pronoun to name", "verb and object", "grammar", "long range"),
    ]
    assert found["sentences"] == {"n": 60, "left_out": 0, "words": 460, "words_without_a_token": 0}
    assert found["name_counts"]["GAP"]["used"] == 12
    assert (
        {"far", "far of far", "flat", "any"}
        >= {row["relation"] for row in found["relations"]}
        >= {"flat", "any"}
    )


def test_the_results_say_how_they_were_made_and_no_path_of_the_machine(
    place: Path, measured: tuple[Result, Any]
) -> None:
    _, found = measured
    assert found["made"]["command"] == (
        "mha-lessons heads tiny --treebank chains.conllu --coref names.tsv --out tiny.json --seed 1"
    )
    assert set(found["made"]["versions"]) == {"python", *LIBRARIES}
    assert len(found["data"]["treebank"]["sha256"]) == len(found["model"]["weights_sha256"]) == 64
    text = json.dumps(found)
    assert str(place.parent) not in text
    assert not any(word in text for word in SENTENCES), "no sentence of the treebank"


def test_every_measure_has_a_number_for_every_head(measured: tuple[Result, Any]) -> None:
    measures = measured[1]["measures"]
    assert set(measures) == {
        *("entropy", "distance", "previous", "next", "self", "first", "last", "far"),
        *("induction", "nearest_head", "gradient", "ablation"),
    }
    assert all(np.array(table).shape == (2, 3) for table in measures.values())


def test_stopped_with_ctrl_c_the_same_command_goes_on_and_gives_the_same_file(
    place: Path, measured: tuple[Result, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mha_lessons.heads import study

    out = place / "again" / "tiny.json"
    arguments = ["--coref", str(place / "names.tsv"), "--out", str(out)]
    looks: list[str] = []

    def look(model: Any, one: Any, real: Any = study.look) -> Any:
        if len(looks) == 55:
            raise KeyboardInterrupt
        looks.append(one.name)
        return real(model, one)

    monkeypatch.setattr(study, "look", look)
    stopped = command(place, *arguments)
    assert stopped.exit_code == 130
    assert "the same command goes on from there" in stopped.output
    assert not out.exists()
    monkeypatch.undo()
    more: list[str] = []
    real = study.look
    monkeypatch.setattr(study, "look", lambda model, one: more.append(one.name) or real(model, one))
    resumed = command(place, *arguments)
    assert resumed.exit_code == 0, resumed.output
    assert "Going on where the last run was stopped" in resumed.output
    assert len(more) == 10, "50 sentences are a chunk, 10 were left"
    assert json.loads(out.read_text(encoding="utf-8")) == measured[1]
    assert not out.with_name("tiny.json.parts").exists()


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (
            "absent",
            "There is no model 'absent': give one of minilm, smollm2, or a folder that the save_pretrained "
            "of a model and of its tokenizer wrote.",
        ),
        (".", "holds no model: it should have a config.json with weights, or one .gguf."),
    ],
)
def test_a_model_that_is_not_there_gets_one_sentence(
    place: Path, model: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    result = command(place, "--out", "x.json", model=model)
    assert result.exit_code == 1
    assert says in result.output
    assert "Traceback" not in result.output


def test_a_malformed_treebank_gets_one_sentence_with_its_line(place: Path) -> None:
    (place / "bad.conllu").write_text("1\tShe\n", encoding="utf-8")
    result = CliRunner().invoke(
        app,
        ["heads", "minilm", "--treebank", str(place / "bad.conllu"), "--out", str(place / "x.json")],
        env={"COLUMNS": "300"},
    )
    assert result.exit_code == 1
    assert "bad.conllu, line 1: a word should have 10 columns with tabs, got 2." in result.output


def test_a_model_whose_files_are_broken_gets_one_sentence(place: Path) -> None:
    broken = place / "broken"
    broken.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (broken / name).write_text("{}", encoding="utf-8")
    result = command(place, "--out", "x.json", model=str(broken))
    assert result.exit_code == 1
    assert "cannot be read" in result.output
    assert "Traceback" not in result.output


def test_help_gives_examples_and_does_not_load_torch() -> None:
    result = CliRunner().invoke(app, ["heads", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert "mha-lessons heads minilm --treebank dev.conllu --coref gap.tsv --out minilm.json" in result.output


def test_a_folder_as_out_is_refused_before_anything_is_measured(place: Path) -> None:
    (place / "results").mkdir(exist_ok=True)
    result = command(place, "--out", str(place / "results"), model="absent")
    assert result.exit_code == 1
    assert "results is a folder: give --out the name of a file." in " ".join(result.output.split())
