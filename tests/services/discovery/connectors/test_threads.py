"""Threads: what its rules mean for a ledger and for whoever asks."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.discovery.connector import NotPermitted
from services.discovery.connectors.threads import ThreadsConnector
from services.discovery.resets import Use
from shared.schemas.platforms import Support

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CONNECTOR = ThreadsConnector.create(httpx.AsyncClient(), {})


async def test_a_search_is_refused_for_want_of_an_approval() -> None:
    with pytest.raises(NotPermitted, match="App Review"):
        await CONNECTOR.hashtag_posts("trailrunning")


def test_the_numbers_of_others_are_not_offered() -> None:
    assert CONNECTOR.capability("engagement_counts_of_others").support is Support.NO


def test_searches_without_a_result_are_free() -> None:
    (rule,) = (rule for rule in CONNECTOR.quotas() if rule.bucket == "searches")
    assert rule.limit == 2_200
    hour_ago = NOW - timedelta(hours=1)
    empty = [Use(hour_ago, empty=True)] * 2_200
    assert rule.reset.free_at(empty, limit=2_200, now=NOW) == NOW
    assert rule.reset.free_at([Use(hour_ago)] * 2_200, limit=2_200, now=NOW) == hour_ago + timedelta(days=1)
