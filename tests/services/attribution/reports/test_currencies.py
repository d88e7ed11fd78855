"""A report of several currencies is a plain decimal sum at the rates that were given; without a rate it keeps apart."""

import csv
import io
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import pytest

from services.attribution.reports.jobs import sum_days
from tests.house import Tenant, make_tenant, open_house
from tests.services.attribution import making
from tests.services.attribution.making import Json
from tests.services.attribution.orders import convert, creator, get
from tests.services.attribution.rates.test_rates import PATH, give

FIRST = date(2027, 3, 1)
RATES = {
    ("USD", 0): Decimal("0.7913"), ("USD", 1): Decimal("0.80057"), ("USD", 3): Decimal("0.78999"),
    ("JPY", 0): Decimal("0.005231"), ("JPY", 2): Decimal("0.0053"),
}  # fmt: skip
SALES = ("revenue", "refunds", "net", "credit")


def units(currency: str) -> int:
    return 1 if currency == "JPY" else 100


def expected(amounts: list[tuple[str, int, int]], rates: dict[tuple[str, int], Decimal]) -> int:
    """Pence of amounts given as (currency, day, minor units): summed as decimals, then rounded."""
    whole = Decimal(0)
    for currency, day, minor in amounts:
        rate = Decimal(1)
        if currency != "GBP":
            rate = next(rates[currency, n] for n in range(day, -1, -1) if (currency, n) in rates)
        whole += Decimal(minor) / units(currency) * rate
    return int((whole * 100).quantize(Decimal(1), ROUND_HALF_EVEN))


@pytest.fixture
async def alone(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Tenant]:
    """A workspace in a database of its own, since the loop sums days of all workspaces."""
    async with AsyncExitStack() as stack:
        yield await make_tenant(await open_house(stack, fresh_database_url, tmp_path))


async def report_of(tenant: Tenant, campaign: Json, **params: Any) -> Json:
    return await get(tenant, f"/v1/campaigns/{campaign['id']}/report", **params)


async def give_all(tenant: Tenant) -> None:
    for (base, day), rate in RATES.items():
        await give(tenant, base=base, day=str(FIRST + timedelta(days=day)), rate=str(rate))


async def sale(tenant: Tenant, number: int, currency: str, day: int, amount: int, **more: Any) -> Json:
    """At noon in Kolkata of that day, or just after its midnight."""
    hour = "18:45:00" if number % 2 else "06:30:00"
    at = FIRST + timedelta(days=day - number % 2)
    body = {"amount_minor": amount, "currency": currency, "occurred_at": f"{at}T{hour}Z", "code": "ANA10"} | more
    return await convert(tenant, number, None, **body)


async def a_campaign(tenant: Tenant, **more: Any) -> Json:
    campaign = await making.campaign(tenant, currency="GBP", timezone="Asia/Kolkata")
    for code in ("ANA10", "BEA10"):
        await creator(tenant, campaign=campaign, code=code, **more)
    return campaign


def missing(report: Json) -> dict[str, str]:
    return {line["what"]: line["why"] for line in report["missing"]}


async def test_sums_of_several_currencies_and_days_are_plain_decimal_sums(alone: Tenant) -> None:
    campaign = await a_campaign(alone)
    await give_all(alone)
    rng = random.Random(5)
    sales: list[tuple[str, str, int, int]] = []
    refunds: list[tuple[str, int, int]] = []
    for number in range(24):
        code, currency = rng.choice(["ANA10", "BEA10"]), rng.choice(["GBP", "USD", "JPY"])
        day, amount = rng.randrange(5), rng.randrange(1_001, 99_999, 2)
        made = await sale(alone, number, currency, day, amount, code=code)
        sales.append((code, currency, day, amount))
        if number % 4 == 0:
            # later, when other rates hold: it is still worth what its order was
            body = {"occurred_at": "2027-03-05T12:00:00Z", "amount_minor": amount // 3, "currency": currency}
            await making.post(alone, f"/v1/conversions/{made['id']}/refunds", body)
            refunds.append((currency, day, amount // 3))
    everything = [(currency, day, amount) for _, currency, day, amount in sales]
    back = [(currency, day, -amount) for currency, day, amount in refunds]
    for _ in range(2):
        report = await report_of(alone, campaign)
        brought = report["totals"]["conversion"]
        net = expected([*everything, *back], RATES)
        assert {name: brought[name]["value"] for name in SALES} == {
            "revenue": expected(everything, RATES), "refunds": expected(refunds, RATES), "net": net, "credit": net,
        }  # fmt: skip
        for name in SALES:
            assert (brought[name]["trust"], brought[name]["note"]) == ("measured", "converted at given rates")
            assert brought[name]["unknown_share"] is None
        by_creator = [
            expected([(currency, day, amount) for who, currency, day, amount in sales if who == code], RATES)
            for code in ("ANA10", "BEA10")
        ]
        assert [one["conversion"]["revenue"]["value"] for one in report["creators"]] == by_creator
        few = await report_of(alone, campaign, **{"from": "2027-03-02", "to": "2027-03-03", "split": "day"})
        within = [one for one in everything if one[1] in (1, 2)]
        assert few["totals"]["conversion"]["revenue"]["value"] == expected(within, RATES)
        assert {day["day"]: day["conversion"]["revenue"]["value"] for day in few["days"]} == {
            str(FIRST + timedelta(days=n)): expected([one for one in within if one[1] == n], RATES) for n in (1, 2)
        }
        assert "revenue in USD" not in missing(report)
        # the second time from sums that are kept
        while await sum_days(alone.house.runtime("attribution")):
            pass


async def test_commission_is_converted_and_what_is_owed_is_not(tenant: Tenant) -> None:
    campaign = await a_campaign(tenant)
    await give_all(tenant)
    await sale(tenant, 2, "USD", 1, 12_345)
    await sale(tenant, 4, "GBP", 1, 10_000)
    await tenant.house.run_jobs()
    report = await report_of(tenant, campaign)
    money = report["totals"]["money"]
    earned = expected([("USD", 1, 1_234), ("GBP", 1, 1_000)], RATES)
    assert (money["commission"]["value"], money["commission"]["note"]) == (earned, "converted at given rates")
    assert money["total"]["value"] == earned
    assert money["held"]["value"] + money["due"]["value"] == 1_000
    assert "$12.34" in missing(report)["balances in USD"]
    assert "cost in USD" not in missing(report)
    owed = (await get(tenant, "/v1/ledger/balances"))["items"]
    assert {one["currency"]: one["held_minor"] + one["due_minor"] for one in owed} == {"USD": 1_234, "GBP": 1_000}


async def test_a_fee_of_another_currency_has_the_rate_of_the_day_on_which_it_fell_due(tenant: Tenant) -> None:
    fee = {"kind": "fee", "amount_minor": 10_001, "currency": "USD"}
    campaign = await making.campaign(tenant, currency="GBP", timezone="UTC")
    made = await creator(tenant, campaign=campaign, terms={"compensation": [fee]})
    found = (await report_of(tenant, campaign))["totals"]["money"]["fee"]
    assert (found["value"], found["trust"]) == (None, "unavailable")
    posted = await making.post(tenant, f"/v1/partnerships/{made['id']}/fees", {"memo": "posted"}, expect=200)
    assert posted
    assert (await report_of(tenant, campaign))["totals"]["money"]["fee"]["value"] is None
    today = (await report_of(tenant, campaign))["as_of"][:10]
    await give(tenant, day=today, rate="0.75")
    report = await report_of(tenant, campaign)
    found = report["totals"]["money"]["fee"]
    assert (found["value"], found["note"]) == (7_501, "as agreed; converted at given rates")
    assert "$100.01 due" in missing(report)["balances in USD"]


async def test_a_day_without_a_rate_stays_apart_and_a_rate_given_later_brings_it_in(alone: Tenant) -> None:
    campaign = await a_campaign(alone)
    await sale(alone, 2, "GBP", 1, 10_000)
    await sale(alone, 4, "USD", 1, 5_000)
    await sale(alone, 6, "USD", 20, 7_000)
    await alone.house.run_jobs()
    while await sum_days(alone.house.runtime("attribution")):
        pass

    async def revenue() -> tuple[int, float | None, str | None]:
        report = await report_of(alone, campaign)
        found = report["totals"]["conversion"]["revenue"]
        return found["value"], found["unknown_share"], missing(report).get("revenue in USD")

    value, share, why = await revenue()
    assert (value, share) == (10_000, 0.6667)
    assert why is not None
    assert why.startswith("2 conversions, $120.00: no exchange rate was given")
    # of the days before; the other direction is another rate
    made = await give(alone, day="2027-03-01", rate="0.8")
    await give(alone, base="GBP", quote="USD", day="2027-03-21", rate="1.25")
    value, share, why = await revenue()
    assert (value, share) == (14_000, 0.3333)
    assert why is not None
    assert why.startswith("1 conversions, $70.00: no exchange rate was given")
    last = await give(alone, day="2027-03-21", rate="0.9")
    assert await revenue() == (20_300, None, None)
    # a rate for a past day, and a corrected one, are in the next report
    await give(alone, day="2027-03-02", rate="0.7")
    assert (await revenue())[0] == 19_800
    await give(alone, day="2027-03-02", rate="0.71")
    assert (await revenue())[0] == 19_850
    for one in (made, last):
        assert (await alone.client("attribution").delete(f"{PATH}/{one['id']}")).status_code == 204
    assert (await revenue())[:2] == (13_550, 0.3333)


async def test_the_report_says_which_rates_it_used_and_for_which_days(tenant: Tenant) -> None:
    campaign = await a_campaign(tenant)
    await give_all(tenant)
    for number, day in ((2, 1), (4, 2), (6, 4)):
        await sale(tenant, number, "USD", day, 5_000)
    report = await report_of(tenant, campaign)
    assert report["rates"] == [
        {
            "base": "USD", "quote": "GBP", "day": "2027-03-02", "rate": "0.80057", "source": "our bank",
            "used_from": "2027-03-02", "used_to": "2027-03-03",
        },
        {
            "base": "USD", "quote": "GBP", "day": "2027-03-04", "rate": "0.78999", "source": "our bank",
            "used_from": "2027-03-05", "used_to": "2027-03-05",
        },
    ]  # fmt: skip
    path, client = f"/v1/campaigns/{campaign['id']}/report", tenant.client("attribution")
    lines = list(csv.reader(io.StringIO((await client.get(path, params={"format": "csv"})).text)))
    assert [line[4] for line in lines if line[0] == "rate"] == [
        "1 USD = 0.80057 GBP of 2027-03-02", "1 USD = 0.78999 GBP of 2027-03-04",
    ]  # fmt: skip
    page = (await client.get(f"{path}.html")).text
    assert "1 USD = 0.80057 GBP" in page
    assert "the 7 days before it" in page


async def test_another_workspaces_rates_are_not_used(tenant: Tenant) -> None:
    campaign = await a_campaign(tenant)
    await give_all(await make_tenant(tenant.house))
    await sale(tenant, 2, "USD", 1, 5_000)
    report = await report_of(tenant, campaign)
    assert (report["rates"], report["totals"]["conversion"]["revenue"]["value"]) == ([], None)
