"""What makes numbers attention weights: each row [..., key] shares out one unit, or none.

The functions take NumPy arrays and torch tensors alike.
"""

from __future__ import annotations

from typing import Any

ROW_SUM = 0.02
"""A row may miss its sum by this much: models compute in half precision, too."""


def weights_fault(attn: Any) -> str | None:
    """Why numbers are no attention weights, whatever their rows sum to, or None.

    >>> import numpy as np
    >>> weights_fault(np.array([0.25, 0.75])), weights_fault(np.array([-1.0, 2.0]))[:40]
    (None, 'attn should hold weights from 0 to 1; go')
    """
    if bool(((attn >= 0) & (attn <= 1.001)).all()):
        return None
    return "attn should hold weights from 0 to 1; got NaN or other numbers (scores before the softmax?)"


def shared_out(attn: Any) -> Any:
    """Whether each row sums to 1, or to 0 where nothing was looked at: [...].

    >>> import numpy as np
    >>> shared_out(np.array([[0.25, 0.74], [0.0, 0.0], [0.5, 0.6]])).tolist()
    [True, True, False]
    """
    sums = attn.sum(-1)
    return (abs(sums - 1) <= ROW_SUM) | (sums == 0)
