"""The one-layer model of the experiments, in torch: `MultiHeadAttention` and a linear read-out."""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody gives it
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn

from mha_lessons.attention import MultiHeadAttention
from mha_lessons.experiments.reader import initial_weights
from mha_lessons.experiments.task import Task
from mha_lessons.shapes import choose_d_head
from mha_lessons.trace import Trace

LAYER = "attention."
"""Parameters of the attention layer carry this prefix in torch, and none in the page and in files."""


class Reader(nn.Module):
    """One attention layer that reads its answers off a sequence; see `mha_lessons.experiments.reader`.

    Args:
        task: gives the sizes, and what queries and keys may see.
        num_heads: of the attention layer.
        d_head: width of one head; default d_model // num_heads.
        mlp: whether an MLP follows the attention.
        seed: of the initial weights.

    Raises:
        ValueError: sizes that do not fit each other.

    >>> from mha_lessons.experiments.juggling import juggling
    >>> reader = Reader(juggling(k=3), num_heads=2)
    >>> reader(torch.zeros(5, 12, dtype=torch.long)).shape
    torch.Size([5, 12, 3, 16])
    """

    tokens: nn.Parameter
    positions: nn.Parameter
    norm_w: nn.Parameter
    norm_b: nn.Parameter
    w_in: nn.Parameter
    b_in: nn.Parameter
    w_out: nn.Parameter
    b_out: nn.Parameter
    w_read: nn.Parameter
    b_read: nn.Parameter

    def __init__(
        self, task: Task, num_heads: int, *, d_head: int | None = None, mlp: bool = False, seed: int = 0
    ) -> None:
        super().__init__()
        d_head = choose_d_head(task.d_model, num_heads, d_head, num_heads)
        self.task, self.mlp = task, mlp
        self.attention = MultiHeadAttention(task.d_model, num_heads, d_head=d_head)
        weights = initial_weights(task, num_heads * d_head, seed, mlp=mlp)
        for name in weights.keys() - {"w_qkv", "b_qkv", "w_o", "b_o"}:
            self.register_parameter(name, nn.Parameter(torch.empty(weights[name].shape)))
        self.set_weights(weights)

    @torch.no_grad()
    def set_weights(self, weights: Mapping[str, NDArray[np.floating]]) -> None:
        """Take all parameters from arrays with the names of `initial_weights`.

        Raises:
            RuntimeError: from torch, if a name is missing or a shape differs.
        """
        own = {name.removeprefix(LAYER): name for name in self.state_dict()}
        self.load_state_dict({own.get(name, name): torch.tensor(w) for name, w in weights.items()})

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Copies of all parameters, with the names and the order of `initial_weights`."""
        named = {name.removeprefix(LAYER): p.detach().numpy().copy() for name, p in self.named_parameters()}
        order = initial_weights(self.task, self.attention.num_heads * self.attention.d_head, 0, mlp=self.mlp)
        return {name: named[name] for name in order}

    def copy(self) -> "Reader":
        """A reader of its own with the same weights."""
        copied = Reader(self.task, self.attention.num_heads, d_head=self.attention.d_head, mlp=self.mlp)
        copied.set_weights(self.weights())
        return copied

    def forward(
        self, tokens: Int[Tensor, "sequence position"], gates: Tensor | None = None
    ) -> Float[Tensor, "sequence position answer class"]:
        """The logits of every answer; `gates` are a factor for each head, as in `MultiHeadAttention`."""
        out = self.attention(*self._seen(tokens), gates=gates)
        if self.mlp:
            norm = F.layer_norm(out, (self.task.d_model,), self.norm_w, self.norm_b)
            hidden = F.gelu(norm @ self.w_in + self.b_in, approximate="tanh")
            out = out + hidden @ self.w_out + self.b_out
        return answers_apart(out @ self.w_read + self.b_read, self.task)

    def trace(self, tokens: Int[Tensor, "sequence position"], gates: Tensor | None = None) -> Trace:
        """Every intermediate of the attention layer."""
        return self.attention.trace(*self._seen(tokens), gates=gates)

    @torch.no_grad()
    def attn(self, tokens: Int[Tensor, "sequence position"]) -> Float[Tensor, "sequence head query key"]:
        """Who looks where."""
        return self.trace(tokens).attn

    def _seen(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What queries, keys and values are made of."""
        if self.task.looks_by == "position":
            places = self.positions.expand(len(tokens), -1, -1)
            return places, places, self.tokens[tokens]
        x = self.tokens[tokens] + self.positions
        return x, x, x


def answers_apart(
    logits: Float[Tensor, "sequence position answer_class"], task: Task
) -> Float[Tensor, "sequence position answer class"]:
    """Logits cut into answers; answer m owns columns m·classes to (m + 1)·classes - 1 of the read-out."""
    return logits.view(*logits.shape[:-1], task.answers, task.classes)
