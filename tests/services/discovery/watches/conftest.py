"""A platform as the watches of one test reach it."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from shared.kit.http import create_http_client
from tests.house import Tenant
from tests.services.discovery.watches.appview import Network, Ways


@pytest.fixture
async def network(tenant: Tenant) -> AsyncIterator[Network]:
    """The ledger begins empty, since all tests share one egress."""
    made = Network()
    runtime = tenant.house.runtime("discovery")
    before = runtime.http
    runtime.http = create_http_client(runtime.settings, transport=Ways(tenant, made))
    async with runtime.database.system_session() as session:
        await session.execute(text("DELETE FROM discovery.quota_uses"))
        await session.execute(text("DELETE FROM discovery.quota_limits"))
    yield made
    runtime.http = before


@pytest.fixture(autouse=True)
async def no_watch_outlives_its_test(tenant: Tenant) -> AsyncIterator[None]:
    yield
    async with tenant.house.runtime("discovery").database.system_session() as session:
        for table in ("watches", "gone"):  # what is gone is so in every workspace
            await session.execute(text(f"DELETE FROM discovery.{table}"))
