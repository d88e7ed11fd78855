"""Claims about erasing a creator: what every service forgets, what stays without a name, and what never comes back."""

import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import zstandard

from shared.clients.discovery import DiscoveryClient
from shared.schemas.events import CreatorErased
from shared.schemas.ids import decode
from tests.contracts.catalogue import BRIEF
from tests.house import Tenant

HANDLE, PLATFORM_ID = "ana.on.the.fell", "17841409990001"
FEE = {"kind": "fee", "amount_minor": 15_000, "currency": "GBP", "due": "signing"}


def archive(*, names: bool = True) -> bytes:
    """Ana and Ben post in the niche; each comments under the other's posts, and Ben's words name Ana."""
    said = f"Thanks @{HANDLE} and\n@{HANDLE.upper()}!" if names else "Thanks!"
    lines: list[dict[str, Any]] = [
        {
            "kind": "creator", "platform": "instagram", "platform_id": PLATFORM_ID, "handle": HANDLE,
            "followers": 4_200, "url": f"https://instagram.com/{HANDLE}",
        },
        {"kind": "creator", "platform": "instagram", "platform_id": "2002002", "handle": "ben", "followers": 5_200},
    ]  # fmt: skip
    for author in (PLATFORM_ID, "2002002"):
        lines += [
            {
                "kind": "post", "platform": "instagram", "platform_id": f"p{author}{n}", "author_id": author,
                "text": f"{'' if author == PLATFORM_ID else said} Up before the sun, fell running #fellrunning",
                "likes": 20 * n, "comments": n, "created_at": f"2026-11-{n + 1:02d}T06:00:00Z",
            }
            for n in range(5)
        ]  # fmt: skip
    lines += [
        {
            "kind": "comment", "platform": "instagram", "post_id": f"p{post}{n}", "author_id": author, "text": said,
            "platform_id": f"c{author}{n}",
        }
        for post, author in ((PLATFORM_ID, "2002002"), ("2002002", PLATFORM_ID))
        for n in range(3)
    ]  # fmt: skip
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


async def send(tenant: Tenant, service: str, method: str, path: str, **request: Any) -> Any:
    async with tenant.client(service) as client:
        answer = await client.request(method, path, timeout=60, **request)
    assert answer.status_code < 300, (path, answer.text)
    return answer.json() if answer.content else None


async def load(tenant: Tenant, body: bytes) -> None:
    await send(
        tenant, "discovery", "POST", "/v1/imports", content=body, headers={"Content-Type": "application/x-ndjson"}
    )
    await tenant.house.run_jobs()


async def found(tenant: Tenant) -> dict[str, str]:
    """Handles of a fresh search's candidates with their creators."""
    body = {"brief": BRIEF, "sources": ["archive"], "name": f"who knows @{HANDLE}"}
    search = await send(tenant, "discovery", "POST", "/v1/searches", json=body)
    await tenant.house.run_jobs()
    items = (await send(tenant, "discovery", "GET", f"/v1/searches/{search['id']}/candidates"))["items"]
    return {item["creator"]["handle"]: item["creator"]["id"] for item in items} | {"search": search["id"]}


async def pay(tenant: Tenant, creator_id: str) -> None:
    """A paid partnership with a code, a link, a post and a conversion that all carry the name."""
    brief = {**BRIEF, "name": "spring"}
    campaign = await send(tenant, "attribution", "POST", "/v1/campaigns", json={"brief": brief, "currency": "GBP"})
    account = {
        "platform": "instagram", "platform_id": PLATFORM_ID, "handle": HANDLE, "creator_id": creator_id,
        "url": f"https://instagram.com/{HANDLE}",
    }  # fmt: skip
    partner = await send(
        tenant, "attribution", "POST", "/v1/partners", json={"name": f"Ana ({HANDLE})", "accounts": [account]}
    )
    terms = {
        "compensation": [FEE, {"kind": "commission", "percent_bp": 1_000}], "disclosure": {"text": "#ad"},
        "must_say": [f"made by @{HANDLE}"],
    }  # fmt: skip
    body = {"campaign_id": campaign["id"], "partner_id": partner["id"], "terms": terms}
    partnership = await send(tenant, "attribution", "POST", "/v1/partnerships", json=body)
    of = {"partnership_id": partnership["id"]}
    await send(tenant, "attribution", "POST", f"/v1/partnerships/{partnership['id']}/approve", json={"note": HANDLE})
    link = {**of, "destination_url": f"https://shop.example.com/{HANDLE}", "label": HANDLE}
    await send(tenant, "attribution", "POST", "/v1/links", json=link, headers={"Idempotency-Key": "one"})
    code = await send(tenant, "attribution", "POST", "/v1/codes", json={**of, "percent_bp": 1_000})
    post = {**of, "url": f"https://instagram.com/{HANDLE}/p/1", "published_at": "2026-11-20T08:15:00Z"}
    await send(tenant, "attribution", "POST", "/v1/posts", json=post)
    conversion = {
        "kind": "purchase", "occurred_at": "2026-11-20T09:30:00Z", "amount_minor": 8_990, "currency": "GBP",
        "code": code["code"], "external_id": "order-1", "source": "shop",
    }  # fmt: skip
    await send(tenant, "attribution", "POST", "/v1/conversions", json=conversion)
    await tenant.house.run_jobs()
    await send(
        tenant, "attribution", "POST", f"/v1/partnerships/{partnership['id']}/fees", json={"memo": f"for @{HANDLE}"}
    )
    csv = f"kind,occurred_at,external_id,code\nlead,2026-11-02T09:30:00Z,lead-1,{HANDLE}\n".encode()
    headers = {"Content-Type": "text/csv"}
    await send(tenant, "attribution", "POST", "/v1/conversions/import", content=csv, headers=headers)
    await tenant.house.run_jobs()


async def dump(tenant: Tenant) -> dict[str, list[str]]:
    """Where the names still stand: every column of text, JSON or bytes of every table, as it is and unpacked."""
    needles = (HANDLE.encode(), PLATFORM_ID.encode())
    places: dict[str, list[str]] = {}
    url = tenant.house.runtime("discovery").database.url.replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    try:
        columns = await connection.fetch(
            """SELECT n.nspname || '.' || quote_ident(c.relname) AS place, a.attname, t.typname,
                EXISTS (SELECT FROM pg_attribute w WHERE w.attrelid = c.oid AND w.attname = 'workspace_id') AS ours
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            JOIN pg_type t ON t.oid = a.atttypid
            WHERE n.nspname IN ('identity', 'discovery', 'scoring', 'attribution') AND c.relkind IN ('r', 'p')
                AND NOT c.relispartition AND t.typname IN ('text', 'jsonb', '_text', 'bytea', 'varchar', 'json')"""
        )
        for place, column, kind, ours in columns:
            own = f"WHERE workspace_id = '{tenant.workspace_id}'" if ours else ""
            value = f'"{column}"' if kind == "bytea" else f'CAST("{column}" AS text)'
            for row in await connection.fetch(f"SELECT {value} AS value FROM {place} {own}"):
                raw = row["value"]
                if raw is None:
                    continue
                plain = bytes(raw) if isinstance(raw, bytes) else raw.encode()
                if plain.startswith(b"\x28\xb5\x2f\xfd"):
                    plain = zstandard.ZstdDecompressor().decompress(plain, max_output_size=256_000_000)
                if any(needle in plain.lower() for needle in needles):
                    places.setdefault(f"{place}.{column}", []).append(plain.decode("utf-8", "replace")[:300])
    finally:
        await connection.close()
    return places


async def erase(tenant: Tenant, creator_id: str) -> dict[str, Any]:
    made: dict[str, Any] = await send(tenant, "discovery", "DELETE", f"/v1/creators/{creator_id}")
    await tenant.house.run_jobs(rounds=3)
    erasure: dict[str, Any] = await send(tenant, "discovery", "GET", f"/v1/erasures/{made['id']}")
    return erasure


@pytest.mark.slow
async def test_no_service_holds_the_name_of_a_paid_partner_and_the_next_search_does_not_bring_it_back(
    tenant: Tenant,
) -> None:
    await load(tenant, archive())
    people = await found(tenant)
    ranking = await send(
        tenant, "scoring", "POST", "/v1/rankings", json={"search_id": people["search"], "brief": BRIEF}
    )
    await tenant.house.run_jobs()
    path = f"/v1/rankings/{ranking['id']}/scores/{people[HANDLE]}"
    await send(tenant, "scoring", "GET", path)
    await pay(tenant, people[HANDLE])
    before = await dump(tenant)
    assert {one.partition(".")[0] for one in before} == {"discovery", "scoring", "attribution"}
    erasure = await erase(tenant, people[HANDLE])
    assert (erasure["status"], set(erasure["confirmed"])) == ("completed", {"discovery", "scoring", "attribution"})
    assert await dump(tenant) == {}
    async with tenant.client("scoring") as client:
        gone = await client.get(path)
        assert (gone.status_code, gone.json()["code"]) == (410, "evidence_expired")
    async with tenant.client("attribution") as client:
        entries = (await client.get("/v1/ledger/entries")).json()["items"]
    assert "15000" in json.dumps(entries)
    # the next import holds the same lines, and the next search is made over them
    await load(tenant, archive(names=False))
    again = await found(tenant)
    assert HANDLE not in again
    assert "ben" in again
    assert "discovery.creators.platform_id" not in await dump(tenant)


async def test_others_words_keep_their_sense_without_the_name(tenant: Tenant) -> None:
    await load(tenant, archive())
    people = await found(tenant)
    await erase(tenant, people[HANDLE])
    url = tenant.house.runtime("discovery").database.url.replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    try:
        texts = await connection.fetch(
            "SELECT DISTINCT text FROM discovery.posts WHERE workspace_id = $1 AND NOT stub", tenant.workspace_id
        )
        tombstones = await connection.fetch(
            "SELECT kind, octet_length(digest) AS size FROM discovery.tombstones WHERE workspace_id = $1 ORDER BY 1",
            tenant.workspace_id,
        )
    finally:
        await connection.close()
    said = "Thanks @[erased] and\n@[erased]! Up before the sun, fell running #fellrunning"
    assert [row["text"] for row in texts] == [said]
    assert [tuple(row) for row in tombstones] == [("account", 32), ("handle", 32)]


@pytest.mark.parametrize("handle", ["409320", "0"])
async def test_a_handle_of_digits_takes_no_count_with_it(tenant: Tenant, handle: str) -> None:
    body = archive().replace(HANDLE.encode(), handle.encode()).replace(HANDLE.upper().encode(), handle.encode())
    await load(tenant, body.replace(b'"likes": 40,', b'"likes": 409320,').replace(b"before", b"at 409320 before"))
    people = await found(tenant)
    erasure = await erase(tenant, people[handle])
    assert (erasure["status"], len(erasure["confirmed"])) == ("completed", 3)
    url = tenant.house.runtime("discovery").database.url.replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(
            """SELECT text, counts #>> '{likes,value}' AS likes FROM discovery.posts
            WHERE workspace_id = $1 AND platform_id = 'p20020022'""",
            tenant.workspace_id,
        )
    finally:
        await connection.close()
    plain = "[erased]" if handle == "409320" else "409320"
    assert row["text"] == f"Thanks @[erased] and\n@[erased]! Up at {plain} before the sun, fell running #fellrunning"
    assert row["likes"] == "409320"


async def test_the_erasure_is_told_and_nothing_else_of_the_creator(tenant: Tenant) -> None:
    await load(tenant, archive())
    people = await found(tenant)
    await erase(tenant, people[HANDLE])
    feed = await DiscoveryClient(tenant.house.runtime("attribution"), workspace_id=tenant.workspace_id).events(
        after=None
    )
    creator_id: UUID = decode("crt", people[HANDLE])
    assert [(type(event), event.creator_id) for event in feed.items] == [(CreatorErased, creator_id)]
