"""The model code_first."""

from services.attribution.models.code_first import MODEL
from tests.services.attribution.models.paths import ANA, BEN, CLEO, click, code, given_by


def test_code_first_prefers_the_code_over_a_later_click() -> None:
    assert given_by(MODEL, [click(ANA), code(BEN), click(CLEO)], 100) == {BEN: 100}


def test_code_first_without_a_code_is_the_last_touch() -> None:
    assert given_by(MODEL, [click(ANA), click(CLEO)], 100) == {CLEO: 100}
