"""An attribute of somebody else's object, set for a while by any number of borrowers, then as it was."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_ABSENT = object()  # the object had no such attribute of its own; its class may have


@dataclass
class _Loan:
    """What the attribute was before the first borrower came, and who still needs it changed."""

    owner: weakref.ref[Any]
    before: object
    borrowers: set[object] = field(default_factory=set)


_LOANS: dict[tuple[int, str], _Loan] = {}


def borrow(owner: Any, name: str, value: Any) -> Callable[[], None]:
    """Set an attribute until all who borrowed it have given it back; the first one's value stands meanwhile.

    The owner is held weakly: a model that nobody else keeps goes, borrowed or not.

    Returns:
        What gives it back; a second call does nothing.

    >>> import torch
    >>> layer = torch.nn.Dropout(0.5)
    >>> one, two = borrow(layer, "p", 0.0), borrow(layer, "p", 0.0)
    >>> one(); layer.p
    0.0
    >>> two(); layer.p
    0.5
    """
    key, borrower = (id(owner), name), object()
    if key not in _LOANS:
        # When the owner goes, its loan goes: another object may get this id.
        lender = weakref.ref(owner, lambda _: _LOANS.pop(key, None))
        _LOANS[key] = _Loan(lender, vars(owner).get(name, _ABSENT))
        setattr(owner, name, value)
    loan = _LOANS[key]
    loan.borrowers.add(borrower)

    def give_back() -> None:
        owner = loan.owner()
        if owner is None or borrower not in loan.borrowers:
            return
        loan.borrowers.remove(borrower)
        if not loan.borrowers:
            del _LOANS[key]
            if loan.before is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, loan.before)

    return give_back
