"""Layers of attention and nothing else, for induction: depth is what it is about."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from mha_lessons.attention import MultiHeadAttention
from mha_lessons.experiments.model import answers_apart
from mha_lessons.experiments.task import Task
from mha_lessons.masks import causal_mask
from mha_lessons.philox import HALF, Purpose, seeded
from mha_lessons.shapes import choose_d_head


class Layers(nn.Module):
    """Causal attention layers, each added to what it read (x = x + attention(x)), and a linear read-out.

    Args:
        task: gives the sizes.
        num_heads: of each layer.
        layers: how many.
        d_head: width of one head; default d_model // num_heads.
        seed: of the initial weights, drawn as those of the reader, layer by layer.

    Raises:
        ValueError: sizes that do not fit each other.

    >>> from mha_lessons.experiments.induction import induction
    >>> Layers(induction(), num_heads=2, layers=1)(torch.zeros(5, 24, dtype=torch.long)).shape
    torch.Size([5, 24, 1, 24])
    """

    def __init__(
        self, task: Task, num_heads: int, *, layers: int = 2, d_head: int | None = None, seed: int = 0
    ) -> None:
        super().__init__()
        self.task = task
        d_model, concat = task.d_model, num_heads * choose_d_head(task.d_model, num_heads, d_head, num_heads)

        def drawn(purpose: Purpose, rows: int, columns: int, variance: float, layer: int = 0) -> Tensor:
            # the upper half of a row's name tells layers apart
            names = np.arange(rows, dtype=np.uint64) + (np.uint64(layer) << HALF)
            return torch.from_numpy(seeded(seed, purpose, names, columns, variance=variance))

        self.tokens = nn.Parameter(drawn(Purpose.TOKENS, task.symbols, d_model, 1.0))
        self.positions = nn.Parameter(drawn(Purpose.POSITIONS, task.length, d_model, 1.0))
        self.attention = nn.ModuleList(
            MultiHeadAttention.from_weights(
                *(drawn(p, d_model, concat, 1 / d_model, i) for p in (Purpose.W_Q, Purpose.W_K, Purpose.W_V)),
                drawn(Purpose.W_O, concat, d_model, 1 / d_model, i),
                num_heads=num_heads,
                b_o=torch.zeros(d_model),
            )
            for i in range(layers)
        )
        logits = task.answers * task.classes
        self.w_read = nn.Parameter(drawn(Purpose.W_READ, d_model, logits, 1 / d_model))
        self.b_read = nn.Parameter(torch.zeros(logits))

    def forward(
        self, tokens: Int[Tensor, "sequence position"], gates: Float[Tensor, "layer head"] | None = None
    ) -> Float[Tensor, "sequence position answer class"]:
        """The logits of every answer; `gates` are a factor for each head of each layer."""
        x = self.tokens[tokens] + self.positions
        mask = causal_mask(self.task.length)
        for i, attention in enumerate(self.attention):
            x = x + attention(x, mask=mask, gates=None if gates is None else gates[i])
        return answers_apart(x @ self.w_read + self.b_read, self.task)
