"""Makes what tests of the attribution service start from, through its own API."""

from typing import Any

from tests.house import Tenant

Json = dict[str, Any]
_made = iter(range(1_000_000))


async def post(tenant: Tenant, path: str, body: Json, *, expect: int = 201) -> Json:
    answer = await tenant.client("attribution").post(path, json=body)
    assert answer.status_code == expect, answer.text
    found: Json = answer.json()
    return found


async def campaign(tenant: Tenant, **body: Any) -> Json:
    return await post(tenant, "/v1/campaigns", {"name": "Spring", **body})


async def partner(tenant: Tenant, **body: Any) -> Json:
    handle = f"creator{next(_made)}.example.com"
    return await post(tenant, "/v1/partners", {"accounts": [{"platform": "bluesky", "handle": handle}], **body})


async def partnership(tenant: Tenant, *, approved: bool = False, **body: Any) -> Json:
    if "campaign_id" not in body:
        body["campaign_id"] = (await campaign(tenant))["id"]
    if "partner_id" not in body:
        body["partner_id"] = (await partner(tenant))["id"]
    made = await post(tenant, "/v1/partnerships", body)
    if approved:
        made = await post(tenant, f"/v1/partnerships/{made['id']}/approve", {}, expect=200)
    return made


async def move(tenant: Tenant, made: Json, to: str, *, reason: str | None = None, expect: int = 200) -> Json:
    body = {"to": to, "reason": reason}
    return await post(tenant, f"/v1/partnerships/{made['id']}/transitions", body, expect=expect)


async def link(tenant: Tenant, **body: Any) -> Json:
    if "partnership_id" not in body:
        body["partnership_id"] = (await partnership(tenant, approved=True))["id"]
    return await post(tenant, "/v1/links", {"destination_url": "https://shop.example.com/spring", **body})
