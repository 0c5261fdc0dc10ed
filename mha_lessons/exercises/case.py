"""Cases go in, outcomes come out: an exercise, as the one sees it who runs an answer.

Needs numpy alone, so that it can be copied to where answers run and nothing else of this package is.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import numpy as np

Value = np.ndarray | float | int | bool | None
Kind = Literal["ok", "missing", "not attempted", "raised", "unusable"]
KINDS: tuple[Kind, ...] = ("ok", "missing", "not attempted", "raised", "unusable")
MOST_BYTES = 64 * 2**20
MOST_ENTRIES = 2000
LONGEST = 300
"""Characters of a text that an answer had a say in."""
MOST_NAMES = 50
"""Names of arrays, of parameters, or of what was changed, that are kept of an outcome."""
MOST_LINE = 10**6


@dataclass(frozen=True)
class Case:
    """One call of an answer, and what to bring back.

    Attributes:
        stage: what the case is for: "shape", "values" ...
        answer: the name that the student defines.
        call: "function" calls it with `args`; "module" builds it with `build`, puts `state` into its
            parameters and calls that with `args`; "value" takes it as it is.
        args: arguments in order, by name.
        state: weights of a module by name, each acting from the right, `x @ w`.
        build: whole numbers with which a module is built.
        gradient_of: names of arguments and weights whose gradients are wanted.
        probe: (result * probe).sum() is what is sent backward.
        strided: hand tensors over that are not contiguous.
        label: what is special about it, for a message: "one token".
        hidden: for the judge alone; is not packed.
    """

    stage: str
    answer: str
    call: Literal["function", "module", "value"] = "function"
    args: Mapping[str, Value] = field(default_factory=dict)
    state: Mapping[str, np.ndarray] = field(default_factory=dict)
    build: Mapping[str, int] = field(default_factory=dict)
    gradient_of: tuple[str, ...] = ()
    probe: np.ndarray | None = None
    strided: bool = False
    label: str = ""
    hidden: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Attributes:
        kind: "ok" has arrays; "missing" found no such name; "not attempted" is a starter as it was;
            "raised" has an error; "unusable" came back with something that holds no arrays.
        arrays: results by position, "0", "1" ... or by name where the answer named them, and gradients as
            "gradient of q"; what has none is not there.
        error: type and text of the exception, or of what came back, in one line.
        line: where it was raised in the student's code.
        what: what the name stands for: "function" (or else what can be called), "class", "module" (one that
            is built), "int" ...
        parameters: how it is called: "q", "mask=" (may be left out), "*args", "mask (by name)"; None if it
            does not say.
        changed: arguments that are no longer what they were.
    """

    kind: Kind
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    error: str = ""
    line: int | None = None
    what: str = ""
    parameters: tuple[str, ...] | None = None
    changed: tuple[str, ...] = ()


class PackError(ValueError):
    """Bytes that no `pack` has made, or with something in them that no case or outcome holds."""


def plain(text: str, most: int = LONGEST) -> str:
    """One line that every file, terminal and page can hold: no half characters, no escapes, not too long.

    >>> plain("a\\x1b[2J\\ud800 b\\nc")
    'a\ufffd[2J\ufffd b c'
    """
    cut = text if len(text) <= most else text[: most - 1] + "\u2026"
    return "".join(each if each.isprintable() else " " if each.isspace() else "\ufffd" for each in cut)


def pack(items: Iterable[Case | Outcome]) -> bytes:
    """Cases, or outcomes, as one npz file: a line of JSON and the arrays that it names. Nothing is pickled.

    >>> case = Case("values", "softmax", args={"scores": np.ones((2, 3), "float32"), "dim": -1})
    >>> (again,) = unpack(pack([case]))
    >>> again.stage, again.args["scores"].shape, again.args["dim"]
    ('values', (2, 3), -1)
    """
    arrays: dict[str, np.ndarray] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            arrays[f"a{len(arrays)}"] = value
            return {"array": f"a{len(arrays) - 1}"}
        if isinstance(value, Mapping):
            return {"items": [[name, plain(each)] for name, each in value.items()]}
        if isinstance(value, np.generic):
            return value.item()
        return list(value) if isinstance(value, tuple) else value

    packed = []
    for item in items:
        own = {f.name: plain(getattr(item, f.name)) for f in fields(item) if f.name != "hidden"}
        packed.append([type(item).__name__, own])
    text = np.frombuffer(json.dumps(packed).encode(), np.uint8)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, json=text, **arrays)
    return file.getvalue()


def unpack(data: bytes, most: int = MOST_BYTES) -> list[Any]:
    """What was packed. It may come from a stranger: everything in it is checked.

    Args:
        data: the bytes of `pack`.
        most: bytes it may have when it is unfolded.

    Raises:
        PackError: it is no such file, too large, or holds what no case or outcome can hold.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as folded:
            entries = folded.infolist()
        size = max(len(data), sum(entry.file_size for entry in entries))
        if size > most:
            raise PackError(f"the results should have at most {most} bytes, got {size}")
        if len(entries) > MOST_ENTRIES:
            raise PackError(f"the results should have at most {MOST_ENTRIES} entries, got {len(entries)}")
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise PackError("the results should not be compressed")  # they may unfold to more than they say
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        packed = json.loads(arrays.pop("json").tobytes())
        return [_made(kind, own, arrays) for kind, own in packed]
    except PackError:
        raise
    except Exception as error:  # whatever a broken zip, header or text makes numpy and json raise
        raise PackError(f"the results cannot be read: {plain(f'{type(error).__name__}: {error}')}") from None


def _made(kind: str, own: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Case | Outcome:
    made: type[Case | Outcome] = {"Case": Case, "Outcome": Outcome}[kind]

    def value(stored: Any) -> Any:
        if isinstance(stored, dict) and "array" in stored:
            array = arrays[stored["array"]]
            if array.dtype.kind not in "fiub":
                raise PackError(f"the results should hold numbers, got {array.dtype}")
            return array
        if isinstance(stored, dict):
            return {str(name): value(each) for name, each in stored["items"]}
        return tuple(stored) if isinstance(stored, list) else stored

    item = made(**{name: value(stored) for name, stored in own.items()})
    if isinstance(item, Outcome):
        _check(item)
        return _cleaned(item)
    return item


def _check(outcome: Outcome) -> None:
    """Raise unless every field has its type: a judge relies on it."""
    arrays = outcome.arrays
    words: Sequence[object] = (outcome.error, outcome.what, *outcome.changed, *(outcome.parameters or ()))
    fine = (
        outcome.kind in KINDS
        and isinstance(arrays, dict)
        and all(isinstance(array, np.ndarray) for array in arrays.values())
        and all(isinstance(word, str) for word in words)
        and (outcome.line is None or (isinstance(outcome.line, int) and 0 <= outcome.line <= MOST_LINE))
        and isinstance(outcome.changed, tuple)
        and isinstance(outcome.parameters, tuple | None)
    )
    if not fine:
        raise PackError("the results hold an outcome with a field of the wrong type")


def _cleaned(outcome: Outcome) -> Outcome:
    """With texts that can be shown and written anywhere, and no more names than anybody looks at."""
    parameters = outcome.parameters
    return replace(
        outcome,
        arrays={plain(name): array for name, array in list(outcome.arrays.items())[:MOST_NAMES]},
        error=plain(outcome.error),
        what=plain(outcome.what),
        parameters=None if parameters is None else tuple(map(plain, parameters[:MOST_NAMES])),
        changed=tuple(map(plain, outcome.changed[:MOST_NAMES])),
    )
