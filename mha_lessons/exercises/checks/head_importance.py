"""How much worse a layer gets when each of its heads is switched off."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mha_lessons.exercises.case import Case
from mha_lessons.exercises.draw import normal
from mha_lessons.exercises.exercise import Cause, Exercise, Wanted


def draw(rng: np.random.Generator) -> list[Case]:
    """Layers whose output is nearly the target; in the edge cases a head does harm."""

    def made(
        stage: str,
        *shape: int,
        label: str = "",
        harm: bool = False,
        d_model: int = 7,
        strided: bool = False,
    ) -> Case:
        z = normal(rng, *shape)  # [batch, head, query, d_head]
        w_o = normal(rng, shape[1] * shape[3], d_model)
        joined = z.transpose(0, 2, 1, 3).reshape(shape[0], shape[2], -1)
        sought = joined.copy()
        if harm:
            sought[..., : shape[3]] *= -1
        target = (sought @ w_o + 0.3 * normal(rng, shape[0], shape[2], d_model)).astype(np.float32)
        return Case(
            stage,
            "head_importance",
            args={"z": z, "w_o": w_o, "target": target},
            label=label,
            strided=strided,
        )

    idle = made("edge cases", 2, 3, 5, 4, label="a head that adds nothing")
    idle.args["z"][:, 1] = 0  # type: ignore[index]
    return [
        made("shape", 2, 3, 5, 4),
        made("values", 2, 3, 5, 4),
        made("values", 3, 4, 2, 2),
        made("edge cases", 2, 3, 5, 4, label="a head that does harm", harm=True),
        made("edge cases", 2, 1, 5, 4, label="one head"),
        made("edge cases", 2, 6, 5, 1, label="heads of width 1", d_model=6),
        made("edge cases", 1, 3, 5, 4, label="a batch of one"),
        made("edge cases", 2, 3, 1, 4, label="one token"),
        idle,
        made("edge cases", 2, 3, 5, 4, label="inputs that are not contiguous", strided=True),
    ]


def _error(z: Tensor, w_o: Tensor, target: Tensor) -> Tensor:
    return (z.transpose(1, 2).flatten(2) @ w_o - target).square().mean()


def _without(z: Tensor, head: int) -> Tensor:
    others = torch.arange(z.shape[1]) != head
    return z * others[:, None, None]


def losses(z: Tensor, w_o: Tensor, target: Tensor) -> Tensor:
    """The error without each head."""
    return torch.stack([_error(_without(z, head), w_o, target) for head in range(z.shape[1])])


def right(z: Tensor, w_o: Tensor, target: Tensor) -> Tensor:
    """The rise of the error, head by head."""
    return losses(z, w_o, target) - _error(z, w_o, target)


def _kept_alone(z: Tensor, w_o: Tensor, target: Tensor) -> Tensor:
    each = [_error(z - _without(z, head), w_o, target) for head in range(z.shape[1])]
    return torch.stack(each) - _error(z, w_o, target)


def _one_after_another(z: Tensor, w_o: Tensor, target: Tensor) -> Tensor:
    whole, each = _error(z, w_o, target), []
    for head in range(z.shape[1]):
        z = _without(z, head)
        each.append(_error(z, w_o, target) - whole)
    return torch.stack(each)


def _interleaved(z: Tensor, w_o: Tensor, target: Tensor) -> Tensor:
    heads, d_head = z.shape[1], z.shape[3]
    return right(z, w_o.unflatten(0, (d_head, heads)).transpose(0, 1).flatten(0, 1), target)


def _sums(z: Tensor, w_o: Tensor, target: Tensor) -> Tensor:
    return right(z, w_o, target) * target.numel()


def _roots(z: Tensor, w_o: Tensor, target: Tensor) -> Tensor:
    return losses(z, w_o, target).sqrt() - _error(z, w_o, target).sqrt()


EXERCISE = Exercise(
    name="head_importance",
    wanted=(Wanted("head_importance(z, w_o, target)", {"rise": ("head",)}, right=right),),
    draw=draw,
    causes=(
        Cause(
            "error, not rise",
            "these are the errors without each head. How much do they lie above that of the whole layer?",
            losses,
        ),
        Cause("sign", "the difference is taken the wrong way round.", lambda **of: -right(**of)),
        Cause(
            "kept alone",
            "each head is kept alone, where it should be switched off alone.",
            _kept_alone,
        ),
        Cause(
            "one after another",
            "the heads that were switched off before are still off: each should be missing alone.",
            _one_after_another,
        ),
        Cause(
            "interleaved",
            "the rows of w_o are dealt out to the heads one by one. A head owns a stretch of neighbours.",
            _interleaved,
        ),
        Cause("summed", "the squares are added up, not averaged.", _sums),
        Cause("root", "a square root is taken of the errors.", _roots),
        Cause(
            "absolute",
            "a fall is turned into a rise: a head without which the layer does better should come out "
            "below 0.",
            lambda **of: right(**of).abs(),
        ),
        Cause(
            "cut off at 0",
            "falls are set to 0: a head without which the layer does better should come out below 0.",
            lambda **of: right(**of).clamp(min=0),
        ),
        Cause(
            "change of the output",
            "this is how much the output changes without each head, whatever the target says.",
            lambda z, w_o, target: torch.stack(
                [_error(z - _without(z, head), w_o, torch.zeros_like(target)) for head in range(z.shape[1])]
            ),
        ),
    ),
)
