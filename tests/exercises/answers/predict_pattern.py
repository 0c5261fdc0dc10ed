"""Patterns of four words, as people write them down."""

from fractions import Fraction

import numpy as np
import torch

from tests.exercises.answers import Answers

ANSWERS = Answers()
right, fails = ANSWERS.is_right, ANSWERS.fails
THIRD = 1 / 3

right()([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 1, 0], [THIRD, THIRD, THIRD, 0]])
right()([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 1, 0], [0.33, 0.33, 0.34, 0.0]])
right()(torch.tensor([[1.0, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 1, 0], [0.333, 0.333, 0.333, 0]]))
right()(np.array([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 1, 0], [float(Fraction(1, 3))] * 3 + [0]]))
right()(lambda: ((1, 0, 0, 0), (0.5, 0.5, 0, 0), (0, 0, 1, 0), (0.333, 0.333, 0.333, 0)))

fails("shape")([1, 0.5, 1, 0.33])
fails("shape")([[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1]])
fails("shape", "unusable")([[1], [0.5, 0.5], [0, 0, 1], [THIRD, THIRD, THIRD, 0]])
fails("shape", "unusable")("1 0 0 0")

fails("rows sum to one")([[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [1, 1, 1, 0]])
fails("rows sum to one", "scores")([[5, 5, 5, 5], [2, 2, 9, 9], [0, 0, 100, 100], [-7, -7, -7, -107]])
fails("rows sum to one", "scores")(
    torch.tensor([[5.0] * 4, [2, 2, 9, 9], [0, 0, 100, 100], [-7, -7, -7, -107]])
)
fails("rows sum to one", "masked scores")([[5, 0, 0, 0], [2, 2, 0, 0], [0, 0, 100, 0], [-7, -7, -7, -107]])
fails("rows sum to one", "masked scores")(
    torch.tensor([[5.0] * 4, [2, 2, 9, 9], [0, 0, 100, 100], [-7, -7, -7, -107]]).tril()
)
fails("rows sum to one", "turned round")(
    [[1, 0.5, 0, 0.33], [0, 0.5, 0, 0.33], [0, 0, 1, 0.33], [0, 0, 0, 0]]
)
fails("rows sum to one", "turned round")(
    np.array([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 1, 0], [THIRD, THIRD, THIRD, 0]]).T
)
fails("rows sum to one", "over the queries")(
    [[0.95, 0, 0, 0], [0.05, 0.88, 0, 0], [0.01, 0.12, 1, 0], [0, 0, 0, 1]]
)
fails("rows sum to one", "over the queries")(
    torch.tensor(
        [[5, *[-torch.inf] * 3], [2, 2, -torch.inf, -torch.inf], [0, 0, 100, -torch.inf], [-7, -7, -7, -107]]
    ).softmax(0)
)

fails("values", "looks ahead")([[0.25] * 4, [0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5], [0.33, 0.33, 0.33, 0]])
fails("values", "looks ahead")(
    torch.tensor([[5.0] * 4, [2, 2, 9, 9], [0, 0, 100, 100], [-7, -7, -7, -107]]).softmax(1)
)
fails("values", "shared evenly")([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0.33, 0.33, 0.33, 0], [0.25] * 4])
fails("values", "shared evenly")(torch.ones(4, 4).tril() / torch.arange(1, 5)[:, None])
fails("values", "largest takes all")([[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]])
fails("values", "largest takes all")(torch.eye(4)[[0, 0, 2, 0]])
fails("values", "in proportion")(
    [[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 1, 0], [7 / 128, 7 / 128, 7 / 128, 107 / 128]]
)
fails("values", "in proportion")([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 1, 0], [0.055, 0.055, 0.055, 0.835]])
fails("values")([[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 1, 0], [0.25] * 4])
fails("values", "looks ahead")([[0.9, 0.1, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 1, 0], [THIRD, THIRD, THIRD, 0]])
