"""RealHeads: the page reads codes as Python does, measures as mha_lessons.heads does, and its code runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mha_lessons.heads.measures import entropy, far_masses, mean_distance, offset_share, share_on
from mha_lessons.models.prepared import shipped_roles
from mha_lessons.models.words import words_attention
from mha_lessons.packed import Packed, pack
from mha_lessons.sentences import MODELS, prepared, sentences
from tests.parity.heads import tensors
from tests.parity.page import ask_page

RUN = "run_real_heads.ts"
GUARD = "import sys\nsys.modules['mha_lessons'] = None  # importing it fails\n"


def random_packed(seq: int, layers: int, heads: int, *, causal: bool) -> Packed:
    torch.manual_seed(seq)
    scores = 3 * torch.randn(layers, heads, seq, seq)
    if causal:
        scores = scores.masked_fill(torch.ones(seq, seq, dtype=torch.bool).triu(1), -torch.inf)
    # A special token at each end, and words of one to three pieces between.
    words: list[int | None] = [None, *(place // 2 for place in range(seq - 2)), None]
    tokens = [f"t{place}" for place in range(seq)]
    return pack(scores.softmax(-1).numpy(), tokens, special=[0, seq - 1], words=words)


CASES = {
    "encoder": random_packed(17, 2, 3, causal=False),
    "decoder": random_packed(14, 3, 2, causal=True),
    "minilm": prepared("minilm", "pieces").packed,
    "smollm2": prepared("smollm2", "telescope").packed,
}


def without(attn: np.ndarray, sink: int | None) -> torch.Tensor:
    """The weights with the sink's column taken out, and each row divided by what is left."""
    found = torch.tensor(attn, dtype=torch.float64)
    if sink is not None:
        found[..., sink] = 0
        found = found / found.sum(-1, keepdim=True).clamp(min=1e-300)
    return found


def measured(packed: Packed, sink: int | None) -> dict[str, np.ndarray]:
    """Each measure of mha_lessons.heads for every head: the mean over the tokens that are not special."""
    attn = without(np.concatenate([packed.attn(layer) for layer in packed.layers]), sink)
    empty = attn.sum(-1) == 0
    queries = [place for place in range(len(packed.tokens)) if place not in packed.special]
    words = packed.words or []
    count = max(word for word in words if word is not None) + 1
    last = len(packed.tokens) - 1
    asked = {
        "first": share_on(attn, [0]),
        "last": share_on(attn, [last]) if last in packed.special else torch.full(attn.shape[:-1], torch.nan),
        "entropy": entropy(attn),
        "distance": mean_distance(attn),
        "previous": offset_share(attn, -1),
        "self": offset_share(attn, 0),
        "next": offset_share(attn, 1),
    }
    means = {
        name: value.masked_fill(empty, torch.nan)[..., queries].nanmean(-1).numpy()
        for name, value in asked.items()
    }
    far, other, _ = far_masses(words_attention(attn, words, count), causal=packed.causal)
    return means | {"far": (far.nansum(-1) / other.nansum(-1)).numpy()}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The page's answers: weights and measures of each case, with and without the sink; and the catalogue."""
    questions: list[tuple[str, Any]] = []
    for packed in CASES.values():
        for sink in (None, 0):
            asked = {"packed": packed.as_json(), "sink": sink}
            questions += [("weights", asked), ("measures", asked)]
    questions.append(("catalogue", None))
    return ask_page(questions, tmp_path_factory.mktemp("real_heads"), RUN)


@pytest.mark.parametrize("sink", [None, 0])
@pytest.mark.parametrize("case", CASES)
def test_the_page_reads_the_weights_that_python_reads(
    answers: list[Any], case: str, sink: int | None
) -> None:
    packed = CASES[case]
    found = np.array(answers[4 * list(CASES).index(case) + 2 * (sink is not None)])
    wanted = without(np.concatenate([packed.attn(layer) for layer in packed.layers]), sink)
    np.testing.assert_allclose(found, wanted.flatten(1), atol=1e-6)


@pytest.mark.parametrize("sink", [None, 0])
@pytest.mark.parametrize("case", CASES)
def test_the_page_measures_what_mha_lessons_heads_measures(
    answers: list[Any], case: str, sink: int | None
) -> None:
    found = answers[4 * list(CASES).index(case) + 2 * (sink is not None) + 1]
    wanted = measured(CASES[case], sink)
    assert set(found) == set(wanted)
    for name, values in wanted.items():
        got = np.array([float(value) for value in found[name]])
        np.testing.assert_allclose(got, values, atol=2e-5, err_msg=name)


def test_the_page_offers_the_models_sentences_and_roles_of_python(answers: list[Any]) -> None:
    catalogue = answers[-1]
    assert tuple(catalogue["models"]) == MODELS
    assert catalogue["sentences"] == list(sentences())
    assert {model: roles for model, roles in catalogue["roles"].items() if roles} == shipped_roles()


def test_the_head_of_every_role_is_among_the_layers_that_ship() -> None:
    for model, roles in shipped_roles().items():
        packed = prepared(model, "she").packed
        for name, role in roles.items():
            assert role["layer"] in packed.layers, f"{model}, {name}: add layer {role['layer']} to LAYERS"
            assert 0 <= role["low"] <= role["score"] <= role["high"] <= 1


@pytest.mark.parametrize(
    ("model", "sentence", "layer", "head", "hide_sink"),
    [
        ("minilm", "quoted", 3, 11, True),
        pytest.param("smollm2", "again", 18, 6, False, marks=pytest.mark.second_tier),
    ],
)
def test_the_copied_code_runs_without_the_package_and_gives_the_models_own_weights(
    tmp_path: Path, model: str, sentence: str, layer: int, head: int, hide_sink: bool
) -> None:
    packed = prepared(model, sentence).packed
    chosen = {"layer": layer, "head": head, "hide_sink": hide_sink}
    (code,) = ask_page(
        [("code", {"packed": packed.as_json(), "model": model, "sentence": sentence, **chosen})],
        tmp_path,
        RUN,
    )
    assert "mha_lessons" not in code
    script = tmp_path / "shown.py"
    script.write_text(GUARD + code, encoding="utf-8")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    found = tensors(run.stdout)[f"attn of head {layer}-{head}"]
    wanted = without(packed.attn(layer)[head], 0 if hide_sink else None).numpy()
    # Three decimals are printed; a byte a weight costs the rest, more where a row's rest is scaled up.
    rest = 1 - packed.attn(layer)[head][:, :1] if hide_sink else np.ones((1, 1))
    assert (np.abs(found - wanted) <= 0.0006 + packed.loss["max_abs"] * 2 / rest).all()
