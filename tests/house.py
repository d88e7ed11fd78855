"""The whole house in one test process: three apps over real PostgreSQL, and tenants that call them."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
from fastapi import FastAPI

from services.attribution import app as attribution
from services.attribution import worker as attribution_worker
from services.attribution.settings import AttributionSettings
from services.discovery import app as discovery
from services.discovery import worker as discovery_worker
from services.discovery.settings import DiscoverySettings
from services.scoring import app as scoring
from services.scoring import worker as scoring_worker
from services.scoring.settings import ScoringSettings
from shared.kit import jobs
from shared.kit.http import create_http_client
from shared.kit.identity import repository as identity_repository
from shared.kit.identity.history import IDENTITY
from shared.kit.identity.keys import generate_key, hash_key
from shared.kit.ids import new_id
from shared.kit.runtime import Runtime
from shared.schemas.identity import Scope

TEST_SECRET = "a secret of the tests, of no use elsewhere"
WORKERS = {"discovery": discovery_worker, "scoring": scoring_worker, "attribution": attribution_worker}
HISTORIES = [IDENTITY, discovery.HISTORY, scoring.HISTORY, attribution.HISTORY]


@dataclass
class House:
    """The three services in this process, over real PostgreSQL, reaching each other by HTTP without a socket."""

    discovery: FastAPI
    scoring: FastAPI
    attribution: FastAPI

    def app(self, service: str) -> FastAPI:
        found: FastAPI = getattr(self, service)
        return found

    def runtime(self, service: str) -> Runtime:
        found: Runtime = self.app(service).state.runtime
        return found

    async def run_jobs(self, rounds: int = 2) -> None:
        """Run the jobs and loops of every service to their end; more than once, since one may call another service."""
        for _ in range(rounds):
            for service, worker in WORKERS.items():
                await jobs.drain(self.runtime(service), list(worker.JOB_SETS))
                for loop in worker.LOOPS:
                    while await loop.work(self.runtime(service)):
                        pass


class Loopback(httpx.AsyncBaseTransport):
    """Carries a call to `http://<service>.test` into that service's app in this process; no other host is there."""

    def __init__(self, house: House) -> None:
        self._apps = {
            f"{name}.test": httpx.ASGITransport(app=house.app(name), raise_app_exceptions=False)
            for name in ("discovery", "scoring", "attribution")
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        app = self._apps.get(request.url.host)
        if app is None:
            raise httpx.ConnectError(f"the tests have no way to {request.url.host}", request=request)
        return await app.handle_async_request(request)


async def open_house(stack: AsyncExitStack, database_url: str, home: Path, **settings: object) -> House:
    """Compose the services over one database and run their lifespans until `stack` closes."""
    common = {
        "database_url": database_url,
        "groundswell_home": home,
        "groundswell_secret": TEST_SECRET,
        "discovery_url": "http://discovery.test",
        "scoring_url": "http://scoring.test",
        "attribution_url": "http://attribution.test",
        "discovery_bluesky_jetstream_url": "off",
        "rate_limit_per_key": "1000000/minute",
        "rate_limit_per_address": "1000000/minute",
        **settings,
    }
    house = House(
        discovery=discovery.create_app(DiscoverySettings.model_validate(common)),
        scoring=scoring.create_app(ScoringSettings.model_validate(common)),
        attribution=attribution.create_app(AttributionSettings.model_validate(common)),
    )
    services = ("discovery", "scoring", "attribution")
    for name in services:
        app = house.app(name)
        await stack.enter_async_context(app.router.lifespan_context(app))
        app.state.runtime.http = create_http_client(app.state.runtime.settings, transport=Loopback(house))
    return house


@dataclass
class Tenant:
    """A workspace with a key of every scope, and clients that use it."""

    house: House
    workspace_id: UUID
    key: str

    def client(self, service: str, *, key: str | None = None) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.house.app(service), raise_app_exceptions=False),
            base_url=f"http://{service}.test",
            headers={"Authorization": f"Bearer {key or self.key}"},
        )


async def make_tenant(house: House, *, scopes: list[Scope] | None = None) -> Tenant:
    """A fresh workspace with one key; by default with every scope."""
    workspace_id, key = new_id(), generate_key()
    async with house.runtime("attribution").identity.system_session() as session:
        await identity_repository.add_workspace(session, workspace_id=workspace_id, name="a test's", created_by=None)
        await identity_repository.add_key(
            session, workspace_id=workspace_id, key_id=new_id(), name="a test's", hashed=hash_key(key),
            scopes=[*(scopes or Scope)], created_by=None,
        )  # fmt: skip
    return Tenant(house, workspace_id, key)
