"""Fixtures of the webhook tests: a receiver, a house that may call it, a workspace, and a clock that can be moved."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.kit.ids import new_id
from shared.kit.runtime import Runtime
from shared.kit.settings import asyncpg_url
from shared.kit.webhooks import outbox
from shared.kit.webhooks.delivery import Deliverer, Limits
from tests.house import House, Tenant, make_tenant, open_house
from tests.shared.kit.webhooks.receiver import Receiver, receiving


@pytest.fixture(scope="module")
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest.fixture(scope="module")
async def calling_house(
    server_url: str, template: str, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """The house over a database of this module's own, so that deliveries of other tests are not met."""
    name, head = f"gs_fresh_{new_id().hex}", server_url.rpartition("/")[0]
    connection = await asyncpg.connect(server_url)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    async with AsyncExitStack() as stack:
        yield await open_house(
            stack, asyncpg_url(f"{head}/{name}"), tmp_path_factory.mktemp("home"), egress_allow=(receiver.place,)
        )
    await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def runtime(calling_house: House, receiver: Receiver) -> Runtime:
    """Discovery's runtime, with nothing to deliver and a receiver that has got nothing."""
    found = calling_house.runtime("discovery")
    connection = await asyncpg.connect(found.database.url.replace("+asyncpg", ""))
    await connection.execute("TRUNCATE discovery.webhook_endpoints, discovery.outbox CASCADE")
    await connection.close()
    receiver.got.clear()
    receiver.behaviours.clear()
    return found


@pytest.fixture
async def caller(calling_house: House) -> Tenant:
    return await make_tenant(calling_house)


@dataclass
class Clock:
    """The time of the tests: the real one, moved ahead."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def pass_by(self, **span: float) -> None:
        self.ahead += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass
class Desk:
    """A workspace's endpoints and events, and the worker that delivers them."""

    runtime: Runtime
    tenant: Tenant
    receiver: Receiver
    clock: Clock
    limits: Limits = field(default_factory=Limits)

    def worker(self, **limits: Any) -> Deliverer:
        return Deliverer(self.runtime, limits=Limits(**limits), clock=self.clock, chance=lambda: 0.0)

    async def drain(self) -> int:
        return await self.worker().drain()

    async def endpoint(self, path: str, *events: str) -> dict[str, Any]:
        """Made over HTTP; the answer with its secret."""
        async with self.tenant.client("discovery") as client:
            made = await client.post(
                "/v1/webhook-endpoints", json={"url": self.receiver.url(path), "events": list(events)}
            )
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    async def emit(self, kind: str = "import.completed", *, event_id: UUID | None = None, **data: Any) -> bool:
        async with self.runtime.database.tenant_session(self.tenant.workspace_id) as session:
            return await outbox.emit(session, kind, data, workspace_id=self.tenant.workspace_id, event_id=event_id)

    async def get(self, path: str) -> Any:
        async with self.tenant.client("discovery") as client:
            answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, json: Any = None, *, status: int) -> Any:
        async with self.tenant.client("discovery") as client:
            answer = await client.post(path, json=json)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def deliveries(self, endpoint: dict[str, Any]) -> list[Any]:
        """The newest first."""
        found: list[Any] = (await self.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries"))["items"]
        return found


@pytest.fixture
def desk(runtime: Runtime, caller: Tenant, receiver: Receiver, clock: Clock) -> Desk:
    return Desk(runtime, caller, receiver, clock)
