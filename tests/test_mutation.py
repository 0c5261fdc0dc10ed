"""Every mutant of the module is noticed by a test, or there is a reason why nobody could notice it."""

import pytest

from tests.mutation import survivors

EXPLAINED: dict[str, dict[str, str]] = {
    "masks": {
        "if not four or any(got not in (1, want) for got, want in zip(four, wanted, strict=True)): "
        ":: True -> False": "both have four entries by then: strict only says so to the reader",
    },
    "attention": {},
}


@pytest.mark.second_tier
@pytest.mark.parametrize("name", list(EXPLAINED))
def test_every_mutant_that_survives_is_one_nobody_could_notice(name: str) -> None:
    results = list(survivors(name))
    assert len(results) > 50
    alive = {described for described, survived in results if survived}
    assert alive == set(EXPLAINED[name])
