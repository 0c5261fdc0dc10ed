"""A trained reader and what its heads are worth, for HeadPruner."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mha_lessons.experiments.settings import Settings
from mha_lessons.experiments.task import FRESH
from mha_lessons.widgets.trainer_settings import TASKS

if TYPE_CHECKING:
    import torch

    from mha_lessons.experiments.model import Reader
    from mha_lessons.experiments.task import Task

ORDER_COUNT, JUDGE_COUNT = 200, 500
"""Fresh sequences that an order is made of, and that it is judged on, as in `widgets/core/pruning.ts`."""
MOST_HEADS = 16

Curve = list[list[float]]


def pack_reader(reader: Reader, seed: int) -> dict[str, Any]:
    """A reader as a trait carries it: its safetensors file as base64, float32.

    Raises:
        ValueError: too many heads to show, or a task in other sizes than the widgets know.
    """
    from safetensors.numpy import save

    task, heads = reader.task, reader.attention.num_heads
    if heads > MOST_HEADS:
        raise ValueError(f"HeadPruner shows {MOST_HEADS} heads at most, got a reader with {heads}")
    settings = _settings(task, reader.mlp, reader.attention.d_head)
    about = {"settings": json.dumps(asdict(settings)), "num_heads": str(heads), "seed": str(seed)}
    return {"file": b64encode(save(reader.weights(), metadata=about)).decode()}


def unpack_reader(packed: Mapping[str, Any]) -> tuple[Reader, Task, int]:
    """Reader, task and seed of what `pack_reader` made.

    Raises:
        ValueError: it is something else.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    from mha_lessons.experiments.model import Reader

    try:
        data = b64decode(packed["file"], validate=True)
        weights = load(data)
        about = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
        settings = Settings(**json.loads(about["settings"]))
        heads, seed = int(about["num_heads"]), int(about["seed"])
        reader = Reader(settings.task(), heads, d_head=settings.d_head, mlp=settings.mlp)
        reader.set_weights(weights)
    except (KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise ValueError(
            "reader should be what HeadPruner.from_reader makes of a trained Reader, got something else."
        ) from error
    return reader, settings.task(), seed


def _settings(task: Task, mlp: bool, d_head: int) -> Settings:
    """Settings that make this very task."""
    if task.name in TASKS:
        k = task.answers if task.name == "juggling" else None
        settings = Settings(task.name, k=k, d_head=d_head, mlp=mlp)
        if settings.task() == task:
            return settings
    raise ValueError(
        f"HeadPruner knows {', '.join(TASKS)} in their usual sizes, got another {task.name} task"
    )


class PrunedReader:
    """What the widget shows of a reader; what does not depend on the reader's choices is worked out once."""

    def __init__(self, reader: Reader, task: Task, seed: int) -> None:
        self.reader, self.task, self.seed = reader, task, seed
        self.num_heads = reader.attention.num_heads
        self._scores: dict[frozenset[int], list[float]] = {}

    def check_order(self, by_hand: Sequence[int]) -> str | None:
        """One sentence that says why these heads are no order, or None."""
        if len(set(by_hand)) == len(by_hand) and set(by_hand) <= set(range(self.num_heads)):
            return None
        listed = ", ".join(str(head) for head in by_hand)
        return f"by_hand should hold heads 0 to {self.num_heads - 1}, each once at most, got [{listed}]."

    @cached_property
    def orders(self) -> dict[str, list[int]]:
        """Heads in the order in which they go, by gradient and by ablation."""
        from mha_lessons.experiments.pruning import order_by_ablation, order_by_gradient

        return {
            "gradient": order_by_gradient(self.importance["gradients"]),
            "ablation": order_by_ablation(self.reader, self.task, seed=self.seed, count=ORDER_COUNT),
        }

    @cached_property
    def importance(self) -> dict[str, Any]:
        """gradients [head], the loss of the whole reader, and `without` [head]: the loss without each."""
        import torch

        from mha_lessons.experiments.evaluation import as_tensors
        from mha_lessons.experiments.pruning import ORDERING, gate_gradients, gates_without
        from mha_lessons.experiments.training import loss_of

        tokens, targets = as_tensors(self.task.sequences(self.seed, FRESH + ORDERING, ORDER_COUNT))
        with torch.no_grad():
            losses = [
                float(loss_of(self.reader(tokens, gates_without(self.num_heads, off)), targets))
                for off in ([], *([head] for head in range(self.num_heads)))
            ]
        gradients = gate_gradients(self.reader, self.task, seed=self.seed, count=ORDER_COUNT)
        return {"gradients": gradients, "loss": losses[0], "without": losses[1:]}

    @cached_property
    def curves(self) -> dict[str, Curve]:
        """[accuracy, all_right] as heads go, the whole reader first, by gradient and by ablation."""
        return {name: self.curve(order) for name, order in self.orders.items()}

    def curve(self, order: Sequence[int]) -> Curve:
        """The same for any order that `check_order` lets pass."""
        return [self._score(frozenset(order[:removed])) for removed in range(len(order) + 1)]

    def _score(self, removed: frozenset[int]) -> list[float]:
        """[accuracy, all_right] without these heads, in whatever order they went."""
        from mha_lessons.experiments.evaluation import evaluate
        from mha_lessons.experiments.pruning import gates_without

        if removed not in self._scores:
            gates = gates_without(self.num_heads, list(removed))
            score = evaluate(self.reader, self.task, seed=self.seed, count=JUDGE_COUNT, gates=gates)
            self._scores[removed] = [score.accuracy, score.all_right]
        return self._scores[removed]

    @cached_property
    def held(self) -> torch.Tensor:
        """The sequence in the pictures, [1, position]: the first fresh one."""
        from mha_lessons.experiments.evaluation import as_tensors

        return as_tensors(self.task.sequences(self.seed, FRESH, 1))[0]

    @cached_property
    def attn(self) -> torch.Tensor:
        """Who looks where in it, [head, query, key]."""
        return self.reader.attn(self.held)[0]
