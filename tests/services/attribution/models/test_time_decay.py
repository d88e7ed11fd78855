"""The model time_decay."""

from services.attribution.models.time_decay import MODEL
from tests.services.attribution.models.paths import ANA, BEN, CLEO, WEEK, click, given_by


def test_time_decay_halves_every_week() -> None:
    assert given_by(MODEL, [click(ANA, 2 * WEEK), click(BEN, WEEK), click(CLEO)], 700) == {
        ANA: 100, BEN: 200, CLEO: 400,
    }  # fmt: skip
