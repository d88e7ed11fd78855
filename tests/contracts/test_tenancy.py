"""One workspace's objects do not exist for another: by address, in bodies, in lists, behind cursors."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from shared.kit.db import Database
from shared.schemas.identity import Scope
from tests.contracts.catalogue import ADMIN_ONLY, Caller, Operation, World, build_world, is_id, operations
from tests.house import Tenant, make_tenant, open_house

ALL = operations()
KNOWN = {operation.id: operation for operation in ALL}


@pytest.fixture(scope="module")
async def world(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        house = await open_house(stack, database_url, tmp_path_factory.mktemp("tenancy"))
        yield await build_world(await make_tenant(house))


@pytest.fixture(scope="module")
async def stranger(world: World) -> Tenant:
    """Another workspace, with every scope but the installation's."""
    return await make_tenant(world.tenant.house, scopes=[scope for scope in Scope if scope is not Scope.ADMIN])


@pytest.mark.parametrize("operation", [o for o in ALL if not o.writes], ids=lambda o: o.id)
async def test_its_owner_reads_it(world: World, operation: Operation) -> None:
    async with world.tenant.client(operation.service) as client:
        answer = await Caller(world, KNOWN).request(client, operation)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("operation", [o for o in ALL if o.path_ids], ids=lambda o: o.id)
async def test_for_another_workspace_it_is_not_there(world: World, stranger: Tenant, operation: Operation) -> None:
    caller = Caller(world, KNOWN)
    ids, body = await caller.prepare(operation)
    async with stranger.client(operation.service) as client:
        answer = await caller.request(client, operation, ids=ids, body=body)
    assert answer.status_code == (403 if operation.id in ADMIN_ONLY else 404), answer.text


@pytest.mark.parametrize(
    "operation", [o for o in ALL if o.writes and not o.path_ids and o.id not in ADMIN_ONLY], ids=lambda o: o.id
)
async def test_an_id_of_another_workspace_in_a_body_is_not_found(
    world: World, stranger: Tenant, operation: Operation
) -> None:
    caller = Caller(world, KNOWN)
    ids, body = await caller.prepare(operation)
    assert (ids_in(body) & set(ids.values()) == set()) == (operation.id in NAME_NOTHING_OF_THE_WORKSPACE)
    if operation.id in NAME_NOTHING_OF_THE_WORKSPACE:
        return
    async with stranger.client(operation.service) as client:
        answer = await caller.request(client, operation, ids=ids, body=body)
    assert answer.status_code == 404, answer.text


# Bodies that hold no identifier: values, names and what other systems call things.
NAME_NOTHING_OF_THE_WORKSPACE = {
    "create_import", "create_import_mapping", "create_search", "estimate_search", "create_webhook_endpoint",
    "create_scores", "create_campaign", "create_partner", "create_domain", "judge_hits_again", "put_visitor_settings",
    "create_conversion", "import_conversions", "create_refund_by_order", "create_payout", "create_receiver",
    "put_exchange_rate", "propose_people",
}  # fmt: skip


def ids_in(body: object) -> set[str]:
    """Every identifier of a body, however deep, also in a file."""
    written = body.decode() if isinstance(body, bytes) else json.dumps(body)
    return set(re.findall(r"\b[a-z]{3}_[0-9a-z]{26}\b", written))


@pytest.mark.parametrize(
    "operation",
    [o for o in ALL if not o.writes and not o.path_ids and o.id not in ADMIN_ONLY],
    ids=lambda o: o.id,
)
async def test_anothers_list_holds_none_of_it(world: World, stranger: Tenant, operation: Operation) -> None:
    async with stranger.client(operation.service) as client:
        answer = await Caller(world, KNOWN).request(client, operation)
    # what a workspace has one of is not there for who never made it, where the document says so
    assert answer.status_code == 200 or (answer.status_code == 404 and "404" in operation.document["responses"])
    assert [value for value in world.ids.values() if is_id(value) and value in answer.text] == []


# Left out: visits, bodies of many points, and evidence of several accounts make these longer.
HARD_TO_LENGTHEN = {"list_hits", "list_metrics", "list_people"}
LISTS = [
    o for o in ALL
    if any(one["name"] == "cursor" for one in o.document.get("parameters", []))
    and not o.path_ids and o.id not in ADMIN_ONLY | HARD_TO_LENGTHEN
]  # fmt: skip

# What makes a list longer, where it is not called after the list; None where there are several from the start.
LENGTHENS = {
    "list_creators": None, "list_platforms": None, "list_benchmarks": None, "list_searches": "create_search",
    "list_watches": "create_watch", "list_exchange_rates": "put_exchange_rate",
    "list_deliverables": "approve_partnership", "list_ledger_entries": "approve_fees",
    "list_balances": "approve_fees",
}  # fmt: skip


@pytest.mark.parametrize("operation", LISTS, ids=lambda o: f"{o.service}-{o.id}")
async def test_a_cursor_does_not_open_another_workspace(world: World, stranger: Tenant, operation: Operation) -> None:
    known = KNOWN | {one.id: one for one in ALL if one.service == operation.service}
    maker = LENGTHENS.get(operation.id, f"create_{operation.id.removeprefix('list_').removesuffix('s')}")
    for _ in range(2 if maker else 0):
        await Caller(world, known).make(str(maker))
    async with world.tenant.client(operation.service) as client:
        cursor = (await client.get(operation.path, params={"limit": 1})).json()["next_cursor"]
        assert (await client.get(operation.path, params={"cursor": cursor})).status_code == 200
    async with stranger.client(operation.service) as client:
        assert (await client.get(operation.path, params={"cursor": cursor})).status_code == 404


async def test_no_role_reads_another_workspaces_rows(world: World) -> None:
    """On one pooled connection: the owner sees its rows in every table, a stranger none after it, nobody sees any."""
    owner, stranger = world.tenant.workspace_id, (await make_tenant(world.tenant.house)).workspace_id
    seen: dict[str, list[int]] = {}
    for schema in ("identity", "discovery", "scoring", "attribution"):
        runtime = world.tenant.house.runtime("attribution" if schema == "identity" else schema)
        url = (runtime.identity if schema == "identity" else runtime.database).url
        pool = Database(url, schema=schema, pool_size=1)
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        backends = set()
        try:
            for (table,) in await connection.fetch(TENANT_TABLES, schema):
                await fill(connection, f"{schema}.{table}", owner)
                counts = seen[f"{schema}.{table}"] = []
                for workspace in (owner, stranger, None):
                    async with pool.tenant_session(workspace) if workspace else pool.system_session() as session:
                        if workspace is None:
                            await session.execute(text(f"SET LOCAL ROLE gs_{schema}_app"))
                        count, backend = (
                            await session.execute(text(f"SELECT count(*), pg_backend_pid() FROM {schema}.{table}"))
                        ).one()
                    counts.append(count)
                    backends.add(backend)
        finally:
            await connection.close()
            await pool.dispose()
        assert len(backends) == 1
    own = {"identity.workspaces": 1, "identity.keys": 1}
    leaks = {name: counts for name, counts in seen.items() if counts[1] != own.get(name, 0) or counts[2] != 0}
    assert leaks == {}
    assert [name for name, counts in seen.items() if counts[0] == 0] == []


TENANT_TABLES = """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
    WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND has_table_privilege('gs_' || $1 || '_app', c.oid, 'SELECT')"""

VALUES = {
    "uuid": "gen_random_uuid()", "text": "'x'", "timestamptz": "now()", "jsonb": "'{}'", "bytea": "''", "bool": "false",
    "int4": "1", "int8": "1", "date": "current_date", "_text": "'{}'", "_uuid": "'{}'", "float8": "1", "_int8": "'{}'",
    "xid8": "'1'",
}  # fmt: skip


async def fill(connection: asyncpg.Connection, table: str, workspace_id: UUID) -> None:
    """Give the workspace a row, of no meaning, in a table that the public API left empty, such as staging."""
    if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table} WHERE workspace_id = $1)", workspace_id):
        return
    columns = await connection.fetch(
        """SELECT attname, typname FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
        WHERE attrelid = $1::regclass AND attnum > 0 AND attnotnull AND NOT attisdropped AND attname <> 'workspace_id'
          AND attgenerated = '' AND attidentity = ''""",
        table,
    )
    names = ", ".join(["workspace_id", *(name for name, _ in columns)])
    values = ", ".join(["$1", *(VALUES[kind] for _, kind in columns)])
    async with connection.transaction():
        # the row refers to nothing real
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", workspace_id)


async def test_a_reference_to_anothers_search_ranking_or_creator_is_refused_and_stores_nothing(
    world: World, stranger: Tenant
) -> None:
    campaign = {"name": "borrowed", "currency": "GBP"}
    partner = {"platform": "instagram", "platform_id": "borrowed", "handle": "borrowed"}
    creator = {"creator_id": world.ids["creator_id"]}
    async with world.tenant.client("attribution") as mine, stranger.client("attribution") as theirs:
        own = (await theirs.post("/v1/partners", json={"accounts": [{"platform": "x", "handle": "own"}]})).json()
        refused = [
            await theirs.post("/v1/campaigns", json={**campaign, "search_id": world.ids["search_id"]}),
            await theirs.post("/v1/campaigns", json={**campaign, "ranking_id": world.ids["ranking_id"]}),
            await theirs.post("/v1/partners", json={"accounts": [{**partner, **creator}]}),
            await theirs.post(f"/v1/partners/{own['id']}/accounts", json={**partner, **creator}),
        ]
        assert [answer.status_code for answer in refused] == [404, 404, 404, 404]
        names = [one["name"] for one in (await theirs.get("/v1/campaigns?limit=100")).json()["items"]]
        handles = [
            account["handle"]
            for one in (await theirs.get("/v1/partners?limit=100")).json()["items"]
            for account in one["accounts"]
        ]
        assert "borrowed" not in {*names, *handles}
        origins = {name: world.ids[name] for name in ("search_id", "ranking_id")}
        taken = [
            await mine.post("/v1/campaigns", json={**campaign, **origins}),
            await mine.post("/v1/partners", json={"accounts": [{**partner, **creator}]}),
        ]
        assert [answer.status_code for answer in taken] == [201, 201]
        assert {name: taken[0].json()[name] for name in origins} == origins
        assert taken[1].json()["accounts"][0]["creator_id"] == world.ids["creator_id"]
