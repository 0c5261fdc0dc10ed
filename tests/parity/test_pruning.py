"""HeadPruner's page takes heads out of trained readers as torch does: orders, curves, slopes, retraining."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mha_lessons.experiments import Reader, binding, juggling, near_far
from mha_lessons.experiments.evaluation import as_tensors
from mha_lessons.experiments.pruning import retrain
from mha_lessons.experiments.task import NOT_ASKED
from mha_lessons.experiments.trained import FOLDER, load_trained, trained
from mha_lessons.experiments.training import loss_of
from mha_lessons.widgets.pruned_reader import PrunedReader, pack_reader, unpack_reader
from tests.parity.page import ask_page

# Untrained, so that no slope is near 0; each with other sizes, and d_head free in one.
FRESH_READERS = {
    "juggling": Reader(juggling(k=3), 4, seed=5),
    "binding": Reader(binding(), 3, d_head=5, seed=6),
    "near_far": Reader(near_far(), 2, seed=7),
}
GATES = {"juggling": [1.0, 0.0, 1.0, 0.5], "binding": [1.0, 1.0, 0.0], "near_far": [0.25, 1.0]}
STEPS = 6
ORDERS = [([0, 2], 3), ([], 1), ([1, 1], 2), ([3], 3), ([-1], 4), ([0.5], 2)]

Answers = dict[tuple[str, str], Any]


def shipped(name: str) -> PrunedReader:
    reader, task = load_trained(name)
    return PrunedReader(reader, task, int(name.split("seed")[1]))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    folder = tmp_path_factory.mktemp("pruning")
    questions: list[tuple[str, str, dict[str, Any]]] = []
    for name in trained():
        file = str(FOLDER / f"{name}.safetensors")
        order = list(reversed(range(load_trained(name)[0].attention.num_heads)))
        questions += [
            (kind, name, {"file": file, "order": order}) for kind in ("weights", "importance", "curve")
        ]
    for name, reader in FRESH_READERS.items():
        path = folder / name
        path.write_bytes(b64decode(pack_reader(reader, seed=11)["file"]))
        asked = {"file": str(path), "gates": GATES[name], "first": 40, "count": 5}
        questions += [(kind, name, asked) for kind in ("logits", "slopes")]
        questions.append(("retrain", name, {"file": str(path), "order": [1], "steps": STEPS}))
    wide = folder / "mlp"
    wide.write_bytes(b64decode(pack_reader(Reader(juggling(), 2, mlp=True), seed=0)["file"]))
    questions.append(("refused", "mlp", {"file": str(wide)}))
    questions += [("check", str(case), {"order": case[0], "num_heads": case[1]}) for case in ORDERS]
    answers = ask_page([(kind, asked) for kind, _, asked in questions], folder, "run_pruning.ts")
    return {(kind, name): answer for (kind, name, _), answer in zip(questions, answers, strict=True)}


@pytest.mark.parametrize("name", trained())
def test_the_page_reads_the_very_weights_of_the_file(page: Answers, name: str) -> None:
    found = page["weights", name]["arrays"]
    for key, weights in load_trained(name)[0].weights().items():
        np.testing.assert_array_equal(found[key], weights.ravel(), err_msg=key)


@pytest.mark.parametrize("name", trained())
def test_heads_go_in_the_same_order_for_the_same_reasons(page: Answers, name: str) -> None:
    wanted = shipped(name)
    found = page["importance", name]
    assert found["by_gradient"] == wanted.orders["gradient"]
    assert found["by_ablation"] == wanted.orders["ablation"]
    assert found["loss"] == pytest.approx(wanted.importance["loss"], rel=1e-3, abs=1e-6)
    for key in ("gradients", "without"):
        np.testing.assert_allclose(found["arrays"][key], wanted.importance[key], rtol=2e-3, atol=1e-6)


@pytest.mark.parametrize("name", trained())
def test_the_accuracy_falls_by_the_same_answers_as_heads_go(page: Answers, name: str) -> None:
    wanted = shipped(name)
    curve = wanted.curve(list(reversed(range(wanted.num_heads))))
    found = [[shares["accuracy"], shares["all_right"]] for shares in page["curve", name]]
    np.testing.assert_allclose(found, curve, atol=1e-9)
    assert curve[0][0] > curve[-1][0] + 0.2, "heads matter, so the test can fail"


@pytest.mark.parametrize("name", FRESH_READERS)
def test_what_the_heads_add_sums_to_the_logits_at_any_gates(page: Answers, name: str) -> None:
    reader = FRESH_READERS[name]
    tokens, targets = as_tensors(reader.task.sequences(11, 40, 5))
    with torch.no_grad():
        logits = reader(tokens, torch.tensor(GATES[name]))
    asked = targets[..., 0] != NOT_ASKED
    np.testing.assert_allclose(
        page["logits", name]["arrays"]["logits"], logits[asked].flatten(), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("name", FRESH_READERS)
def test_every_slope_worked_out_by_hand_is_autograd_s(page: Answers, name: str) -> None:
    reader = FRESH_READERS[name]
    tokens, targets = as_tensors(reader.task.sequences(11, 40, 5))
    loss = loss_of(reader(tokens, torch.tensor(GATES[name])), targets)
    names = [key.removeprefix("attention.") for key, _ in reader.named_parameters()]
    slopes = torch.autograd.grad(loss, list(reader.parameters()))
    found = page["slopes", name]
    assert found["loss"] == pytest.approx(loss.item(), rel=1e-5)
    wanted = dict(zip(names, slopes, strict=True))
    assert found["arrays"].keys() == wanted.keys()
    for key, slope in wanted.items():
        np.testing.assert_allclose(found["arrays"][key], slope.flatten(), rtol=1e-3, atol=2e-6, err_msg=key)
        assert slope.abs().max() > 1e-4, key


@pytest.mark.parametrize("name", FRESH_READERS)
def test_retraining_learns_the_same_way_and_leaves_what_is_off_alone(page: Answers, name: str) -> None:
    reader, task, seed = unpack_reader(pack_reader(FRESH_READERS[name], seed=11))
    start = reader.weights()
    losses = [step.loss for step in retrain(reader, task, [1], seed=seed, steps=STEPS)]
    found = page["retrain", name]
    np.testing.assert_allclose(found["losses"], losses, rtol=1e-4)
    assert abs(losses[-1] - losses[0]) > 1e-3, "it moves"
    d_head = reader.attention.d_head
    after = found["arrays"]["w_o"].reshape(start["w_o"].shape)
    np.testing.assert_array_equal(after[d_head : 2 * d_head], start["w_o"][d_head : 2 * d_head])
    assert np.abs(after[:d_head] - start["w_o"][:d_head]).max() > 1e-3


@pytest.mark.parametrize("case", ORDERS, ids=str)
def test_an_order_that_is_none_gets_the_same_sentence(page: Answers, case: tuple[list[Any], int]) -> None:
    reader = PrunedReader(Reader(juggling(), 1), juggling(), 0)
    reader.num_heads = case[1]
    assert page["check", str(case)] == reader.check_order(case[0])


def test_a_reader_with_an_mlp_is_left_to_the_kernel(page: Answers) -> None:
    assert "pruned in JupyterLab only" in page["refused", "mlp"]


def test_a_packed_reader_comes_back_whole(tmp_path: Path) -> None:
    for reader in FRESH_READERS.values():
        again, task, seed = unpack_reader(pack_reader(reader, seed=11))
        assert (task, seed) == (reader.task, 11)
        for name, weights in reader.weights().items():
            np.testing.assert_array_equal(again.weights()[name], weights)
    with pytest.raises(ValueError, match=r"reader should be what HeadPruner\.from_reader makes"):
        unpack_reader({"file": "bm90IGl0"})
    with pytest.raises(ValueError, match="16 heads at most, got a reader with 32"):
        pack_reader(Reader(juggling(), 32), seed=0)
    with pytest.raises(ValueError, match="usual sizes, got another juggling task"):
        pack_reader(Reader(juggling(length=7), 2), seed=0)
