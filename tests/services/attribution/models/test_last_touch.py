"""The model last_touch."""

from services.attribution.models.last_touch import MODEL
from tests.services.attribution.models.paths import ANA, BEN, CLEO, click, given_by


def test_last_touch_gives_all_to_the_deciding_touch() -> None:
    assert given_by(MODEL, [click(ANA), click(BEN), click(CLEO)], 100) == {CLEO: 100}
