"""HeadTrainer: one head and several, trained side by side at the same number of parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from mha_lessons.widgets.background import Background
from mha_lessons.widgets.bundle import bundle
from mha_lessons.widgets.given import given_trace
from mha_lessons.widgets.trainer_session import TrainerSession
from mha_lessons.widgets.trainer_settings import TASKS, TrainerSettings, check_trainer
from mha_lessons.widgets.trainer_words import heads, symbol_words

if TYPE_CHECKING:
    import numpy as np

    from mha_lessons.trace import Trace

RUN = ("task", "k", "num_heads", "mlp", "seed", "learning_rate")


class HeadTrainer(Background):
    """Press Train and see where one head fails and several succeed, and where it makes no difference.

    In JupyterLab torch trains in a thread of the kernel, so that other cells run meanwhile; in the book the
    page trains. Both start from the same numbers and see the same sequences.

    Example:
        >>> from mha_lessons.widgets import HeadExplorer, HeadTrainer
        >>> trainer = HeadTrainer(k=2, num_heads=4, steps=2)
        >>> trainer.train()
        >>> trainer.wait()
        >>> [run["steps"] for run in trainer.runs]
        [2, 2]
        >>> HeadExplorer.from_trace(trainer.trace, trainer.words).given["num_heads"]
        4

    Raises:
        ValueError: the settings do not fit together; the sentence says what would work.
    """

    _esm = bundle("head_trainer.js")
    _css = bundle("head_trainer.css")
    page_name = "head_trainer"
    asks = RUN

    task = traitlets.Enum(
        TASKS,
        default_value="juggling",
        help="What is learned: several places at once, who did what to whom, or a near and a far word.",
    ).tag(sync=True)
    k = traitlets.Int(4, help="Of juggling: how many places each position reports, 1 to 11.").tag(sync=True)
    num_heads = traitlets.Int(8, help="Heads of the model beside the one with a single head.").tag(sync=True)
    mlp = traitlets.Bool(False, help="Whether an MLP follows the attention.").tag(sync=True)
    seed = traitlets.Int(0, help="Seed of the initial weights and of the sequences.").tag(sync=True)
    learning_rate = traitlets.Float(0.003, help="Of Adam, constant.").tag(sync=True)
    steps = traitlets.Int(300, help="How far Train goes, 1 to 2000 steps of 32 sequences.").tag(sync=True)
    curve = traitlets.Enum(
        ("accuracy", "loss"), default_value="accuracy", help="What the lines show over the steps."
    ).tag(sync=True)
    prediction = traitlets.Enum(
        ("", "same", "worse", "better"),
        default_value="",
        help="What the reader expects of the one head before training; empty: nothing said.",
    ).tag(sync=True)
    query = traitlets.Int(0, min=0, max=1023, help="The position read out in words, counted from 0.").tag(
        sync=True
    )
    given = traitlets.Dict(
        help="The trained heads, once they are handed on: widgets of the group that share `given` show them."
    ).tag(sync=True, fixed=True)
    shared = traitlets.List(
        traitlets.Unicode(), ["given"], help="The traits that a widget shares with others of its group."
    ).tag(sync=True, fixed=True)

    def __init__(self, **traits: Any) -> None:
        self._current: TrainerSession | None = None
        super().__init__(**traits)

    @property
    def settings(self) -> TrainerSettings:
        """What is trained and how far, as one value."""
        return TrainerSettings(**{name: getattr(self, name) for name in (*RUN, "steps")})

    @property
    def runs(self) -> list[dict[str, Any]]:
        """Where the two runs stand: num_heads, d_head, state, steps, accuracy, all_right, cpu_ms."""
        session = self._session()
        with session.lock:
            return [run.facts() for run in session.runs]

    @property
    def words(self) -> list[str]:
        """The held sequence: the one in the pictures, which no training sees."""
        tokens, _ = self._session().runs[1].held()
        return [symbol_words(self.task)[token] for token in tokens[0].tolist()]

    @property
    def trace(self) -> Trace:
        """What `num_heads` heads compute on the held sequence, as far as they are trained now."""
        session = self._session()
        with session.lock:
            return session.runs[1].trace()

    def train(self) -> None:
        """Train both runs up to `steps`, in the background.

        Raises:
            ValueError: the settings do not fit together.
        """
        self._session().go([self.settings.steps] * 2)

    def step(self) -> None:
        """Make one step with each run."""
        session = self._session()
        session.go([run.steps + 1 for run in session.runs])

    def pause(self) -> None:
        """Stop after the current step; Train goes on from there."""
        if self._current:
            self._current.stop()

    def restart(self) -> None:
        """Start from the initial weights again."""
        self._drop()
        self._session()
        self._show()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the training rests, or so many seconds."""
        self._session().wait(seconds)

    def hand_on(self) -> None:
        """Give the trained heads to the widgets of the group that share `given`."""
        self.given = given_trace(self.trace, self.words, contributions=True)

    def fault(self) -> str | None:
        """Why the settings do not fit together, or None."""
        return check_trainer(self.settings)

    def numbers(self) -> dict[str, Any]:
        """Both runs as they stand: curves, attention and answers on the held sequence."""
        session = self._session()
        with session.lock:
            return _numbers(session) | {"linked": bool(self.group), "beat": self._beat}

    def still_figure(self) -> tuple[str, list[str], np.ndarray]:
        """The heads' attention on the held sequence for the still."""
        one, many = self.runs
        says = "before training"
        if many["accuracy"] is not None and one["accuracy"] is not None:
            says = (
                f"after {many['steps']} steps: {many['accuracy']:.0%} of the look-ups right, "
                f"one head {one['accuracy']:.0%}"
            )
        title = f"Task {self.task.replace('_', ' ')}, {heads(self.num_heads)} {says}"
        return title, self.words, self.trace.attn[0].detach().numpy()

    def close(self) -> None:
        """Stop the training and end the connection to the front end."""
        self._drop()
        super().close()

    def _session(self) -> TrainerSession:
        """The runs of the settings as they stand; other settings begin others."""
        wanted = self.settings
        if fault := check_trainer(wanted):
            raise ValueError(fault)
        begun = self._current and self._current.settings
        if begun is None or any(getattr(begun, name) != getattr(wanted, name) for name in RUN):
            self._drop()
            self._current = TrainerSession(wanted, self._show_current, self._deserted)
        assert self._current is not None
        return self._current

    def _drop(self) -> None:
        if self._current:
            self._current.stop()
        self._current = None

    def _show_current(self, session: TrainerSession) -> None:
        """Send what there is to see, unless the settings have changed meanwhile."""
        if session is self._current:
            self._show()

    def _orders(self) -> Mapping[str, Callable[..., None]]:
        return {
            "train": self.train,
            "pause": self.pause,
            "step": self.step,
            "restart": self.restart,
            "open": self.hand_on,
        }


def _numbers(session: TrainerSession) -> dict[str, Any]:
    import torch

    from mha_lessons.experiments.evaluation import parameters

    run = session.runs[0]
    tokens, targets = run.held()
    arrays: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        for prefix, run in zip(("one", "many"), session.runs, strict=True):
            arrays |= {
                f"{prefix}_losses": torch.tensor(run.losses),
                f"{prefix}_accuracies": torch.tensor(run.accuracies),
                f"{prefix}_attn": run.model.attn(tokens)[0],
                f"{prefix}_said": run.model(tokens)[0].argmax(-1),
            }
    return {
        "task": session.settings.task,
        "parameters": parameters(run.model),
        "tokens": tokens[0].tolist(),
        "targets": targets[0].flatten().tolist(),
        "answers": run.task.answers,
        "classes": run.task.classes,
        "runs": [run.facts() for run in session.runs],
        "note": session.note,
        **arrays,
    }
