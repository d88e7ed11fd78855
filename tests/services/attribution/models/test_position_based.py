"""The model position_based."""

from services.attribution.models.position_based import MODEL
from tests.services.attribution.models.paths import ANA, BEN, CLEO, click, given_by


def test_position_based_gives_forty_twenty_forty() -> None:
    path = [click(ANA), click(BEN), click(BEN), click(CLEO)]
    assert given_by(MODEL, path, 1000) == {ANA: 400, BEN: 200, CLEO: 400}


def test_position_based_halves_between_two_touches() -> None:
    assert given_by(MODEL, [click(ANA), click(BEN)], 101) == {ANA: 50, BEN: 51}
