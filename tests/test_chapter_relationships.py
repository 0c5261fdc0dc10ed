"""What the chapter on diverse relationships claims, and the answers to its questions, computed."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mha_lessons.heads import shipped
from mha_lessons.heads.similarity import js_distance
from mha_lessons.sentences import prepared, sentences
from mha_lessons.widgets import HeadExplorer, SelfCheck
from tests.book_claims import SOLUTION, cell, cells, page, right

EXTRAS = ("transformers", "conllu", "scipy", "gguf", "accelerate")

FOUND, OTHER = shipped("minilm"), shipped("smollm2")
MEASURES, OF_OTHER = (
    {name: np.array(values) for name, values in study["measures"].items()} for study in (FOUND, OTHER)
)  # each [layer, head]


def pictures(sentence: str) -> Tensor:
    """The attention of all heads of MiniLM, [head, query, key]."""
    packed = prepared("minilm", sentence).packed
    return torch.cat([torch.tensor(packed.attn(layer)) for layer in packed.layers])


def seen_from_the_pronoun(sentence: str, *words: str) -> list[Tensor]:
    """For each word the attention that all heads send there from the word the sentence is about."""
    one = prepared("minilm", sentence)
    return [pictures(sentence)[:, one.token, one.packed.tokens.index(word)] for word in words]


def far_apart(one: Tensor, other: Tensor) -> Tensor:
    """The distance of the heads of two tables, each with the one at its place."""
    return torch.stack([js_distance(torch.stack(pair))[0, 1] for pair in zip(one, other, strict=True)])


@pytest.mark.parametrize("chapter", ["relationships", "analogy-table"])
def test_every_cell_and_every_solution_runs_without_the_extra_packages(chapter: str) -> None:
    code = "\n".join([*cells(chapter), *SOLUTION.findall(page(chapter))])
    block = f"import sys\nfor name in {EXTRAS!r}: sys.modules[name] = None\n"
    ran = subprocess.run([sys.executable, "-c", block + code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert "[real]" not in ran.stdout


def test_the_model_of_the_questions_has_the_heads_they_speak_of() -> None:
    count = MEASURES["first"].size
    chapters = ("relationships", "analogy-table")
    asked = [q for chapter in chapters for q in re.findall(rf'ask\("({chapter}\.[^"]+)"\)', page(chapter))]
    said = [int(n) for name in asked for n in re.findall(r"(\d+) heads", SelfCheck.ask(name).question)]
    assert said
    assert set(said) == {count}


def test_in_the_figure_head_1_3_looks_from_he_to_tom() -> None:
    one = prepared("minilm", "he")
    row = one.packed.attn(1)[3, one.token].copy()
    row[one.packed.special] = 0
    assert one.packed.tokens[one.token] == "he"
    assert one.packed.tokens[row.argmax()] == "tom"


def test_two_heads_give_more_than_half_to_a_neighbour() -> None:
    previous, after = MEASURES["previous"] > 0.5, MEASURES["next"] > 0.5
    assert np.argwhere(previous).tolist() == [[0, 2]]
    assert np.argwhere(after).tolist() == [[1, 8]]
    assert right("relationships.neighbours") == "for 2"


def test_all_but_one_of_the_heads_that_look_next_door_are_in_the_first_half_of_the_layers() -> None:
    near = np.argwhere((MEASURES["previous"] > 0.25) | (MEASURES["next"] > 0.25))
    assert len(near) == 8 == pytest.approx(MEASURES["next"].size / 10, abs=1), "a tenth, as an answer says"
    assert (near[:, 0] >= len(MEASURES["next"]) / 2).sum() == 1


def test_the_median_head_gives_more_to_cls_than_to_itself_and_its_neighbours_together() -> None:
    middle = {name: float(np.median(values)) for name, values in MEASURES.items()}
    assert 0.38 < middle["first"] < 0.45, "two fifths"
    assert 2 * (middle["self"] + middle["previous"] + middle["next"]) < middle["first"]
    assert middle["previous"] + middle["next"] == pytest.approx(0.1, abs=0.02), "a tenth, as an answer says"
    assert right("relationships.most") == "a mark that is no word"


def test_almost_every_head_of_minilm_gives_more_to_cls_than_to_sep() -> None:
    assert (MEASURES["first"] > MEASURES["last"]).mean() > 0.95


def test_the_distance_of_the_page_is_the_one_that_was_measured() -> None:
    names: dict[str, Any] = {"torch": torch, "math": math}
    exec(cell("relationships", "def apart"), names)
    attn = pictures("she")[::7]
    mine = torch.stack([torch.stack([names["apart"](one, other) for other in attn]) for one in attn])
    torch.testing.assert_close(mine, js_distance(attn), atol=1e-4, rtol=0)


def a_twentieth_moved() -> float:
    """The distance of two heads of which one has moved a twentieth of its attention."""
    return js_distance(torch.tensor([[[1.0, 0]], [[0.95, 0.05]]]))[0, 1].item()


def test_no_head_has_a_twin_as_near_as_a_twentieth_moved() -> None:
    assert MEASURES["nearest_head"].min() > a_twentieth_moved() + 0.02
    assert right("relationships.twins") == "for none"


def test_nearly_a_third_of_the_heads_of_smollm2_have_a_twin_as_near_as_a_twentieth_moved() -> None:
    near = OF_OTHER["nearest_head"]
    assert 0.28 < (near < a_twentieth_moved()).mean() < 1 / 3
    assert near.min() < 0.01


def test_the_more_a_head_of_smollm2_parks_the_nearer_is_its_twin_and_the_nearest_two_do_little_else() -> None:
    near, parked = OF_OTHER["nearest_head"].ravel(), OF_OTHER["first"].ravel()
    assert np.corrcoef(near, parked)[0, 1] < -0.7
    one, other = near.argsort()[:2]
    assert near[one] == near[other]
    assert min(parked[one], parked[other]) > 0.99


def test_smollm2_is_the_model_that_the_page_introduces() -> None:
    model = OTHER["model"]
    assert "SmolLM2-135M-Instruct, 4-bit weights" in model["source"]
    assert model["causal"]
    packed = prepared("smollm2", "he").packed
    assert len(packed.layers) < model["layers"]
    assert all(prepared("smollm2", name).packed.layers == packed.layers for name in sentences())


def test_the_median_head_of_smollm2_gives_three_fifths_to_the_first_token() -> None:
    assert np.median(OF_OTHER["first"]) == pytest.approx(0.6, abs=0.02)


def test_the_previous_word_head_is_the_one_without_a_likeness() -> None:
    lonely = np.unravel_index(MEASURES["nearest_head"].argmax(), MEASURES["nearest_head"].shape)
    assert lonely == (0, 2)


def test_the_number_of_groups_depends_on_the_cut_and_on_the_model() -> None:
    strict, *_, generous = FOUND["similarity"]["groups"].values()
    count = MEASURES["first"].size
    assert strict == count
    assert generous < count / 3
    assert list(OTHER["similarity"]["groups"]) == list(FOUND["similarity"]["groups"]), "the same cuts"
    strict, *_, generous = (left / OF_OTHER["first"].size for left in OTHER["similarity"]["groups"].values())
    assert strict < 2 / 3
    assert generous == pytest.approx(1 / 20, abs=0.01)


@pytest.fixture(scope="module")
def change() -> np.ndarray:
    """How far each head's picture is from its own in another sentence of equal length, [layer, head]."""
    pairs = combinations([pictures(name) for name in sentences()], 2)
    changes = torch.stack([far_apart(one, other) for one, other in pairs if one.shape == other.shape])
    return changes.mean(0).reshape(MEASURES["first"].shape).numpy()


def test_only_one_head_makes_the_same_picture_whatever_the_words(change: np.ndarray) -> None:
    assert np.argwhere(change < 0.1).tolist() == [[0, 2]]


def test_the_pictures_of_the_last_layer_change_most_with_the_words(change: np.ndarray) -> None:
    *others, last = np.median(change, axis=1)
    assert last > max(others) + 0.05


def test_half_of_all_heads_prefer_tom() -> None:
    tom, anna = seen_from_the_pronoun("he", "tom", "anna")
    assert 0.4 < (tom > anna).float().mean() < 0.6
    assert right("relationships.chance") == "about half"


def test_eight_heads_are_right_in_all_four_sentences_and_1_3_is_one() -> None:
    pairs = {
        "she": ("mary", "doctor"),
        "he": ("tom", "anna"),
        "himself": ("peter", "maria"),
        "they": ("teachers", "student"),
    }
    meant = [seen_from_the_pronoun(name, *words) for name, words in pairs.items()]
    always = torch.stack([one > other for one, other in meant]).all(0).reshape(MEASURES["first"].shape)
    assert int(always.sum()) == 8
    assert always[1, 3]
    assert 4 < MEASURES["first"].size / 2**4 < 5


def test_random_heads_are_about_as_far_from_their_twins_as_those_of_minilm() -> None:
    def to_twin(attn: Tensor) -> float:
        distance = js_distance(attn).fill_diagonal_(1)
        return float(distance.min(1).values.mean())

    text = "Anna met Tom at the station before he went home"
    trained = [to_twin(layer) for layer in pictures("he").chunk(len(MEASURES["first"]))]
    for seed in (0, 1, 2):
        made = HeadExplorer(text=text, d_model=96, num_heads=12, source="random", seed=seed)
        random = to_twin(made.trace.attn[0])
        assert min(trained) < random < max(trained) + 0.03


def test_the_solution_on_random_heads_prints_how_far_the_twins_are_layer_by_layer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    layers = len(MEASURES["first"])
    names: dict[str, Any] = {"torch": torch, "math": math, "pictures": pictures, "layers": layers}
    exec(cell("relationships", "def apart").partition("\n\n\nfor moved")[0], names)
    exec(cell("relationships", 'source="random"'), names)
    random, *trained = map(float, capsys.readouterr().out.split())
    of_layers = [
        js_distance(layer).fill_diagonal_(1).min(1).values.mean() for layer in pictures("he").chunk(layers)
    ]
    assert trained == pytest.approx([float(mean) for mean in of_layers], abs=0.01)
    assert min(trained) > 0.1
    assert random > 0.1
