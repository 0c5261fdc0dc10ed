"""What widgets share whose buttons start work in a thread of the kernel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import traitlets

from mha_lessons.widgets.answer import answer
from mha_lessons.widgets.lesson_widget import LessonWidget
from mha_lessons.widgets.trainer_watch import Watch


class Background(LessonWidget):
    """A widget with work in a thread of the kernel, which ends when nobody looks any more.

    A subclass gives `_orders()`, sends how the work stands with `_show()`, and hands `_deserted` to its
    thread.
    """

    _command: Any = traitlets.List().tag(sync=True)  # what a button asks for
    _seen = traitlets.Int(0).tag(sync=True)  # the last picture that a front end has drawn

    def __init__(self, **traits: Any) -> None:
        self._beat = 0  # `numbers()` carries it, so that the front end can say which picture it has drawn
        self._watch = Watch()
        self._showing = threading.RLock()
        super().__init__(**traits)

    def _orders(self) -> Mapping[str, Callable[..., None]]:
        """What is to be done by the word that a button sends; each takes what the button sends with it."""
        raise NotImplementedError

    def _show(self) -> None:
        """Send how the work stands; of two threads that do so, the later one sends what is newer."""
        if self.engine == "kernel":
            with self._showing:
                self._beat += 1
                self._answer = answer(self.numbers, self._request)

    def _deserted(self) -> bool:
        """Whether nobody looks any more; the thread asks."""
        return self._watch.deserted()

    @traitlets.observe("_command")
    def _obey(self, change: Any) -> None:
        word, *more = change.new or [""]
        order = self._orders().get(word)
        if order is None or self.engine == "page":
            return
        try:
            order(*more[:-2])  # the last two tell one press of a button from the next
        except ValueError as error:  # what Python has set since does not fit
            self._answer = {"request": self._request, "error": str(error)}

    @traitlets.observe("_seen")
    def _drawn(self, _change: Any) -> None:
        self._watch.heard()
