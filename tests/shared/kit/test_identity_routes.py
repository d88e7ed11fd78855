"""Workspaces and keys over HTTP."""

from tests.house import Tenant


async def test_a_new_key_works_at_once_and_its_secret_is_shown_once(tenant: Tenant) -> None:
    async with tenant.client("attribution") as client:
        made = await client.post("/v1/keys", json={"name": "shop", "scopes": ["read", "admin"]})
        assert made.status_code == 201, made.text
        secret = made.json()["secret"]
        listed = await client.get("/v1/keys", headers={"Authorization": f"Bearer {secret}"})
    assert listed.status_code == 200
    assert all("secret" not in key for key in listed.json()["items"])


async def test_a_revoked_key_is_refused(tenant: Tenant) -> None:
    async with tenant.client("attribution") as client:
        made = (await client.post("/v1/keys", json={"name": "shop", "scopes": ["admin"]})).json()
        assert (await client.delete(f"/v1/keys/{made['id']}")).status_code == 204
        refused = await client.get("/v1/keys", headers={"Authorization": f"Bearer {made['secret']}"})
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"


async def test_an_equal_idempotency_key_makes_one_workspace(tenant: Tenant) -> None:
    async with tenant.client("attribution") as client:
        first = await client.post("/v1/workspaces", json={"name": "one"}, headers={"Idempotency-Key": "k1"})
        again = await client.post("/v1/workspaces", json={"name": "one"}, headers={"Idempotency-Key": "k1"})
        other = await client.post("/v1/workspaces", json={"name": "two"}, headers={"Idempotency-Key": "k1"})
    assert first.status_code == 201
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_mismatch"


async def test_every_fault_of_a_body_is_named(tenant: Tenant) -> None:
    async with tenant.client("attribution") as client:
        answer = await client.post("/v1/keys", json={"name": "", "scopes": ["read", "fly"], "more": 1})
    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {"/name", "/scopes/1", "/more"}
