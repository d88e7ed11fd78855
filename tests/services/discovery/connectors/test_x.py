"""X: what its rules mean for a ledger and for whoever asks."""

from datetime import UTC, datetime

import httpx
import pytest

from services.discovery.connector import NotPermitted
from services.discovery.connectors.x import XConnector
from services.discovery.resets import Use
from shared.schemas.platforms import PermittedUse

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CONNECTOR = XConnector.create(httpx.AsyncClient(), {})


async def test_what_costs_money_is_refused_until_a_person_approves_it() -> None:
    with pytest.raises(NotPermitted, match="money"):
        await CONNECTOR.hashtag_posts("trailrunning")


def test_money_does_not_come_back_by_waiting() -> None:
    (rule,) = (rule for rule in CONNECTOR.quotas() if rule.bucket == "money")
    assert rule.limit is None
    assert rule.reset.free_at([Use(NOW, units=150)], limit=150, now=NOW) is None


def test_single_people_are_not_profiled() -> None:
    assert not {PermittedUse.PROFILING, PermittedUse.SCORING, PermittedUse.EXPORT} & set(XConnector.permitted_uses)
    assert any("0.005 USD" in need for need in CONNECTOR.needs())
