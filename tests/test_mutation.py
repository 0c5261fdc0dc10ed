"""Every mutant of the module is noticed by a test, or there is a reason why nobody could notice it."""

import pytest

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
    results = list(survivors(name))
    assert len(results) > 30
    alive = {described for described, survived in results if survived}
    assert alive == set(EXPLAINED[name])
