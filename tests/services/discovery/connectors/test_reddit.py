"""Reddit: what its rules mean for a ledger and for whoever asks."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.discovery.connector import NotPermitted, Unsupported
from services.discovery.connectors.reddit import RedditConnector
from services.discovery.resets import Use

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CONNECTOR = RedditConnector.create(httpx.AsyncClient(), {})


async def test_there_are_no_hashtags() -> None:
    with pytest.raises(Unsupported, match="no hashtags"):
        await CONNECTOR.hashtag_posts("trailrunning")


async def test_comments_are_refused_for_want_of_an_approval() -> None:
    with pytest.raises(NotPermitted, match="explicit approval"):
        await CONNECTOR.post_comments("t3_abc")


def test_no_use_is_permitted_before_an_approval() -> None:
    assert RedditConnector.permitted_uses == ()


def test_a_hundred_calls_a_minute_are_averaged_over_ten() -> None:
    (rule,) = CONNECTOR.quotas()
    assert rule.limit == 1_000
    burst = [Use(NOW)] * 999
    assert rule.reset.free_at(burst, limit=1_000, now=NOW) == NOW
    assert rule.reset.free_at([*burst, Use(NOW)], limit=1_000, now=NOW) == NOW + timedelta(minutes=10)
