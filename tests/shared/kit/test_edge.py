"""The edge: commit before answering, one answer per key, scopes, and clear refusals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from shared.schemas.identity import Scope
from tests.house import Tenant, make_tenant, open_house

FAIL_AT_COMMIT = """
    CREATE FUNCTION identity.refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'refused at commit'; END $$;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON identity.idempotency_keys
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION identity.refuse();
    GRANT EXECUTE ON FUNCTION identity.refuse() TO PUBLIC"""


@pytest.fixture
async def alone(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Tenant]:
    """A tenant in a database of its own."""
    async with AsyncExitStack() as stack:
        yield await make_tenant(await open_house(stack, fresh_database_url, tmp_path))


async def workspaces(tenant: Tenant) -> int:
    connection = await asyncpg.connect(tenant.house.runtime("attribution").identity.url.replace("+asyncpg", ""))
    try:
        found: int = await connection.fetchval("SELECT count(*) FROM identity.workspaces")
        return found
    finally:
        await connection.close()


async def test_a_failed_commit_answers_500_and_leaves_nothing(alone: Tenant) -> None:
    connection = await asyncpg.connect(alone.house.runtime("attribution").identity.url.replace("+asyncpg", ""))
    await connection.execute(FAIL_AT_COMMIT)
    await connection.close()
    before = await workspaces(alone)
    async with alone.client("attribution") as client:
        answer = await client.post("/v1/workspaces", json={"name": "one"}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, await workspaces(alone)) == (500, before)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_eight_equal_requests_at_once_make_one_row_and_eight_equal_answers(alone: Tenant) -> None:
    before = await workspaces(alone)
    async with alone.client("attribution") as client:
        answers = await asyncio.gather(
            *(client.post("/v1/workspaces", json={"name": "one"}, headers={"Idempotency-Key": "k"}) for _ in range(8))
        )
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await workspaces(alone) == before + 1


async def test_the_same_key_in_another_workspace_is_another_key(tenant: Tenant, other_tenant: Tenant) -> None:
    ids = []
    for one in (tenant, other_tenant):
        async with one.client("attribution") as client:
            made = await client.post("/v1/workspaces", json={"name": "one"}, headers={"Idempotency-Key": "shared"})
            ids.append(made.json()["id"])
    assert ids[0] != ids[1]


async def test_a_refused_request_does_not_hold_its_key(tenant: Tenant) -> None:
    async with tenant.client("attribution") as client:
        refused = await client.post("/v1/workspaces", json={"name": ""}, headers={"Idempotency-Key": "k2"})
        made = await client.post("/v1/workspaces", json={"name": "good"}, headers={"Idempotency-Key": "k2"})
    assert (refused.status_code, made.status_code) == (422, 201)


@pytest.mark.parametrize(
    ("authorization", "status"),
    [("", 401), ("Bearer", 401), ("Bearer gsk_unknown", 401), ("Basic Zm9v", 401), ("Bearer gst_x.y", 401)],
)
async def test_a_caller_without_a_valid_credential_is_refused(tenant: Tenant, authorization: str, status: int) -> None:
    async with tenant.client("attribution") as client:
        answer = await client.get("/v1/keys", headers={"Authorization": authorization})
    assert answer.status_code == status
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_key_without_the_scope_is_told_which_one(tenant: Tenant) -> None:
    reader = await make_tenant(tenant.house, scopes=[Scope.READ])
    async with reader.client("attribution") as client:
        answer = await client.get("/v1/keys")
    assert (answer.status_code, "admin" in answer.json()["detail"]) == (403, True)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 422),
        (b'{"name": "\xff\xfe"}', "application/json", 400),
        (b'{"name": "a\\u0000b"}', "application/json", 422),
        (b'{"name": "\\ud800"}', "application/json", 422),
        (b'{"\\udbc0": 1}', "application/json", 422),
        (b"[]", "application/json", 422),
        (b'{"name": "plain"}', "text/plain", 422),
        (b'{"name": "' + b"x" * 1_000_001 + b'"}', "application/json", 413),
    ],
)
async def test_a_body_that_cannot_be_read_gets_a_clear_problem(
    tenant: Tenant, content: bytes, kind: str, status: int
) -> None:
    async with tenant.client("attribution") as client:
        answer = await client.post("/v1/workspaces", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/nothing", 404), ("PUT", "/v1/keys", 405)])
async def test_an_unknown_address_gets_a_problem(tenant: Tenant, method: str, path: str, status: int) -> None:
    async with tenant.client("attribution") as client:
        answer = await client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_a_lost_database_answers_503_with_retry_after(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        house = await open_house(stack, "postgresql+asyncpg://nobody@127.0.0.1:9/none", tmp_path)
        async with Tenant(house, None, "gsk_any").client("attribution") as client:  # type: ignore[arg-type]  # never reached
            answer = await client.get("/v1/keys")
            ready = await client.get("/readyz")
            alive = await client.get("/healthz")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert (ready.status_code, alive.status_code) == (503, 200)
