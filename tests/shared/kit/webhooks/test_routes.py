"""Webhook endpoints over HTTP, on every service: made, read, changed, tested, and closed to other workspaces."""

from typing import Any

import pytest

from shared.kit.ids import new_id
from shared.kit.webhooks import service
from shared.schemas.ids import encode
from tests.house import Tenant

SERVICES = ["discovery", "scoring", "attribution"]
URL = "https://hooks.example.com/in"


async def make(tenant: Tenant, where: str = "discovery", **body: Any) -> dict[str, Any]:
    async with tenant.client(where) as client:
        made = await client.post("/v1/webhook-endpoints", json={"url": URL, **body})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


@pytest.mark.parametrize("where", SERVICES)
async def test_every_service_has_endpoints_and_shows_a_secret_once(tenant: Tenant, where: str) -> None:
    made = await make(tenant, where, description="the shop")
    assert made["secret"].startswith("whsec_")
    async with tenant.client(where) as client:
        read = await client.get(f"/v1/webhook-endpoints/{made['id']}")
        listed = await client.get("/v1/webhook-endpoints")
        changed = await client.patch(f"/v1/webhook-endpoints/{made['id']}", json={"description": None})
    assert read.json() == {name: value for name, value in made.items() if name != "secret"}
    assert [row["id"] for row in listed.json()["items"]] == [made["id"]]
    assert changed.json()["description"] is None
    for answer in (read, listed, changed):
        assert "secret" not in answer.text
        assert "whsec_" not in answer.text


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://0x7f.1/", "http://localhost:9000/", "http://[::1]/", "http://169.254.169.254/latest",
     "http://user:pw@example.com/", "http://metadata.google.internal/"],
)  # fmt: skip
async def test_an_inner_url_is_refused_at_creation_and_at_change(tenant: Tenant, url: str) -> None:
    made = await make(tenant)
    async with tenant.client("discovery") as client:
        created = await client.post("/v1/webhook-endpoints", json={"url": url})
        changed = await client.patch(f"/v1/webhook-endpoints/{made['id']}", json={"url": url})
    for answer in (created, changed):
        assert answer.status_code == 422
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/url"]


async def test_a_filter_names_only_what_the_service_sends(tenant: Tenant) -> None:
    async with tenant.client("scoring") as client:
        refused = await client.post(
            "/v1/webhook-endpoints", json={"url": URL, "events": ["ranking.completed", "payout.created"]}
        )
        taken = await client.post(
            "/v1/webhook-endpoints", json={"url": URL, "events": ["ranking.completed", "endpoint.disabled"]}
        )
    assert (refused.status_code, taken.status_code) == (422, 201)
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/events/1"]


async def test_another_workspaces_endpoint_and_delivery_are_not_found(tenant: Tenant, other_tenant: Tenant) -> None:
    made = await make(tenant)
    place = f"/v1/webhook-endpoints/{made['id']}"
    async with tenant.client("discovery") as client:
        delivery = (await client.post(f"{place}/test")).json()
        await client.patch(place, json={"enabled": False})  # so that no worker of another test calls it
        cursor = (await client.get(f"{place}/deliveries")).json()["next_cursor"]
        assert cursor is None
    span = {"after": "2020-01-01T00:00:00Z", "before": "2030-01-01T00:00:00Z"}
    async with other_tenant.client("discovery") as stranger:
        answers = [
            await stranger.get(place),
            await stranger.patch(place, json={"enabled": False}),
            await stranger.delete(place),
            await stranger.post(f"{place}/rotate-secret"),
            await stranger.post(f"{place}/test"),
            await stranger.post(f"{place}/replay", json=span),
            await stranger.get(f"{place}/deliveries"),
            await stranger.get(f"/v1/webhook-deliveries/{delivery['id']}"),
            await stranger.post(f"/v1/webhook-deliveries/{delivery['id']}/replay"),
        ]
        assert (await stranger.get("/v1/webhook-endpoints")).json()["items"] == []
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    async with tenant.client("discovery") as client:
        assert (await client.get(place)).status_code == 200
        assert (await client.get(f"/v1/webhook-deliveries/{delivery['id']}")).json()["status"] == "dead"


async def test_what_was_never_there_is_not_found(tenant: Tenant) -> None:
    async with tenant.client("discovery") as client:
        assert (await client.get(f"/v1/webhook-endpoints/{encode('whe', new_id())}")).status_code == 404
        assert (await client.get(f"/v1/webhook-deliveries/{encode('dlv', new_id())}")).status_code == 404


async def test_a_deleted_endpoint_is_gone_with_its_deliveries(tenant: Tenant) -> None:
    made = await make(tenant)
    async with tenant.client("discovery") as client:
        delivery = (await client.post(f"/v1/webhook-endpoints/{made['id']}/test")).json()
        assert (await client.delete(f"/v1/webhook-endpoints/{made['id']}")).status_code == 204
        assert (await client.delete(f"/v1/webhook-endpoints/{made['id']}")).status_code == 404
        assert (await client.get(f"/v1/webhook-deliveries/{delivery['id']}")).status_code == 404


async def test_a_change_of_what_somebody_else_changed_is_refused(tenant: Tenant) -> None:
    made = await make(tenant)
    async with tenant.client("discovery") as client:
        read = await client.get(f"/v1/webhook-endpoints/{made['id']}")
        tag = {"If-Match": read.headers["etag"]}
        first = await client.patch(f"/v1/webhook-endpoints/{made['id']}", json={"description": "a"}, headers=tag)
        second = await client.patch(f"/v1/webhook-endpoints/{made['id']}", json={"description": "b"}, headers=tag)
    assert (first.status_code, second.status_code) == (200, 412)


async def test_a_test_event_of_an_endpoint_that_is_off_is_a_conflict(tenant: Tenant) -> None:
    made = await make(tenant)
    async with tenant.client("discovery") as client:
        off = await client.patch(f"/v1/webhook-endpoints/{made['id']}", json={"enabled": False})
        answer = await client.post(f"/v1/webhook-endpoints/{made['id']}/test")
    assert (off.json()["enabled"], off.json()["disabled_reason"]) == (False, "turned off by a person")
    assert answer.status_code == 409


async def test_deliveries_page_newest_first_and_by_status(tenant: Tenant) -> None:
    made = await make(tenant)
    place = f"/v1/webhook-endpoints/{made['id']}"
    async with tenant.client("discovery") as client:
        sent = [(await client.post(f"{place}/test")).json()["id"] for _ in range(5)]
        seen: list[str] = []
        cursor: str | None = None
        while True:
            params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
            page = (await client.get(f"{place}/deliveries", params=params)).json()
            seen += [row["id"] for row in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        delivered = await client.get(f"{place}/deliveries", params={"status": "delivered"})
        unknown = await client.get(f"{place}/deliveries", params={"status": "lost"})
        await client.delete(place)
    assert seen == sent[::-1]
    assert delivered.json()["items"] == []
    assert unknown.status_code == 422


async def test_an_equal_idempotency_key_makes_one_endpoint(tenant: Tenant) -> None:
    async with tenant.client("discovery") as client:
        answers = [
            await client.post("/v1/webhook-endpoints", json={"url": URL}, headers={"Idempotency-Key": "k"})
            for _ in range(2)
        ]
        listed = (await client.get("/v1/webhook-endpoints")).json()["items"]
    assert answers[0].content == answers[1].content
    assert len(listed) == 1


async def test_a_workspace_has_a_bounded_number_of_endpoints(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_ENDPOINTS", 1)
    await make(tenant)
    async with tenant.client("discovery") as client:
        assert (await client.post("/v1/webhook-endpoints", json={"url": URL})).status_code == 409


async def test_a_key_that_may_only_read_changes_nothing(tenant: Tenant) -> None:
    made = await make(tenant)
    async with tenant.client("attribution") as client:
        key = (await client.post("/v1/keys", json={"name": "reader", "scopes": ["read"]})).json()["secret"]
    async with tenant.client("discovery", key=key) as reader:
        place = f"/v1/webhook-endpoints/{made['id']}"
        assert (await reader.get(place)).status_code == 200
        writes = [
            await reader.post("/v1/webhook-endpoints", json={"url": URL}),
            await reader.post(f"{place}/rotate-secret"),
            await reader.post(f"{place}/test"),
            await reader.delete(place),
        ]
    assert [answer.status_code for answer in writes] == [403] * 4
