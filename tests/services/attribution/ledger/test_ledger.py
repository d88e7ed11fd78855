"""The ledger over HTTP: held, approved by a person, paid in batches, taken back by negative lines."""

import asyncio
import csv
import io
from typing import Any

from sqlalchemy import text

from shared.schemas.identity import Scope
from tests.house import Tenant, make_tenant
from tests.services.attribution import making
from tests.services.attribution.making import Json
from tests.services.attribution.orders import TEN_PERCENT, balances, convert, creator, get

PAST = "2026-01-02T12:00:00Z"
REFUND = {"occurred_at": "2027-03-09T10:00:00Z"}


async def approve(tenant: Tenant, **body: Any) -> Json:
    return await making.post(tenant, "/v1/ledger/approvals", body, expect=200)


async def pay(tenant: Tenant, *, expect: int = 201, **body: Any) -> Json:
    return await making.post(tenant, "/v1/payouts", {"currency": "GBP", **body}, expect=expect)


async def assert_sums_to_zero(tenant: Tenant) -> None:
    """Every entry, and what stands for conversions equals the sum of its entries."""
    async with tenant.house.runtime("attribution").database.tenant_session(tenant.workspace_id) as session:
        wrong = await session.execute(
            text(
                """SELECT c.conversion_id FROM attribution.commissions c LEFT JOIN LATERAL (
                    SELECT coalesce(sum(CASE WHEN credit = 'held' THEN amount_minor
                                             WHEN debit = 'held' THEN -amount_minor END), 0) AS held,
                           coalesce(sum(CASE WHEN credit = 'due' THEN amount_minor
                                             WHEN debit = 'due' THEN -amount_minor END), 0) AS due
                    FROM attribution.ledger_entries e
                    WHERE (e.conversion_id, e.partnership_id, e.currency)
                        = (c.conversion_id, c.partnership_id, c.currency)) e ON true
                WHERE (c.held_minor, c.approved_minor) IS DISTINCT FROM (e.held, e.due)"""
            )
        )
        assert wrong.all() == []
    for entry in (await get(tenant, "/v1/ledger/entries", limit=500))["items"]:
        assert sum(line["amount_minor"] for line in entry["lines"]) == 0


async def test_a_commission_is_held_approved_and_paid(tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    await convert(tenant, code="ANA10", occurred_at=PAST)
    assert await balances(tenant) == {ana["id"]: (1_000, 0, 0)}
    assert await approve(tenant) == {"entries": 1, "amounts_minor": {"GBP": 1_000}}
    assert await balances(tenant) == {ana["id"]: (0, 1_000, 0)}
    paid = await pay(tenant)
    assert (paid["total_minor"], paid["lines"][0]["partnership_id"]) == (1_000, ana["id"])
    assert await balances(tenant) == {ana["id"]: (0, 0, 1_000)}
    await pay(tenant, expect=409)
    await assert_sums_to_zero(tenant)


async def test_nothing_is_approved_before_its_hold_time_unless_a_person_names_it(tenant: Tenant) -> None:
    await creator(tenant, code="ANA10", terms=TEN_PERCENT | {"hold_days": 30})
    made = await convert(tenant, code="ANA10")
    assert (await approve(tenant))["entries"] == 0
    await making.post(tenant, "/v1/ledger/approvals", {"early": True}, expect=422)
    assert (await approve(tenant, early=True, conversion_ids=[made["id"]]))["entries"] == 1


async def test_a_refund_after_payout_is_a_negative_line_that_the_next_payout_nets(tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    first = await convert(tenant, 1, code="ANA10", occurred_at=PAST)
    await approve(tenant)
    await pay(tenant)
    await making.post(tenant, f"/v1/conversions/{first['id']}/refunds", REFUND)
    assert await balances(tenant) == {ana["id"]: (0, -1_000, 1_000)}
    kinds = [one["kind"] for one in (await get(tenant, "/v1/ledger/entries", conversion_id=first["id"]))["items"]]
    assert kinds == ["accrual", "approval", "reversal"]
    await pay(tenant, expect=409)
    await convert(tenant, 2, 25_000, code="ANA10", occurred_at=PAST)
    await approve(tenant)
    assert (await pay(tenant))["total_minor"] == 1_500
    assert await balances(tenant) == {ana["id"]: (0, 0, 2_500)}
    await assert_sums_to_zero(tenant)


async def test_a_held_back_commission_is_not_approved_until_it_is_released(tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    made = await convert(tenant, code="ANA10", occurred_at=PAST)
    await approve(tenant)
    hold = {"conversion_ids": [made["id"]], "reason": "the code is on a coupon site"}
    await making.post(tenant, "/v1/ledger/holds", hold, expect=200)
    assert await balances(tenant) == {ana["id"]: (1_000, 0, 0)}
    assert (await approve(tenant))["entries"] == 0
    await making.post(tenant, "/v1/ledger/releases", {"conversion_ids": [made["id"]]}, expect=200)
    assert (await approve(tenant))["entries"] == 1
    await assert_sums_to_zero(tenant)


async def test_an_agreed_fee_falls_due_once(tenant: Tenant) -> None:
    fee = {"compensation": [{"kind": "fee", "amount_minor": 15_000, "currency": "GBP", "due": "post"}]}
    ana = await creator(tenant, terms=fee)
    for entries in (1, 0):
        done = await making.post(tenant, f"/v1/partnerships/{ana['id']}/fees", {"memo": "posted"}, expect=200)
        assert done["entries"] == entries
    assert await balances(tenant) == {ana["id"]: (0, 15_000, 0)}


async def test_a_tier_is_reached_in_order_of_time_and_not_of_arrival(tenant: Tenant) -> None:
    terms = {
        "compensation": [
            {"kind": "commission", "percent_bp": 1000, "tiers": [{"from_conversions": 2, "percent_bp": 2000}]}
        ],
        "hold_days": 0,
    }
    ana = await creator(tenant, code="ANA10", terms=terms)
    later = await convert(tenant, 2, 10_000, code="ANA10", occurred_at="2027-03-05T00:00:00Z")
    assert await balances(tenant) == {ana["id"]: (1_000, 0, 0)}
    await convert(tenant, 1, 100, code="ANA10", occurred_at="2027-03-04T00:00:00Z")
    assert await balances(tenant) == {ana["id"]: (2_010, 0, 0)}
    memos = [one["memo"] for one in (await get(tenant, "/v1/ledger/entries", conversion_id=later["id"]))["items"]]
    assert memos == [None, "a tier or the cap moved with another conversion"]
    await assert_sums_to_zero(tenant)


async def test_a_cap_bounds_what_is_earned_and_a_refund_makes_room(tenant: Tenant) -> None:
    part = {"kind": "commission", "percent_bp": 1000, "cap_minor": 1_500, "currency": "GBP"}
    ana = await creator(tenant, code="ANA10", terms={"compensation": [part], "hold_days": 0})
    first = await convert(tenant, 1, code="ANA10", occurred_at="2027-03-01T00:00:00Z")
    await convert(tenant, 2, code="ANA10", occurred_at="2027-03-02T00:00:00Z")
    assert await balances(tenant) == {ana["id"]: (1_500, 0, 0)}
    await making.post(tenant, f"/v1/conversions/{first['id']}/refunds", REFUND)
    assert await balances(tenant) == {ana["id"]: (1_000, 0, 0)}
    await assert_sums_to_zero(tenant)


async def test_donations_earn_no_commission_unless_turned_on(tenant: Tenant) -> None:
    closed = await making.campaign(tenant)
    opened = await making.campaign(tenant, commission_on_donations=True)
    await creator(tenant, campaign=closed, code="ANA10")
    ben = await creator(tenant, campaign=opened, code="BEN10")
    await convert(tenant, 1, code="ANA10", kind="donation")
    await convert(tenant, 2, code="BEN10", kind="donation")
    assert await balances(tenant) == {ben["id"]: (1_000, 0, 0)}


async def test_a_payout_is_exported_as_csv_without_formulas(tenant: Tenant) -> None:
    partner = await making.partner(tenant, name="=cmd()")
    await creator(tenant, partner=partner, code="ANA10")
    await convert(tenant, code="ANA10", occurred_at=PAST)
    await approve(tenant)
    paid = await pay(tenant)
    answer = await tenant.client("attribution").get(f"/v1/payouts/{paid['id']}/lines.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    (line,) = csv.DictReader(io.StringIO(answer.text))
    assert (line["partner_name"], line["amount"], line["currency"]) == ("'=cmd()", "10.00", "GBP")


async def test_two_payouts_at_once_pay_once(tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    await convert(tenant, code="ANA10", occurred_at=PAST)
    await approve(tenant)

    async def send() -> int:
        answer = await tenant.client("attribution").post("/v1/payouts", json={"currency": "GBP"})
        return answer.status_code

    assert sorted(await asyncio.gather(*(send() for _ in range(4)))) == [201, 409, 409, 409]
    assert await balances(tenant) == {ana["id"]: (0, 0, 1_000)}


async def test_approving_and_paying_need_the_scope_approve(tenant: Tenant) -> None:
    writer = await make_tenant(tenant.house, scopes=[Scope.READ, Scope.WRITE])
    for path, body in (("/v1/ledger/approvals", {}), ("/v1/payouts", {"currency": "GBP"})):
        await making.post(writer, path, body, expect=403)


async def test_another_workspaces_money_is_not_found(tenant: Tenant, other_tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    made = await convert(tenant, code="ANA10", occurred_at=PAST)
    named = {"conversion_ids": [made["id"]]}
    await making.post(other_tenant, "/v1/ledger/approvals", named, expect=404)
    await making.post(other_tenant, "/v1/ledger/holds", named | {"reason": "x"}, expect=404)
    await making.post(other_tenant, "/v1/ledger/releases", named, expect=404)
    await making.post(other_tenant, "/v1/ledger/approvals", {"partnership_ids": [ana["id"]]}, expect=404)
    await pay(other_tenant, partnership_ids=[ana["id"]], expect=404)
    await approve(tenant)
    paid = await pay(tenant)
    for path in (f"/v1/payouts/{paid['id']}", f"/v1/payouts/{paid['id']}/lines.csv"):
        await get(other_tenant, path, expect=404)
    assert await balances(other_tenant) == {}
