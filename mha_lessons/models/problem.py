"""What can be wrong with a model, or with the text it is given."""

from mha_lessons.problem import LessonError


class ModelError(LessonError):
    """The model cannot be read, or not for this text; the message says why and what to do."""
