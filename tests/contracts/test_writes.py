"""Every writing route: a failure at COMMIT leaves nothing, and equal requests at once make one object."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asyncpg
import httpx
import pytest

from tests.contracts.catalogue import Caller, Operation, World, build_world, operations
from tests.house import make_tenant, open_house
from tests.processes import running

pytestmark = pytest.mark.slow

ALL = operations()
KNOWN = {operation.id: operation for operation in ALL}
WRITES = [operation for operation in ALL if operation.writes]
SCHEMAS = ("identity", "discovery", "scoring", "attribution")

# The key of the request is the last thing that it writes, so a refusal of that row at COMMIT is a failed COMMIT.
REFUSE_AT_COMMIT = """
    CREATE FUNCTION {schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.key LIKE 'refuse%' THEN RAISE EXCEPTION 'refused at commit'; END IF; RETURN NULL; END $$;
    GRANT EXECUTE ON FUNCTION {schema}.refuse() TO PUBLIC;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON {schema}.idempotency_keys
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.refuse()"""


REFUSE_DELIVERIES = """
    CREATE FUNCTION attribution.refuse_delivery() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.topic LIKE 'refuse%' THEN RAISE EXCEPTION 'refused at commit'; END IF; RETURN NULL; END $$;
    GRANT EXECUTE ON FUNCTION attribution.refuse_delivery() TO PUBLIC;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON attribution.inbound_deliveries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION attribution.refuse_delivery()"""


@pytest.fixture(scope="module")
async def world(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        house = await open_house(stack, module_database_url, tmp_path_factory.mktemp("writes"))
        built = await build_world(await make_tenant(house))
        connection = await asyncpg.connect(module_database_url.replace("+asyncpg", ""))
        for schema in SCHEMAS:
            await connection.execute(REFUSE_AT_COMMIT.format(schema=schema))
        await connection.execute(REFUSE_DELIVERIES)
        await connection.close()
        yield built


@pytest.fixture(scope="module")
async def pairs(
    world: World, module_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[dict[str, str]]]:
    """Two processes of each service over the world's database."""
    home = tmp_path_factory.mktemp("processes")
    databases = {"DATABASE_URL": module_database_url}
    async with running(home, databases=databases) as one, running(home, databases=databases) as two:
        yield [one, two]


async def rows(url: str) -> dict[str, tuple[int, str | None]]:
    """How many rows each table of ours holds, and a digest of everything in them."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        tables = await connection.fetch(
            """SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition""",
            list(SCHEMAS),
        )
        digest = "md5(string_agg(md5(t::text), '' ORDER BY md5(t::text)))"
        return {
            name: tuple(await connection.fetchrow(f"SELECT count(*), {digest} FROM {name} t")) for (name,) in tables
        }
    finally:
        await connection.close()


@pytest.mark.parametrize("operation", WRITES, ids=lambda o: o.id)
async def test_a_failure_at_commit_answers_500_and_leaves_nothing(
    world: World, module_database_url: str, operation: Operation
) -> None:
    caller = Caller(world, KNOWN)
    ids, body = await caller.prepare(operation)
    before = await rows(module_database_url)
    async with world.tenant.client(operation.service) as client:
        answer = await caller.request(client, operation, ids=ids, body=body, key=f"refuse-{operation.id}")
    after = await rows(module_database_url)
    changed = {name: (before[name], count) for name, count in after.items() if count != before[name]}
    assert (answer.status_code, changed) == (500, {}), answer.text


async def test_a_failure_at_commit_of_an_inbound_delivery_answers_500_and_leaves_nothing(
    world: World, module_database_url: str
) -> None:
    body = b'{"id": 1}'
    digest = base64.b64encode(hmac.new(b"the-secret-of-the-shop", body, hashlib.sha256).digest()).decode()
    headers = {"X-Shopify-Hmac-Sha256": digest, "Content-Type": "application/json"}
    answers = []
    async with world.tenant.client("attribution") as client:
        for topic in ("refuse/paid", "orders/paid"):
            before = await rows(module_database_url)
            answer = await client.post(
                f"/in/{world.ids['receiver_id']}", content=body, headers={**headers, "X-Shopify-Topic": topic}
            )
            answers.append((answer.status_code, before == await rows(module_database_url)))
    assert answers == [(500, True), (202, False)]


@pytest.mark.parametrize("operation", WRITES, ids=lambda o: o.id)
async def test_eight_equal_requests_over_two_processes_make_one_object_and_eight_equal_answers(
    world: World, pairs: list[dict[str, str]], operation: Operation
) -> None:
    caller = Caller(world, KNOWN)
    ids, body = await caller.prepare(operation)
    # What deletes everything does so in a workspace of its own.
    tenant = await make_tenant(world.tenant.house) if operation.id == "delete_workspace_data" else world.tenant
    headers = {"Authorization": f"Bearer {tenant.key}"}
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=pair[operation.service], headers=headers, timeout=60)
            )
            for pair in pairs
        ]
        answers = await asyncio.gather(
            *(
                caller.request(clients[n % 2], operation, ids=ids, body=body, key=f"equal-{operation.id}")
                for n in range(8)
            )
        )
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (answers[0].status_code, answers[0].content)
    }
    assert answers[0].status_code < 300, answers[0].text
    replayed = [answer for answer in answers if answer.headers.get("idempotency-replayed") == "true"]
    assert len(replayed) == 7
