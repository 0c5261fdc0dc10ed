"""Long measuring in chunks: what is done stays done when a run is stopped."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from mha_lessons.files import write_whole

T = TypeVar("T")
Arrays = dict[str, np.ndarray]


class Chunks:
    """A folder of finished chunks that belong to one way of measuring.

    Args:
        folder: made by `open`, which throws chunks of another way of measuring away.
        fingerprint: what the numbers depend on: model, data, sizes. Plain values for JSON.
    """

    def __init__(self, folder: Path, fingerprint: dict[str, object]) -> None:
        self.folder = folder
        self._manifest = json.dumps(fingerprint, sort_keys=True, indent=1) + "\n"

    def open(self) -> bool:
        """Make the folder ready; True if chunks of the same way of measuring are in it already."""
        manifest = self.folder / "manifest.json"
        if manifest.is_file() and manifest.read_text(encoding="utf-8") == self._manifest:
            return any(self.folder.glob("*.npz"))
        shutil.rmtree(self.folder, ignore_errors=True)
        write_whole(manifest, self._manifest)
        return False

    def each(
        self, label: str, items: Sequence[T], size: int, work: Callable[[T], Arrays], tell: Callable[[], None]
    ) -> Iterator[Arrays]:
        """The result of `work` on each item, in order: read where its chunk is done, computed where not.

        A chunk is written whole when its last item is done; a stop before that loses it alone.

        Args:
            label: of the chunks' files.
            items: what to work on.
            size: items of a chunk.
            work: gives named arrays, none at all for an item that cannot be measured.
            tell: called after each item.
        """
        for start in range(0, len(items), size):
            part = items[start : start + size]
            path = self.folder / f"{label}-{start:06d}.npz"
            done = _read(path, len(part))
            results = []
            for place, item in enumerate(part):
                results.append(done[place] if done is not None else work(item))
                tell()
            if done is None:
                write_whole(path, _pack(results))
            yield from results

    def remove(self) -> None:
        """Throw the chunks away, once what was made of them is safe."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _pack(results: list[Arrays]) -> bytes:
    buffer = io.BytesIO()
    named = {f"{place}.{name}": array for place, each in enumerate(results) for name, array in each.items()}
    np.savez_compressed(buffer, **named)  # type: ignore[arg-type]
    return buffer.getvalue()


def _read(path: Path, number: int) -> list[Arrays] | None:
    """The results in a chunk; None where it is not there or not whole."""
    results: list[Arrays] = [{} for _ in range(number)]
    try:
        with np.load(path, allow_pickle=False) as stored:
            for key in stored.files:
                place, _, name = key.partition(".")
                results[int(place)][name] = stored[key]
    except (OSError, ValueError, IndexError, zipfile.BadZipFile, EOFError):
        return None
    return results
