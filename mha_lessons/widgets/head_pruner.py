"""HeadPruner: the heads of a trained model taken out one by one, and what is left of its accuracy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from mha_lessons.widgets.background import Background
from mha_lessons.widgets.bundle import bundle
from mha_lessons.widgets.pruned_reader import MOST_HEADS, PrunedReader, pack_reader, unpack_reader
from mha_lessons.widgets.retrainer import Retrainer
from mha_lessons.widgets.trainer_words import symbol_words

if TYPE_CHECKING:
    import numpy as np

    from mha_lessons.experiments.model import Reader
    from mha_lessons.trace import Trace

MODELS = (
    "juggling_h8_seed0",
    "juggling_h1_seed0",
    "binding_h2_seed0",
    "binding_h1_seed4",
    "near_far_h2_seed0",
    "near_far_h1_seed0",
)
"""The trained models that come with the package; `widgets/head_pruner/models.ts` has the same."""


class HeadPruner(Background):
    """See how many heads of a trained model can go before it breaks, and which.

    Example:
        >>> from mha_lessons.widgets import HeadPruner
        >>> pruner = HeadPruner(model="binding_h2_seed0", by_hand=[1], order="hand")
        >>> whole, without_one = pruner.curve
        >>> whole[0] > 0.99 > without_one[0]  # shares of look-ups right
        True

    Raises:
        ValueError: heads in `by_hand` that are not there, or a `reader` that is none.
    """

    _esm = bundle("head_pruner.js")
    _css = bundle("head_pruner.css")
    page_name = "head_pruner"
    asks = ("model", "reader", "by_hand")

    model = traitlets.Enum(
        MODELS, default_value=MODELS[0], help="The trained model: its task, its heads, the seed of its run."
    ).tag(sync=True)
    reader = traitlets.Dict(help="A trained model handed in by `from_reader`; empty: `model` is shown.").tag(
        sync=True, fixed=True
    )
    order = traitlets.Enum(
        ("gradient", "ablation", "hand"),
        default_value="gradient",
        help="Who decides which head goes next: the slope of the loss at its gate, a try, or the reader.",
    ).tag(sync=True)
    gone = traitlets.Int(
        0, min=0, max=MOST_HEADS, help="How many heads are off, in the order by gradient or by ablation."
    ).tag(sync=True)
    by_hand = traitlets.List(
        traitlets.Int(), help="The heads that the reader switched off, in this order."
    ).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self._made: tuple[object, PrunedReader] | None = None
        self._retrainer = Retrainer(self._show, self._deserted)
        super().__init__(**traits)

    @classmethod
    def from_reader(cls, reader: Reader, *, seed: int = 0, **traits: Any) -> HeadPruner:
        """Show a model that you have trained yourself.

        Args:
            reader: on juggling, binding or near_far in their usual sizes, with 16 heads at most.
            seed: of the fresh sequences; that of the training, so that none of them was trained on.
            traits: order, gone, by_hand ...

        Raises:
            ValueError: too many heads, or another task; the sentence says what would do.

        Example:
            >>> from mha_lessons.experiments import Reader, juggling, train
            >>> from mha_lessons.widgets import HeadPruner
            >>> reader = Reader(juggling(k=2), num_heads=4)
            >>> steps = list(train(reader, reader.task, steps=2))
            >>> HeadPruner.from_reader(reader).heads_off
            []
        """
        return cls(reader=pack_reader(reader, seed), **traits)

    @property
    def heads_off(self) -> list[int]:
        """The heads that are switched off, in the order they went."""
        if self.order == "hand":
            return list(self.by_hand)
        return self._pruned().orders[self.order][: self.gone]

    @property
    def curve(self) -> list[list[float]]:
        """[accuracy, all_right] as heads go in the order shown: all heads first, then one fewer each."""
        pruned = self._pruned()
        return pruned.curve(self.by_hand) if self.order == "hand" else pruned.curves[self.order]

    @property
    def words(self) -> list[str]:
        """The sequence in the pictures, which no training saw."""
        pruned = self._pruned()
        return [symbol_words(pruned.task.name)[token] for token in pruned.held[0].tolist()]

    @property
    def trace(self) -> Trace:
        """What the heads that are on compute on that sequence: for `HeadExplorer.from_trace`."""
        from mha_lessons.experiments.pruning import gates_without

        pruned = self._pruned()
        return pruned.reader.trace(pruned.held, gates_without(pruned.num_heads, self.heads_off))

    @property
    def retrained(self) -> list[dict[str, Any]]:
        """What retraining brought so far: off, steps, accuracy, all_right; of the model as it is chosen."""
        return list(self._retrainer.facts()["retrained"])

    def retrain(self) -> None:
        """Train on without the heads that are off, in the background; the model that is shown stays."""
        self._retrain(self.heads_off)

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the retraining is done, or so many seconds."""
        self._retrainer.wait(seconds)

    def fault(self) -> str | None:
        """Why the heads or the model handed in do not fit, or None."""
        try:
            return self._pruned().check_order(self.by_hand) if self.reader or self.by_hand else None
        except ValueError as error:
            return str(error)

    def numbers(self) -> dict[str, Any]:
        """Orders, curves, what each head is worth, and its attention."""
        import torch

        pruned = self._pruned()
        if fault := pruned.check_order(self.by_hand):
            raise ValueError(fault)
        task, run = pruned.task, self._retrainer.facts()
        retrained_attn, worth = run.pop("attn"), pruned.importance
        return {
            "task": task.name,
            "num_heads": pruned.num_heads,
            "d_head": pruned.reader.attention.d_head,
            "answers": task.answers,
            "classes": task.classes,
            "tokens": pruned.held[0].tolist(),
            "loss": worth["loss"],
            "gradients": torch.tensor(worth["gradients"]),
            "without": torch.tensor(worth["without"]),
            "orders": pruned.orders | {"hand": list(self.by_hand)},
            "curves": pruned.curves | {"hand": pruned.curve(self.by_hand)},
            "attn": pruned.attn,
            "retrained_attn": torch.zeros(0) if retrained_attn is None else retrained_attn,
            "beat": self._beat,
            **run,
        }

    def still_figure(self) -> tuple[str, list[str], np.ndarray]:
        """The heads' attention for the still, and in its title what is left without some."""
        pruned, off = self._pruned(), self.heads_off
        accuracy = self.curve[len(off)][0]
        without = f"without heads {', '.join(map(str, off))}" if off else "with all heads"
        title = (
            f"Task {pruned.task.name.replace('_', ' ')}, {pruned.num_heads} heads: "
            f"{accuracy:.0%} of the look-ups right {without}"
        )
        return title, self.words, pruned.attn.numpy()

    def close(self) -> None:
        """Stop a retraining and end the connection to the front end."""
        self._retrainer.stop()
        super().close()

    def _pruned(self) -> PrunedReader:
        """The model as it is chosen; another one ends what was retrained."""
        wanted = self.reader.get("file") if self.reader else self.model
        if self._made is None or self._made[0] != wanted:
            self._retrainer.forget()
            self._made = (wanted, PrunedReader(*self._load()))
        return self._made[1]

    def _load(self) -> tuple[Any, Any, int]:
        if self.reader:
            return unpack_reader(self.reader)
        from mha_lessons.experiments.trained import about_trained, load_trained

        return *load_trained(self.model), about_trained(self.model)["seed"]

    def _retrain(self, off: Sequence[int]) -> None:
        pruned = self._pruned()
        if fault := pruned.check_order(off):
            raise ValueError(fault)
        if len(off) == pruned.num_heads:
            raise ValueError("there is nothing to retrain without any head: switch one on first.")
        self._retrainer.start(pruned, list(off))

    def _orders(self) -> Mapping[str, Callable[..., None]]:
        return {"retrain": self._retrain, "stop": self._stop, "forget": self._forget}

    def _stop(self, _off: Sequence[int]) -> None:
        self._retrainer.stop()
        self._show()

    def _forget(self, _off: Sequence[int]) -> None:
        self._retrainer.forget()
        self._show()
