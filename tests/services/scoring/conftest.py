"""Scoring with a discovery of the test's own behind its HTTP client."""

from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from shared.kit.http import create_http_client
from shared.kit.ids import new_id
from shared.schemas.brief import Brief
from shared.schemas.evidence import EvidenceBundle
from tests.house import House
from tests.services.scoring.made import brief as made_brief
from tests.services.scoring.stub_discovery import StubDiscovery

Serve = Callable[..., StubDiscovery]


@pytest.fixture
async def serve(house: House) -> AsyncIterator[Serve]:
    """`serve(bundles)` puts a discovery with one search over these bundles behind scoring's HTTP client."""
    runtime = house.runtime("scoring")
    before = runtime.http

    def put(bundles: Sequence[EvidenceBundle], brief: Brief | None = None) -> StubDiscovery:
        stub = StubDiscovery(brief or made_brief(), bundles, new_id())
        runtime.http = create_http_client(runtime.settings, transport=stub)
        return stub

    yield put
    runtime.http = before
