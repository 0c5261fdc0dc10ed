"""Every mutant of the module is noticed by a test, or there is a reason why nobody could notice it."""

import subprocess
import sys

import pytest

import mha_lessons.masks
from tests.mutation import survivors

EXPLAINED: dict[str, dict[str, str]] = {
    "masks": {
        "if not four or any(got not in (1, want) for got, want in zip(four, wanted, strict=True)): "
        ":: True -> False": "both have four entries by then: strict only says so to the reader",
    },
    "attention": {
        "if context is None and values is None: :: if context is None and values is None: -> if False:": "only "
        "faster: the branches below give the same",
        'q, k, v = self._project("x", x, 0, 3) :: 3 -> 4': "a slice may end beyond the last part",
        'made += self._project("values", values, 2, 3) :: 3 -> 4': "a slice may end beyond the last part",
        **dict.fromkeys(
            [
                "if until - first < 3: :: if until - first < 3: -> if True:",
                "if until - first < 3: :: until - first < 3 -> until - first <= 3",
                "if until - first < 3: :: 3 -> 4",
            ],
            "only faster: cutting all of a matrix out of it gives the same matrix",
        ),
        "return self._parameters[name] if name in self._parameters else getattr(self, name) "
        ":: self._parameters[name] if name in self._parameters else getattr(self, name) "
        "-> getattr(self, name)": "only faster",
    },
    "dot_product": dict.fromkeys(
        [
            "if nothing is not None:  # let such a row look anywhere, and forget what it saw "
            ":: if nothing is not None: -> if False:",
            "mask = mask | nothing if mask.dtype == torch.bool else mask.masked_fill(nothing, 0) "
            ":: mask | nothing if mask.dtype == torch.bool else mask.masked_fill(nothing, 0) "
            "-> mask.masked_fill(nothing, 0)",
            "mask = mask | nothing if mask.dtype == torch.bool else mask.masked_fill(nothing, 0) :: 0 -> 1",
        ],
        "this torch gives such a row zeros by itself on the CPU, and no NaN backward; others need not",
    ),
}


@pytest.mark.second_tier
@pytest.mark.parametrize("name", list(EXPLAINED))
def test_every_mutant_that_survives_is_one_nobody_could_notice(name: str) -> None:
    command = [sys.executable, "-m", "tests.mutation", name]  # this process has imported the module as it is
    *lines, total = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    alive = [line.removeprefix(f"{name}: ") for line in lines]
    assert set(alive) == set(EXPLAINED[name])
    tried, lived = (int(word) for word in total.replace(f"{name}: ", "").split() if word.isdecimal())
    assert tried > 30
    assert lived == len(alive)


def test_a_module_that_has_been_imported_is_not_mutated_for_show() -> None:
    with pytest.raises(
        RuntimeError, match="masks has been imported: its tests would see the module as it is"
    ):
        next(survivors(mha_lessons.masks.__name__.partition(".")[2]))
