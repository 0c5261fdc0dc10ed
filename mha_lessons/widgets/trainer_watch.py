"""Notices when the notebook of a training has been closed."""

from __future__ import annotations

import time

PATIENCE = 10.0
"""Seconds without a sign of the front end, after which training stops."""


class Watch:
    """Notices that no front end draws any more: the notebook was closed, or the cell is gone.

    A kernel that is busy with a cell hears nobody; only time in which it could listen counts. Where no front
    end has ever drawn, as in a script, nobody is missed.
    """

    def __init__(self) -> None:
        self._heard: float | None = None
        self._listened = 0.0
        self._silence = 0.0

    def heard(self) -> None:
        """A front end has drawn what it was sent."""
        self._heard, self._silence = time.monotonic(), 0.0

    def deserted(self) -> bool:
        """Whether the front end has been silent for too long; asked by the training's thread."""
        from IPython import get_ipython

        kernel = getattr(get_ipython(), "kernel", None)
        loop = getattr(kernel, "io_loop", None)
        if loop is None or self._heard is None:
            return False
        loop.add_callback(self._listen)  # runs once the kernel has time for messages
        return self._silence > PATIENCE

    def _listen(self) -> None:
        now = time.monotonic()
        if self._heard is not None:
            if now - self._listened > 1:  # the kernel was busy
                self._heard = now
            self._silence = now - self._heard
        self._listened = now
