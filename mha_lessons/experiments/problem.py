"""What can go wrong in an experiment."""

from mha_lessons.problem import LessonError


class SettingsError(LessonError, ValueError):
    """Settings that no run can have; the message says which would do."""


class ResultsError(LessonError):
    """A file of results that cannot be read, written or gone on with."""


USUAL_RATE = 3e-3
"""A learning rate that all experiments get on with."""


class DivergenceError(LessonError):
    """A training that lost its way."""

    def __init__(self, step: int, learning_rate: float) -> None:
        self.step = step
        """the last step after which all was well"""
        super().__init__(
            f"the loss went out of bounds after step {step + 1}: a learning rate of {learning_rate:g} is too "
            f"large here. The model is back at step {step}; try {min(learning_rate / 10, USUAL_RATE):g}."
        )
