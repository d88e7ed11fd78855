"""`make bench-conversions`: conversions a second by API and by webhook, beside single-row INSERT on the same disk.

By API a conversion is decided, credited by every model and posted to the ledger before it is answered; by webhook it
is verified and stored before 202, and worked off later: both rates are printed. Everything shares this machine's cores;
PostgreSQL runs with fsync, synchronous_commit and full_page_writes on. BENCH_SECONDS (default 10) for each part.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

from tests.services.attribution.hits.installation import Installation

SECONDS = float(os.environ.get("BENCH_SECONDS", "10"))
CONNECTIONS = 16
CREATORS = 20
SECRET = "the secret of a shop of the benchmark"
_TABLE = "CREATE TABLE single (id bigint PRIMARY KEY, body jsonb NOT NULL, at timestamptz NOT NULL DEFAULT now())"

Call = Callable[[int], Awaitable[None]]


async def sustained(call: Call, *, first: int = 0) -> tuple[int, float]:
    """`call` with one number after another on CONNECTIONS tasks for SECONDS; how many, and how long it took."""
    numbers = iter(range(first, 1 << 60))
    done = 0
    began = time.perf_counter()

    async def work() -> None:
        nonlocal done
        while time.perf_counter() - began < SECONDS:
            await call(next(numbers))
            done += 1

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return done, time.perf_counter() - began


def order(number: int) -> dict[str, Any]:
    return {
        "kind": "purchase", "occurred_at": "2026-11-02T12:00:00Z", "source": "shop", "external_id": f"api-{number}",
        "amount_minor": 1_000 + number % 9_000, "currency": "GBP", "code": f"BENCH{number % CREATORS}",
    }  # fmt: skip


def shop_order(number: int) -> bytes:
    """A paid order as Shopify's orders/paid tells it, as far as it is read."""
    body = {
        "id": 1_000_000 + number, "currency": "GBP", "financial_status": "paid",
        "created_at": "2026-11-02T12:00:00Z", "processed_at": "2026-11-02T12:00:00Z",
        "updated_at": "2026-11-02T12:00:05Z", "subtotal_price": f"{10 + number % 90}.00", "total_discounts": "1.00",
        "discount_codes": [{"code": f"BENCH{number % CREATORS}", "amount": "1.00", "type": "fixed_amount"}],
        "customer": {"id": number, "email": f"customer{number}@example.com"}, "line_items": [],
    }  # fmt: skip
    return json.dumps(body).encode()


async def make_creators(client: httpx.AsyncClient) -> str:
    """Creators with ten per cent and a code each, and a receiver; the receiver's identifier."""

    async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await client.post(path, json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    campaign = await post("/v1/campaigns", {"name": "measured", "currency": "GBP"})
    terms = {"compensation": [{"kind": "commission", "percent_bp": 1_000}], "hold_days": 0}
    for number in range(CREATORS):
        account = {"platform": "bluesky", "handle": f"creator{number}.example.com"}
        partner = await post("/v1/partners", {"accounts": [account]})
        body = {"campaign_id": campaign["id"], "partner_id": partner["id"], "terms": terms}
        made = await post("/v1/partnerships", body)
        await post(f"/v1/partnerships/{made['id']}/approve", {})
        await post("/v1/codes", {"partnership_id": made["id"], "code": f"BENCH{number}"})
    receiver = await post("/v1/receivers", {"kind": "shopify", "source": "shopify", "secret": SECRET})
    return str(receiver["id"])


async def single_rows(url: str) -> None:
    """The bare cost of a durable row: one INSERT and its commit at a time on each connection."""
    connections = [await asyncpg.connect(url) for _ in range(CONNECTIONS)]
    await connections[0].execute(_TABLE)
    free = asyncio.Queue[asyncpg.Connection]()
    for connection in connections:
        free.put_nowait(connection)

    async def insert(number: int) -> None:
        connection = await free.get()
        await connection.execute("INSERT INTO single (id, body) VALUES ($1, $2)", number, json.dumps(order(number)))
        free.put_nowait(connection)

    done, took = await sustained(insert)
    print(f"single-row INSERT, {CONNECTIONS} connections: {done / took:.0f} rows a second")
    await connections[0].execute("DROP TABLE single")
    for connection in connections:
        await connection.close()


async def by_api(client: httpx.AsyncClient, connection: asyncpg.Connection, web: psutil.Process) -> None:
    async def send(number: int) -> None:
        answer = await client.post("/v1/conversions", json=order(number))
        assert answer.status_code == 201, answer.text

    before = sum(web.cpu_times()[:2])
    done, took = await sustained(send)
    each = (sum(web.cpu_times()[:2]) - before) / done * 1000
    stored = await connection.fetchval(
        "SELECT count(*) FROM attribution.conversions WHERE source = 'shop' AND state = 'attributed'"
    )
    assert stored == done, (stored, done)
    print(f"API: {done / took:.0f} conversions a second, decided, credited and in the ledger when answered")
    print(f"     {each:.1f} ms of the web process's core for each")


async def by_webhook(client: httpx.AsyncClient, connection: asyncpg.Connection, receiver: str) -> None:
    count = "SELECT count(*) FROM attribution.conversions WHERE source = 'shopify' AND state = 'attributed'"

    async def send(number: int) -> None:
        body = shop_order(number)
        digest = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
        headers = {
            "X-Shopify-Hmac-Sha256": digest, "X-Shopify-Topic": "orders/paid", "X-Shopify-Webhook-Id": f"w{number}",
        }  # fmt: skip
        answer = await client.post(f"/in/{receiver}", content=body, headers=headers)
        assert answer.status_code == 202, answer.text

    began = time.perf_counter()
    done, took = await sustained(send)
    print(f"webhook: {done / took:.0f} deliveries a second verified, stored and answered 202")
    async with asyncio.timeout(600):
        while (worked := await connection.fetchval(count)) < done:  # noqa: ASYNC110  # another process works them off
            await asyncio.sleep(0.2)
    assert worked == done, (worked, done)
    whole = time.perf_counter() - began
    print(f"webhook: {done / whole:.0f} conversions a second from the first delivery to the last credit")


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="gs-bench-") as name:
        installation = Installation(Path(name))
        cluster = installation.start_database()
        try:
            await installation.migrate(cluster)
            print("durability:", json.dumps(await installation.durability(cluster)))
            await single_rows(installation.url(cluster))
            installation.start("app", cluster)
            installation.start("worker", cluster)
            await installation.until_ready()
            limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
            headers = {"Authorization": f"Bearer {installation.key}"}
            connection = await asyncpg.connect(installation.url(cluster))
            async with httpx.AsyncClient(
                base_url=installation.base_url, headers=headers, limits=limits, timeout=60
            ) as client:
                receiver = await make_creators(client)
                await by_api(client, connection, psutil.Process(installation.processes["app"].pid))
                await by_webhook(client, connection, receiver)
            await connection.close()
        finally:
            installation.erase()


if __name__ == "__main__":
    asyncio.run(main())
