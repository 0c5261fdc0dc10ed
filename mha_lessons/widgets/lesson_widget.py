"""What every widget of the book shares: two lives of one cell, and the question who computes."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakSet

import traitlets
from anywidget import AnyWidget

from mha_lessons.widgets.answer import answer
from mha_lessons.widgets.picture import save_picture
from mha_lessons.widgets.still import still

PAGE_MIME = "application/vnd.mha-lessons.widget+json"
_OPEN: WeakSet[LessonWidget] = WeakSet()  # where a group finds its members


class LessonWidget(AnyWidget):
    """A widget that is alive in JupyterLab, where the kernel computes, and in the book, where the page does.

    A subclass names its front end (`_esm`, `_css`, `page_name`), has its traits, and gives `numbers()`. The
    author of a page sets the traits that are tagged `fixed`, and no link may.
    """

    page_name: ClassVar[str]
    """The widget's one name everywhere: its Python module, its TypeScript folder, its bundle."""

    asks: ClassVar[tuple[str, ...]]
    """The traits that the numbers depend on; a widget without numbers has none and is never asked."""

    engine = traitlets.Enum(
        ("kernel", "page"),
        default_value="kernel",
        help="Who computes in JupyterLab: torch in the kernel, or the page itself.",
    ).tag(sync=True, fixed=True)
    group = traitlets.Unicode(
        None, allow_none=True, help="Widgets with the same group keep the traits named by `shared` equal."
    ).tag(sync=True, fixed=True)
    shared = traitlets.List(
        traitlets.Unicode(), ["text"], help="The traits that a widget shares with others of its group."
    ).tag(sync=True, fixed=True)

    _own_layout = False
    _request = traitlets.Int(0).tag(sync=True)  # the front end counts its requests, so that each is answered
    _answer = traitlets.Dict().tag(sync=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        # As text: so that it can follow changes of a file, anywidget holds every widget that was made of it.
        for bundled in ("_esm", "_css"):
            if isinstance(file := vars(cls).get(bundled), Path):
                setattr(cls, bundled, file.read_text(encoding="utf-8") + "\n")
        super().__init_subclass__(**kwargs)

    def __init__(self, **traits: Any) -> None:
        unknown = sorted(set(traits) - set(self.trait_names()))
        if unknown:
            public = ", ".join(self.page_state())
            raise TypeError(f"{type(self).__name__} has no trait {unknown[0]!r}; it has {public}")
        super().__init__(**traits)
        self._own_layout = "layout" not in traits
        if sentence := self.fault():
            self.close()
            raise ValueError(sentence)
        _OPEN.add(self)
        self._asked: object = None
        self.observe(self._respond, names=[*self.asks, "_request", "engine"])
        self.observe(self._tell_group, names=list(self.page_state()))
        self._respond()

    def fault(self) -> str | None:
        """One sentence that says why the traits as they stand cannot be computed, or None."""
        raise NotImplementedError

    def numbers(self) -> Mapping[str, Any]:
        """What the front end draws: tensors and plain values by name, computed by torch.

        Raises:
            ValueError: the traits do not fit together; the sentence says what would work.
        """
        raise NotImplementedError

    def still_figure(self) -> tuple[str, list[str], Any]:
        """Title, tokens and attn [head, query, key] of the still picture."""
        raise NotImplementedError

    def still(self) -> str:
        """The still picture: HTML for print, GitHub and readers without scripts."""
        return still(*self.still_figure())

    def save(self, path: str | Path) -> Path:
        """Write the still picture of the traits as they stand; no browser is needed.

        The file is written whole or not at all. For the widget as it looks on the screen, press Save SVG or
        Save PNG below it.

        Args:
            path: ends in .svg (the picture) or .html (with its caption and its table).

        Returns:
            The path.

        Raises:
            ValueError: another ending; SVG of a still that is a table; traits that do not fit together.
            LessonError: the place cannot be written.
        """
        if sentence := self.fault():
            raise ValueError(sentence)
        place = Path(path).expanduser()
        save_picture(place, self.still(), type(self).__name__)
        return place

    def page_state(self) -> dict[str, Any]:
        """The public traits and their values: all that a page needs to mount the same widget."""
        return {name: getattr(self, name) for name in self.defaults()}

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """The page state of a new widget, without making one."""
        foreign = set(AnyWidget.class_trait_names())
        return {
            name: trait.default()
            for name, trait in sorted(cls.class_traits(sync=True).items())
            if name not in foreign and name[0] != "_"
        }

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the front end sets. It waits for an answer, so a failure is answered, too."""
        try:
            super().set_state(sync_data)
        except Exception as error:
            refused = isinstance(error, traitlets.TraitError)
            sentence = str(error) if refused else f"The kernel could not compute this: {error}"
            self._answer = {"request": sync_data.get("_request", 0), "error": sentence}
            if not refused:
                raise

    def _respond(self, _change: Any = None) -> None:
        """Answer the traits as they stand, once, however many of them changed together."""
        asked = ([getattr(self, name) for name in self.asks], self._request)
        if self.asks and self.engine == "kernel" and asked != self._asked:
            self._asked = asked
            self._answer = answer(self.numbers, self._request)

    def _tell_group(self, change: Any) -> None:
        """Pass a shared trait on to the other widgets of the group."""
        if self.group and change.name in self.shared:
            for peer in list(_OPEN):
                follows = peer is not self and peer.group == self.group and change.name in peer.shared
                if follows and peer.has_trait(change.name):
                    setattr(peer, change.name, change.new)

    def close(self) -> None:
        """Leave the group and end the connection to the front end."""
        _OPEN.discard(self)
        if self._own_layout:
            self._own_layout = False  # a widget may be closed twice
            self.layout.close()
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        data[PAGE_MIME] = {"widget": self.page_name, "state": self.page_state()}
        sentence = self.fault()  # shown, since an error in here would leave the reader without the widget
        data["text/html"] = f"<p>{escape(sentence)}</p>" if sentence else self.still()
        return data, metadata
