"""Cuts answers out of an exercise's source. Needs nothing, so that the build of the wheel can use it.

Solutions stand between nbgrader's own marks; an explanation is a text cell tagged so, up to the next cell.
"""

import re

BEGIN, END = "BEGIN SOLUTION", "END SOLUTION"
STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")  # the words that nbgrader's ClearSolutions puts in
EXPLANATION = '+++ {"tags": ["explanation"]}'


def without_solution(code: str) -> str:
    """Code with every solution replaced by nbgrader's stub.

    Raises:
        ValueError: a solution begins within another, or does not end.

    >>> print(without_solution("def f():\\n    ### BEGIN SOLUTION\\n    return 1\\n    ### END SOLUTION"))
    def f():
        # YOUR CODE HERE
        raise NotImplementedError()
    """
    lines: list[str] = []
    inside = False
    for line in code.split("\n"):
        if BEGIN in line:
            if inside:
                raise ValueError("a solution begins within another")
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + each for each in STUB]
            inside = True
        elif END in line:
            inside = False
        elif not inside:
            lines.append(line)
    if inside:
        raise ValueError("a solution begins and does not end")
    return "\n".join(lines)


def only_solution(code: str) -> str:
    """Code with its solution and without the marks.

    >>> only_solution("a = 0\\n### BEGIN SOLUTION\\na = 1\\n### END SOLUTION")
    'a = 0\\na = 1'
    """
    return "\n".join(line for line in code.split("\n") if BEGIN not in line and END not in line)


def for_students(source: str) -> str:
    """A whole source without solutions and explanations: what the student wheel carries.

    >>> told = '+++ {"tags": ["explanation"]}\\n\\nBecause.\\n\\n'
    >>> for_students(f"Text.\\n\\n{told}```{{code-cell}} python\\n1\\n```\\n")
    'Text.\\n\\n```{code-cell} python\\n1\\n```\\n'
    """
    told = re.compile(
        rf"^{re.escape(EXPLANATION)}\n.*?(?=^\+\+\+|^```\{{code-cell\}}|\Z)", re.MULTILINE | re.DOTALL
    )
    return without_solution(told.sub("", source))
