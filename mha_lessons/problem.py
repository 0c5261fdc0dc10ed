"""What can go wrong through no fault of the code."""


class LessonError(Exception):
    """Something the reader can put right; the message says what came, what was wanted and what to do.

    Commands show it as one sentence, without a traceback.
    """
