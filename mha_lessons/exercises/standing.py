"""How far a reader is: what is done, what is left, what comes next.

Twin: `widgets/core/exercise_progress.ts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

from mha_lessons.exercises.checks import NAMES, find_exercise
from mha_lessons.exercises.progress_file import Kept
from mha_lessons.exercises.sources import read

State = Literal["not attempted", "wrong", "partial", "ticked", "right"]
"""What a check found; "ticked" where there was none and the reader says that it is done."""
SIGNS: dict[State, str] = {"not attempted": "○", "wrong": "✗", "partial": "◐", "ticked": "☑", "right": "✓"}
DONE = ("ticked", "right")


def catalogue() -> list[dict[str, Any]]:
    """What is known of each exercise without its text, in order.

    >>> catalogue()[1]["title"], catalogue()[1]["out_of"]
    ('A softmax that cannot overflow', 10)
    """
    return [dict(each) for each in _catalogue()]


@cache
def _catalogue() -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "name": name,
            "title": (source := read(name)).title,
            "chapter": source.chapter,
            "chapter_title": source.chapter_title,
            "difficulty": source.difficulty,
            "rank": source.rank,
            "minutes": source.minutes,
            "out_of": find_exercise(name).out_of,
            "notebook": f"exercises/{number:02}-{name}.ipynb",
        }
        for number, name in enumerate(NAMES, 1)
    )


def standing(
    exercises: Sequence[Mapping[str, Any]],
    kept: Mapping[str, Kept],
    ticked: Sequence[str] = (),
    status: str = "all",
    chapter: str = "all",
) -> dict[str, Any]:
    """How far a reader is.

    Args:
        exercises: as `catalogue()` has them; what is kept of others does not count.
        kept: what is kept of each exercise, by name.
        ticked: names that the reader ticked by hand; a check says more, and comes first.
        status: "all", "left" (whatever is not done), or one state: which exercises to show.
        chapter: "all", or the page of one chapter.

    Returns:
        One value an exercise, in order: `states`, `shown`, `points`, `out_of`, `checks`, `hints`, `solution`.
        Of all of them: `done`, `total`, `minutes_left`, and `next`, the name of the first exercise that is
        begun and not done, or else of the first that is not begun; "" where all is done.

    Raises:
        ValueError: there is no such chapter.

    >>> found = standing(catalogue(), {"softmax": Kept("partial", points=8, out_of=10, checks=1)})
    >>> found["done"], found["total"], found["next"]
    (0, 12, 'softmax')
    """
    chapters = list(dict.fromkeys(each["chapter"] for each in exercises))
    if chapter not in ("all", *chapters):
        raise ValueError(f"chapter should be all or one of {', '.join(chapters)}, got {chapter}.")
    own = [kept.get(each["name"], Kept()) for each in exercises]
    states = [_state(each["name"], one, ticked) for each, one in zip(exercises, own, strict=True)]
    stand = list(zip(exercises, own, states, strict=True))
    begun = [each["name"] for each, _, state in stand if state in ("wrong", "partial")]
    fresh = [each["name"] for each, _, state in stand if state == "not attempted"]
    wanted = [
        state for state in SIGNS if status in ("all", state) or (status == "left" and state not in DONE)
    ]
    return {
        "states": states,
        "shown": [state in wanted and chapter in ("all", each["chapter"]) for each, _, state in stand],
        "points": [one.points for one in own],
        "out_of": [one.out_of if one.checks else each["out_of"] for each, one, _ in stand],
        "checks": [one.checks for one in own],
        "hints": [one.hints for one in own],
        "solution": [one.solution for one in own],
        "done": sum(state in DONE for state in states),
        "total": len(states),
        "minutes_left": sum(each["minutes"] for each, _, state in stand if state not in DONE),
        "next": next(iter(begun + fresh), ""),
    }


def summary(found: Mapping[str, Any]) -> str:
    """How far that is, in a line.

    >>> summary(standing(catalogue(), {}))
    '0 of 12 done, 295 minutes left, 0 of 101 points'
    """
    points, out_of = sum(found["points"]), sum(found["out_of"])
    return (
        f"{found['done']} of {found['total']} done, {found['minutes_left']} minutes left, "
        f"{points} of {out_of} points"
    )


def _state(name: str, own: Kept, ticked: Sequence[str]) -> State:
    if own.status != "not attempted":
        return own.status  # type: ignore[return-value]  # the file was checked
    return "ticked" if name in ticked else "not attempted"
