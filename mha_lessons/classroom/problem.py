"""What can go wrong in a classroom."""

from mha_lessons.problem import LessonError


class CourseError(LessonError):
    """A folder that is no course, or a course that cannot be made or graded."""


class SandboxError(LessonError):
    """Nothing can be run safely here; no student is to blame."""
