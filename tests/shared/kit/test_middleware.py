"""Around every request: ids, limits, addresses."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from fastapi import Request

from shared.kit.middleware import RateLimits
from shared.kit.settings import Settings
from tests.house import Tenant, make_tenant, open_house


@pytest.fixture
async def limited(database_url: str, tmp_path: Path) -> AsyncIterator[Tenant]:
    async with AsyncExitStack() as stack:
        yield await make_tenant(
            await open_house(
                stack, database_url, tmp_path, rate_limit_per_key="3/minute", rate_limit_per_address="2/minute"
            )
        )


def request(peer: str, forwarded: str = "") -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return Request({"type": "http", "client": (peer, 1), "headers": headers, "path": "/", "query_string": b""})


async def test_a_key_over_its_limit_is_told_when_to_come_back(limited: Tenant) -> None:
    async with limited.client("attribution") as client:
        statuses = [(await client.get("/v1/keys")).status_code for _ in range(4)]
        refused = await client.get("/v1/keys")
    assert statuses == [200, 200, 200, 429]
    assert 1 <= int(refused.headers["retry-after"]) <= 61


async def test_one_keys_limit_is_not_anothers(limited: Tenant) -> None:
    other = await make_tenant(limited.house)
    async with limited.client("attribution") as client:
        for _ in range(4):
            await client.get("/v1/keys")
    async with other.client("attribution") as client:
        assert (await client.get("/v1/keys")).status_code == 200


async def test_health_is_not_limited(limited: Tenant) -> None:
    async with limited.client("attribution") as client:
        assert {(await client.get("/healthz")).status_code for _ in range(9)} == {200}


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "address"),
    [
        ((), "10.0.0.9", "1.2.3.4", "10.0.0.9"),
        (("10.0.0.0/8",), "10.0.0.9", "1.2.3.4", "1.2.3.4"),
        (("10.0.0.0/8",), "10.0.0.9", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (("10.0.0.0/8",), "10.0.0.9", "1.2.3.4, 10.0.0.7", "1.2.3.4"),
        (("10.0.0.0/8",), "8.8.8.8", "1.2.3.4", "8.8.8.8"),
        (("10.0.0.0/8",), "10.0.0.9", "nonsense", "nonsense"),
    ],
)
def test_only_a_trusted_proxy_says_who_the_client_is(
    proxies: tuple[str, ...], peer: str, forwarded: str, address: str
) -> None:
    limits = RateLimits(Settings.model_validate({"trusted_proxies": proxies}))
    assert limits.address(request(peer, forwarded)) == address


@pytest.mark.parametrize(("stated", "kept"), [("abc-1", True), ("a b", False), ("x" * 65, False)])
async def test_a_request_id_is_kept_when_it_is_harmless(tenant: Tenant, stated: str, kept: bool) -> None:
    async with tenant.client("attribution") as client:
        answer = await client.get("/healthz", headers={"X-Request-Id": stated})
    assert (answer.headers["x-request-id"] == stated) is kept
