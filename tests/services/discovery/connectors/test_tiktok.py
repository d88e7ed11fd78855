"""TikTok: what its rules mean for a ledger and for whoever asks."""

from datetime import UTC, datetime

import httpx
import pytest

from services.discovery.connector import NotPermitted, Unsupported
from services.discovery.connectors.tiktok import TiktokConnector
from services.discovery.resets import Use
from shared.schemas.platforms import PermittedUse, Support

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CONNECTOR = TiktokConnector.create(httpx.AsyncClient(), {})


async def test_commercial_users_are_not_admitted_to_the_search() -> None:
    with pytest.raises(NotPermitted, match="no commercial users"):
        await CONNECTOR.hashtag_posts("trailrunning")


async def test_who_commented_cannot_be_known() -> None:
    with pytest.raises(Unsupported, match="without their authors"):
        await CONNECTOR.post_comments("7")


def test_a_creators_own_numbers_need_the_creators_login() -> None:
    assert CONNECTOR.capability("display_own_profile_and_videos").support is Support.NEEDS_USER_TOKEN
    assert TiktokConnector.permitted_uses == (PermittedUse.OWN_ACCOUNTS,)
    assert TiktokConnector.retain_days == 15


def test_a_days_quota_begins_anew_at_midnight_utc() -> None:
    (rule,) = (rule for rule in CONNECTOR.quotas() if rule.bucket == "research")
    free = rule.reset.free_at([Use(NOW)] * 1_000, limit=1_000, now=NOW)
    assert free == datetime(2026, 11, 23, tzinfo=UTC)
