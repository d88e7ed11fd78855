"""The model first_touch."""

from services.attribution.models.first_touch import MODEL
from tests.services.attribution.models.paths import ANA, BEN, CLEO, click, given_by


def test_first_touch_gives_all_to_the_first() -> None:
    assert given_by(MODEL, [click(ANA), click(BEN), click(CLEO)], 100) == {ANA: 100}
