"""Instagram: what its rules mean for a ledger and for whoever asks."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.discovery.connector import NotPermitted, Unsupported
from services.discovery.connectors.instagram import InstagramConnector
from services.discovery.resets import Use
from shared.schemas.platforms import PermittedUse, Support

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CONNECTOR = InstagramConnector.create(httpx.AsyncClient(), {})


async def test_a_hashtag_search_is_refused_for_want_of_an_approval() -> None:
    with pytest.raises(NotPermitted, match="App Review"):
        await CONNECTOR.hashtag_posts("trailrunning")


async def test_follower_lists_are_not_offered_at_all() -> None:
    with pytest.raises(Unsupported, match="not available"):
        await CONNECTOR.followers("1")


def test_a_hashtag_never_names_an_author() -> None:
    assert CONNECTOR.capability("hashtag_author").support is Support.NO


def test_single_creators_may_not_be_profiled() -> None:
    assert set(InstagramConnector.permitted_uses) == {PermittedUse.AGGREGATE_ANALYTICS, PermittedUse.OWN_ACCOUNTS}


def test_thirty_different_hashtags_in_seven_days_and_a_known_one_is_free() -> None:
    (rule,) = (rule for rule in CONNECTOR.quotas() if rule.bucket == "hashtags")
    first = NOW - timedelta(days=6)
    uses = [Use(first + timedelta(hours=number), key=f"tag{number}") for number in range(30)]
    assert rule.limit == 30
    assert rule.reset.free_at(uses, limit=30, now=NOW, key="tag7") == NOW
    assert rule.reset.free_at(uses, limit=30, now=NOW, key="new") == first + timedelta(days=7)
