"""RankMeter's page and torch agree: singular values in float64, ranks, and the code handed to the reader."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mha_lessons.compute import layer
from mha_lessons.head_rank import head_ranks
from mha_lessons.params import Params
from mha_lessons.widgets.rank_meter import TEXT
from tests.parity.page import ask_page

EPSILON = 2.0**-52
NAMES = ("text", "num_heads", "d_model", "seed", "source")
Answers = dict[str, list[tuple[Any, Any]]]


def matrices(rng: np.random.Generator) -> list[np.ndarray]:
    """All shapes up to 9, of full and of low rank, with values over many powers of ten."""
    found = []
    for rows in range(1, 10):
        for columns in range(1, 10):
            full = rng.standard_normal((rows, columns))
            low = rng.standard_normal((rows, 2)) @ rng.standard_normal((2, columns))
            found += [full, low, full * 10.0 ** rng.integers(-9, 9, size=columns)]
    return [*found, np.zeros((3, 4)), np.ones((5, 5)), np.eye(6), rng.standard_normal((64, 64))]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    rng = random.Random(11)
    questions: list[tuple[str, Any]] = [
        ("svd", {"matrix": m.ravel().tolist(), "rows": len(m), "columns": m.shape[1]})
        for m in matrices(np.random.default_rng(3))
    ]
    settings = [(h, 64, "random", TEXT) for h in (1, 2, 4, 8, 16, 32, 64)]
    settings += [(4, 24, "designed", "Anna saw Bob because she left")]
    settings += [(6, 12, "random", "one two"), (1, 8, "random", "x")]
    for num_heads, d_model, source, text in settings:
        seed, head = rng.randrange(2**32), rng.choice([0, num_heads // 2, 999])
        values = (text, num_heads, d_model, seed, source)
        questions.append(("ranks", dict(zip(NAMES, values, strict=True)) | {"head": head}))
    asked = [(kind, json.loads(json.dumps(question))) for kind, question in questions]
    answers: Answers = {}
    found = ask_page(asked, tmp_path_factory.mktemp("ranks"), "run_ranks.ts")
    for (kind, question), answer in zip(asked, found, strict=True):
        answers.setdefault(kind, []).append((question, answer))
    return answers


def test_singular_values_agree_with_torch_in_float64(page: Answers) -> None:
    for question, answer in page["svd"]:
        matrix = torch.tensor(question["matrix"], dtype=torch.float64)
        matrix = matrix.view(question["rows"], question["columns"])
        wanted = torch.linalg.svdvals(matrix)
        apart = (torch.tensor(answer, dtype=torch.float64) - wanted).abs().max()
        assert apart <= 8 * max(matrix.shape) * EPSILON * wanted[0], matrix


def test_ranks_and_singular_values_of_every_head_agree_with_torch(page: Answers) -> None:
    for question, answer in page["ranks"]:
        *_, x, mha, _ = layer(Params(**{name: question[name] for name in NAMES}))
        found = head_ranks(mha, x)
        for name, spectrum in {"scores": found.scores, "attn": found.attn}.items():
            assert answer[f"{name}_ranks"] == spectrum.rank, (name, question)
            assert_near(answer[f"{name}_values"], spectrum.values)
        assert answer["sum_rank"] == found.total.rank, question
        assert_near(answer["sum_values"], found.total.values)


def assert_near(got: list[float], wanted: torch.Tensor) -> None:
    apart = (torch.tensor(got, dtype=torch.float64).view(wanted.shape) - wanted).abs().amax(-1)
    bound = 64 * wanted.shape[-1] * EPSILON * wanted.amax(-1)  # two float64 forward passes lie between
    assert (apart <= bound).all()


def test_the_scores_of_a_head_have_rank_d_head_and_the_softmax_lifts_the_bound(page: Answers) -> None:
    scores = {q["num_heads"]: set(a["scores_ranks"]) for q, a in page["ranks"] if q["text"] == TEXT}
    assert scores == {1: {32}, 2: {32}, 4: {16}, 8: {8}, 16: {4}, 32: {2}, 64: {1}}
    attn = {q["num_heads"]: a["attn_ranks"] for q, a in page["ranks"] if q["text"] == TEXT}
    assert set(attn[32]) == {32}
    assert min(attn[64]) > 8
    assert all(a["sum_rank"] == 32 for q, a in page["ranks"] if q["text"] == TEXT)


def test_the_code_handed_to_the_reader_prints_the_numbers_of_the_tables(
    page: Answers, tmp_path: Path
) -> None:
    guard = "import sys\nsys.modules['mha_lessons'] = None  # importing it fails\n"
    for question, answer in [page["ranks"][i] for i in (7, 8)]:
        script = tmp_path / "shown.py"
        script.write_text(guard + answer["code"], encoding="utf-8")
        run = subprocess.run(
            [sys.executable, script], capture_output=True, text=True, check=False, timeout=60
        )
        assert run.returncode == 0, run.stderr
        ranks = {name: json.loads(found) for name, found in re.findall(r"(\w+) ranks (\[.*\])", run.stdout)}
        table, values = answer["tables"]
        heads = table["rows"][: question["num_heads"]]
        assert ranks["scores"] == [int(row["values"][0]) for row in heads]
        assert ranks["attn"] == [int(row["values"][1]) for row in heads]
        assert ranks["sum"] == [int(table["rows"][-1]["values"][0])]
        printed = dict(re.findall(r"(\w+) singular values (.*)", run.stdout))
        for column, name in enumerate(("scores", "attn", "sum")):
            got = np.array(printed[name].split(), dtype=float)
            wanted = np.array(
                [row["values"][column].replace("−", "-") for row in values["rows"]], dtype=float
            )
            # Values below the tolerance are rounding: they are as small, not the same.
            np.testing.assert_allclose(got, wanted, rtol=2e-3, atol=64 * EPSILON * wanted[0])
