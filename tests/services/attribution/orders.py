"""Short ways to make what earns money: campaigns with creators who have codes and terms, and orders that use them."""

from typing import Any

from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.making import Json

NOON = "2027-03-02T12:00:00Z"
TEN_PERCENT = {"compensation": [{"kind": "commission", "percent_bp": 1000, "due": "conversion"}], "hold_days": 0}


async def creator(tenant: Tenant, *, campaign: Json | None = None, code: str | None = None, **more: Any) -> Json:
    """An approved partnership with terms (ten per cent unless given) and, with `code`, a promo code."""
    terms = more.pop("terms", TEN_PERCENT)
    body = {"campaign_id": campaign["id"]} if campaign else {}
    partner = more.pop("partner", None)
    if partner:
        body["partner_id"] = partner["id"]
    made = await making.partnership(tenant, approved=True, terms=terms, **body)
    if code is not None:
        await making.post(tenant, "/v1/codes", {"partnership_id": made["id"], "code": code, **more})
    return made


def order(number: int | str = 1, amount: int | None = 10_000, **more: Any) -> Json:
    body: Json = {"kind": "purchase", "occurred_at": NOON, "source": "shop", "external_id": f"order-{number}"}
    if amount is not None:
        body |= {"amount_minor": amount, "currency": "GBP"}
    return body | more


async def convert(tenant: Tenant, number: int | str = 1, amount: int | None = 10_000, **more: Any) -> Json:
    return await making.post(tenant, "/v1/conversions", order(number, amount, **more))


async def get(tenant: Tenant, path: str, *, expect: int = 200, **params: Any) -> Json:
    answer = await tenant.client("attribution").get(path, params=params)
    assert answer.status_code == expect, answer.text
    found: Json = answer.json()
    return found


async def balances(tenant: Tenant, **params: Any) -> dict[str, tuple[int, int, int]]:
    """Held, due and paid by partnership; the tests use one currency."""
    found = await get(tenant, "/v1/ledger/balances", limit=500, **params)
    return {one["partnership_id"]: (one["held_minor"], one["due_minor"], one["paid_minor"]) for one in found["items"]}
