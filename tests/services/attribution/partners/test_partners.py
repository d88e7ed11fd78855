"""Claims about partners over HTTP."""

import asyncio

import pytest

from tests.house import Tenant
from tests.services.attribution import making


async def test_a_partner_has_accounts_and_contact_routes_with_their_source(tenant: Tenant) -> None:
    made = await making.partner(
        tenant,
        accounts=[
            {"platform": "bluesky", "platform_id": "did:plc:abc", "handle": "ana.example.com"},
            {"platform": "youtube", "handle": "@AnaRuns"},
        ],
        contact_routes=[{"kind": "email", "value": "ana@example.com", "source": "profile"}],
    )
    assert made["name"] == "ana.example.com"
    assert [account["platform"] for account in made["accounts"]] == ["bluesky", "youtube"]
    assert made["contact_routes"][0]["source"] == "profile"
    assert made["contact_routes"][0]["observed_at"] is not None


X, Y = "did:plc:x", "did:plc:y"


@pytest.mark.parametrize(
    ("held", "wanted", "expected"),
    [
        ({"handle": "Ana.example.com"}, {"handle": "@ana.example.com"}, 409),
        ({"handle": "a.example.com", "platform_id": X}, {"handle": "b.example.com", "platform_id": X}, 409),
        ({"handle": "a.example.com", "platform_id": X}, {"handle": "a.example.com"}, 409),
        # a handle that became free belongs to somebody else now
        ({"handle": "a.example.com", "platform_id": X}, {"handle": "a.example.com", "platform_id": Y}, 201),
    ],
)
async def test_an_account_is_one_partners(
    tenant: Tenant, held: dict[str, str], wanted: dict[str, str], expected: int
) -> None:
    await making.partner(tenant, accounts=[{"platform": "bluesky", **held}])
    answer = await tenant.client("attribution").post(
        "/v1/partners", json={"accounts": [{"platform": "bluesky", **wanted}]}
    )
    assert answer.status_code == expected


async def test_of_two_at_once_one_gets_the_account(tenant: Tenant) -> None:
    body = {"accounts": [{"platform": "bluesky", "platform_id": "did:plc:race", "handle": "race.example.com"}]}
    client = tenant.client("attribution")
    answers = await asyncio.gather(*(client.post("/v1/partners", json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_the_same_account_twice_in_one_body_is_refused(tenant: Tenant) -> None:
    accounts = [{"platform": "x", "handle": "ana"}, {"platform": "x", "handle": "@Ana"}]
    await making.post(tenant, "/v1/partners", {"accounts": accounts}, expect=422)


async def test_an_account_can_be_added_later(tenant: Tenant) -> None:
    made = await making.partner(tenant)
    grown = await making.post(tenant, f"/v1/partners/{made['id']}/accounts", {"platform": "x", "handle": "ana"})
    assert [account["platform"] for account in grown["accounts"]] == ["bluesky", "x"]


async def test_the_same_account_may_be_a_partner_of_two_workspaces(tenant: Tenant, other_tenant: Tenant) -> None:
    accounts = [{"platform": "bluesky", "platform_id": "did:plc:both", "handle": "both.example.com"}]
    first, second = [await making.partner(who, accounts=accounts) for who in (tenant, other_tenant)]
    client = other_tenant.client("attribution")
    assert (await client.get(f"/v1/partners/{first['id']}")).status_code == 404
    assert (await client.patch(f"/v1/partners/{first['id']}", json={"name": "x"})).status_code == 404
    assert (await client.get(f"/v1/partners/{second['id']}")).status_code == 200
