"""The model linear."""

from services.attribution.models.linear import MODEL
from tests.services.attribution.models.paths import ANA, BEN, CLEO, click, given_by


def test_linear_gives_the_odd_cent_to_the_last_credit() -> None:
    assert given_by(MODEL, [click(ANA), click(BEN), click(CLEO)], 100) == {ANA: 33, BEN: 33, CLEO: 34}


def test_linear_counts_touches_not_creators() -> None:
    assert given_by(MODEL, [click(ANA), click(ANA), click(ANA), click(BEN)], 100) == {ANA: 75, BEN: 25}
