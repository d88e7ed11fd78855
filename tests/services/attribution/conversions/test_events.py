"""What endpoints are told about conversions and money."""

import json
from typing import Any

from sqlalchemy import text

from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.orders import convert, creator


async def written(tenant: Tenant) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of every event that waits to be sent."""
    async with tenant.house.runtime("attribution").database.tenant_session(tenant.workspace_id) as session:
        rows = await session.execute(text("SELECT type, payload FROM attribution.outbox ORDER BY created_at, id"))
        return [(row.type, json.loads(row.payload)["data"]) for row in rows]


async def listening(tenant: Tenant) -> None:
    await making.post(tenant, "/v1/webhook-endpoints", {"url": "https://hooks.example.com/in", "events": []})


async def test_a_conversion_its_credit_and_its_code_are_told_once(tenant: Tenant) -> None:
    await listening(tenant)
    ana = await creator(tenant, code="ANA10")
    for _ in range(2):
        answer = await tenant.client("attribution").post(
            "/v1/conversions",
            json={"kind": "lead", "occurred_at": "2027-03-02T12:00:00Z", "external_id": "l1", "code": "ANA10"},
        )
        assert answer.is_success
    found = [(kind, data) for kind, data in await written(tenant) if kind.startswith(("conversion", "code"))]
    assert [kind for kind, _ in found] == ["conversion.created", "conversion.attributed", "code.redeemed"]
    assert found[1][1]["partnership_id"] == ana["id"]


async def test_refunds_approvals_and_payouts_are_told(tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    made = await convert(tenant, code="ANA10", occurred_at="2026-01-02T12:00:00Z")
    await listening(tenant)
    body = {"occurred_at": "2026-02-01T00:00:00Z", "amount_minor": 4_000, "currency": "GBP", "external_id": "r1"}
    for _ in range(2):
        await making.post(tenant, f"/v1/conversions/{made['id']}/refunds", body)
    await making.post(tenant, "/v1/ledger/approvals", {}, expect=200)
    paid = await making.post(tenant, "/v1/payouts", {"currency": "GBP"})
    found = dict(await written(tenant))
    assert list(found) == ["conversion.refunded", "commission.approved", "payout.created"]
    assert found["conversion.refunded"]["net_minor"] == 6_000
    assert (found["commission.approved"]["partnership_id"], found["commission.approved"]["amount_minor"]) == (
        ana["id"], 600,
    )  # fmt: skip
    assert (found["payout.created"]["payout_id"], found["payout.created"]["total_minor"]) == (paid["id"], 600)
