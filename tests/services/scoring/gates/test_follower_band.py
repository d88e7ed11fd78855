"""Follower band."""

import pytest

from services.scoring.context import context_of
from services.scoring.evidence import Evidence
from services.scoring.gates.follower_band import FOLLOWER_BAND
from shared.schemas.base import Count
from shared.schemas.creators import CreatorCounts, CreatorProfile
from tests.services.scoring.made import brief, bundle

CONTEXT = context_of(brief(follower_band={"min": 1_000, "max": 50_000}))


@pytest.mark.parametrize(
    ("followers", "state"),
    [(999, "failed"), (1_000, "passed"), (50_000, "passed"), (50_001, "failed"), (None, "unknown"), (0, "failed")],
)
def test_both_ends_are_in_the_band_and_unknown_is_not_zero(followers: int | None, state: str) -> None:
    assert FOLLOWER_BAND.decide(Evidence(bundle(followers=followers)), CONTEXT).state == state


def test_another_account_far_outside_keeps_out_whose_own_followers_are_unknown() -> None:
    other = CreatorProfile(
        id=bundle().creator.id, platform="youtube", platform_id="UC1", counts=CreatorCounts(followers=Count.of(900_000))
    )
    found = bundle(followers=None, other_accounts=(other,))
    assert FOLLOWER_BAND.decide(Evidence(found), CONTEXT).state == "failed"


@pytest.mark.parametrize(("elsewhere", "state"), [(200_000, "passed"), (900_000, "failed"), (None, "passed")])
def test_another_account_far_outside_keeps_out(elsewhere: int | None, state: str) -> None:
    own = bundle().creator
    other = CreatorProfile(
        id=own.id, platform="youtube", platform_id="UC1", counts=CreatorCounts(followers=Count.of(elsewhere))
    )
    assert FOLLOWER_BAND.decide(Evidence(bundle(other_accounts=(other,))), CONTEXT).state == state
