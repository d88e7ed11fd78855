"""Every test of deletions begins with nothing kept and an empty ledger, and leaves nothing for other tests."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from tests.house import House

_KEPT = (
    "watches", "followed_creators", "comments", "posts", "creators", "quota_uses", "quota_limits", "live_readings",
    "gone",
)  # fmt: skip


async def _empty(house: House) -> None:
    async with house.runtime("discovery").database.system_session() as session:
        for table in _KEPT:
            await session.execute(text(f"DELETE FROM discovery.{table}"))


@pytest.fixture(autouse=True)
async def nothing_else_is_kept(house: House) -> AsyncIterator[None]:
    """Deletions look into all workspaces, and all tests share one egress."""
    await _empty(house)
    yield
    await _empty(house)
