"""Why k answers need k heads: a proof with its assumptions, and two checks of it.

**Claim.** In juggling, a reader that gets every sequence right has at least as many heads as a position has
answers: h >= k. The width of the heads does not matter.

**What is assumed.** One attention layer. Who looks where does not depend on the symbols (queries and keys
see places only). What is found is linear in the symbol's vector (v = x W_V). The k answers stand at k
different places, and are drawn from the same symbols. The read-out is linear: biases are allowed, an MLP or
a LayerNorm is not.

**Proof.** Take one position and the k places it must report. Leave all other places as they are, and let
each of the k hold one of two symbols, P or N; write y_j = +1 where place j holds P and y_j = -1 where it
holds N.

1. Seen from one head, the symbol of place j is (mean of P and N) + y_j · (half their difference), as a
   vector, and its value is linear in that. So head i hands on a constant plus (a_i1 y_1 + ... + a_ik y_k)
   u_i, where a_ij is its weight on place j and u_i the value of the half difference. The vector u_i is the
   same for all k places: the head has one number to tell about all of them, however wide it is.
2. The read-out is linear. For answer m, the logit of P minus the logit of N is therefore

       D_m(y) = b_m + B_m1 y_1 + ... + B_mk y_k,   with B_mj = sum over heads i of c_mi a_ij.

   B is a product C A of a [k, h] and an [h, k] matrix: its rank is h at most.
3. To be right, D_m must have the sign of y_m. Fix m and write R_m for the sum of |B_mj| over the other j.
   The others can be chosen so that their part is -R_m, and so that it is +R_m. With y_m = +1 and the former,
   b_m + B_mm - R_m >= 0; with y_m = -1 and the latter, b_m - B_mm + R_m <= 0. A tie goes to the same symbol
   always, so one of the two holds strictly. Subtract, halve: B_mm > R_m.
4. So each row of B has a diagonal entry larger than all its other entries together. Such a matrix is
   invertible: if B x = 0 and x_m is the largest entry of x in size, then B_mm |x_m| = |sum of the other
   B_mj x_j| <= R_m |x_m|, so x_m = 0, and x = 0. (Lévy 1881, Desplanques 1887.)
5. An invertible [k, k] matrix has rank k. So k <= h.

**What it uses, and what not.** Step 3 needs two patterns for each answer, 2k of the 2^k; which two depends
on B, so all of them are asked for. Step 1 needs the *same* two symbols at all k places. Were each answer
drawn from symbols of its own, one wide head could hold them side by side and be always right. A residual
connection changes nothing, for a position reports others and not itself; nor would position vectors added to
the values, for they move b alone.

**What it does not say.** It bounds *perfect* accuracy: fewer heads fail on some sequence, not on most. It
says nothing about training: k heads are enough (see `exact_solution`), but whether they are found is
another matter. And attention that depends on content, a second layer or an MLP step outside its assumptions.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from mha_lessons.experiments.juggling import Juggling
from mha_lessons.experiments.model import Reader
from mha_lessons.experiments.problem import SettingsError

SHARPNESS = 20.0
"""How much larger, at least, the score of the right place is than any other: e^-20 is what the others get."""


def exact_solution(task: Juggling) -> Reader:
    """A reader with k heads, set by hand, that is always right.

    With the task's defaults it has the sizes of the trained one: d_model = 64 = 4 heads of width 16.
    Head m looks m + 1 places on: places are angles on a clock, its query is turned by as much, and its
    values say which symbol is there, a component for each.

    Raises:
        SettingsError: d_model has no room for a component for each symbol of each answer.

    >>> from mha_lessons.experiments import evaluate, juggling
    >>> evaluate(exact_solution(juggling()), juggling()).all_right
    1.0
    """
    k, symbols = task.answers, task.symbols
    if task.d_model < k * symbols:
        raise SettingsError(
            f"d_model should be at least {k * symbols}, a component for each symbol of each answer, "
            f"got {task.d_model}"
        )
    reader = Reader(task, num_heads=k, d_head=symbols)
    weights = {name: np.zeros_like(weight) for name, weight in reader.weights().items()}
    angle = 2 * np.pi * np.arange(task.length) / task.length
    weights["positions"][:, :2] = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    weights["tokens"][:, :symbols] = np.eye(symbols)
    # the cosine of one step lies this far below 1; scores are divided by the root of d_head
    scale = SHARPNESS * np.sqrt(symbols) / (1 - np.cos(2 * np.pi / task.length))
    w_q, w_k, w_v = np.split(weights["w_qkv"], 3, axis=1)  # views
    for head in range(k):
        own, turn = head * symbols, 2 * np.pi * (head + 1) / task.length
        w_q[:2, own : own + 2] = scale * np.array(
            [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
        )
        w_k[:2, own : own + 2] = np.eye(2)
        w_v[:symbols, own : own + symbols] = np.eye(symbols)
    weights["w_o"][:] = np.eye(k * symbols, task.d_model)
    weights["w_read"][:] = np.eye(task.d_model, k * symbols)
    reader.set_weights(weights)
    return reader


class Found(NamedTuple):
    """What a search came to."""

    solved: int
    """restarts that ended with all sign patterns right"""
    restarts: int
    best: float
    """largest share of the 2^k patterns that one restart got right, all k answers at once"""


def sign_patterns(k: int) -> Float[Tensor, "pattern k"]:
    """All 2^k rows of +1 and -1.

    >>> sign_patterns(2).tolist()
    [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]]
    """
    bits = torch.arange(2**k)[:, None] >> torch.arange(k) & 1
    return 2.0 * bits - 1


def search(k: int, num_heads: int, *, restarts: int = 200, steps: int = 400, seed: int = 0) -> Found:
    """Look for b and B = C A of step 2 that get every sign pattern right.

    Each restart begins at random numbers and goes down the logistic loss of all patterns with Adam. C and A
    may hold any number, more than attention could do: so a failure is not for want of freedom.

    >>> search(k=2, num_heads=1).solved, search(k=2, num_heads=2).solved > 0
    (0, True)
    """
    generator = torch.Generator().manual_seed(seed)

    def start(*shape: int) -> Tensor:
        return torch.randn(restarts, *shape, generator=generator).requires_grad_()

    c, a, b = start(k, num_heads), start(num_heads, k), start(k, 1)
    y = sign_patterns(k).T  # [answer, pattern]
    optimizer = torch.optim.Adam([c, a, b], lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        margin = y * (b + c @ a @ y)  # [restart, answer, pattern], above 0 where it is right
        torch.nn.functional.softplus(-margin).sum().backward()
        optimizer.step()
    with torch.no_grad():
        right = (y * (b + c @ a @ y) > 0).all(1).double().mean(1)
    return Found(int((right == 1).sum()), restarts, right.max().item())
