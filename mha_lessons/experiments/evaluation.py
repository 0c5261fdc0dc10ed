"""What a trained model can do, on sequences it has never seen."""

from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor, nn

from mha_lessons.experiments.model import Reader
from mha_lessons.experiments.task import FRESH, NOT_ASKED, Sequences, Task


class Score(NamedTuple):
    """Shares of right answers, 0 to 1."""

    accuracy: float
    """of single answers"""
    all_right: float
    """of positions whose answers are all right"""
    answers: list[float]
    """of single answers, for each of the answers apart"""


class Looks(NamedTuple):
    """Where the heads look, on average over the positions that are asked."""

    distances: list[float]
    """[head], mean of |query - key| in positions, weighted by `attn`"""
    on_sources: list[list[float]]
    """[head][answer], the weight on the place where this answer stands"""


def as_tensors(
    sequences: Sequences,
) -> tuple[Int[Tensor, "sequence position"], Int[Tensor, "sequence position answer"]]:
    """Tokens and targets for torch."""
    return torch.from_numpy(sequences.tokens).long(), torch.from_numpy(sequences.targets).long()


@torch.no_grad()
def evaluate(
    model: nn.Module, task: Task, *, seed: int = 0, count: int = 1000, gates: Tensor | None = None
) -> Score:
    """How often a model is right on `count` fresh sequences.

    >>> from mha_lessons.experiments import Reader, juggling
    >>> score = evaluate(Reader(juggling(k=2), num_heads=2), juggling(k=2), count=50)
    >>> score.accuracy == sum(score.answers) / 2
    True
    """
    tokens, targets = as_tensors(task.sequences(seed, FRESH, count))
    asked = targets[..., 0] != NOT_ASKED
    right = (model(tokens, gates).argmax(-1) == targets)[asked].double()
    answers = right.mean(0)
    return Score(answers.mean().item(), right.prod(-1).mean().item(), answers.tolist())


@torch.no_grad()
def looks(model: Reader, task: Task, *, seed: int = 0, count: int = 100) -> Looks:
    """Where the heads of a one-layer model look in `count` fresh sequences."""
    sequences = task.sequences(seed, FRESH, count)
    tokens, _ = as_tensors(sequences)
    sources = torch.from_numpy(sequences.sources).long()
    asked = sources[..., 0] != NOT_ASKED
    attn = model.attn(tokens).transpose(1, 2)[asked]  # [asked, head, key]
    place = torch.arange(task.length)
    distance = (place[:, None] - place).abs().expand(len(tokens), -1, -1)[asked].float()  # [asked, key]
    at = sources[asked][:, None, :].expand(-1, attn.shape[1], -1)  # [asked, head, answer]
    return Looks(
        torch.einsum("nhk,nk->nh", attn, distance).mean(0).tolist(), attn.gather(2, at).mean(0).tolist()
    )


def parameters(model: nn.Module) -> int:
    """How many numbers training may change."""
    return sum(each.numel() for each in model.parameters())
