"""Exchange rates over the API: exact, by day, replaced and taken back; and which one holds for a day."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.attribution.rates.service import DAYS_HELD, GivenRate, Rates
from shared.schemas.ids import encode
from tests.house import Tenant
from tests.services.attribution.making import Json
from tests.services.attribution.orders import get

PATH = "/v1/exchange-rates"


async def give(tenant: Tenant, *, expect: int = 200, **body: Any) -> Json:
    """A rate from USD to GBP of 2 March 2027 unless told otherwise."""
    whole = {"base": "USD", "quote": "GBP", "day": "2027-03-02", "rate": "0.79", "source": "our bank"} | body
    answer = await tenant.client("attribution").put(PATH, json=whole)
    assert answer.status_code == expect, answer.text
    found: Json = answer.json()
    return found


async def test_a_rate_keeps_every_digit_and_says_whose_key_gave_it(tenant: Tenant) -> None:
    made = await give(tenant, rate="0.790000000001")
    small = await give(tenant, base="IDR", rate="0.000000000010")
    assert (made["rate"], small["rate"], made["source"]) == ("0.790000000001", "0.000000000010", "our bank")
    assert made["recorded_by"].startswith("key_")
    assert made["recorded_at"]


async def test_a_rate_of_the_same_day_replaces_the_one_before_and_keeps_its_id(tenant: Tenant) -> None:
    first = await give(tenant, rate="0.79")
    again = await give(tenant, rate="0.8", source="corrected")
    assert (again["id"], again["rate"], again["source"]) == (first["id"], "0.8", "corrected")
    assert (await get(tenant, PATH))["items"] == [again]


async def test_rates_are_listed_by_currencies_and_day_in_pages(tenant: Tenant) -> None:
    for base, day in (("USD", "2027-03-03"), ("JPY", "2027-03-01"), ("USD", "2027-03-01"), ("USD", "2027-03-09")):
        await give(tenant, base=base, day=day)
    await give(tenant, base="GBP", quote="USD", rate="1.26")
    found, cursor = [], None
    while True:
        page = await get(tenant, PATH, limit=2, **({"cursor": cursor} if cursor else {}))
        found += [(one["base"], one["quote"], one["day"]) for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == [
        ("GBP", "USD", "2027-03-02"), ("JPY", "GBP", "2027-03-01"), ("USD", "GBP", "2027-03-01"),
        ("USD", "GBP", "2027-03-03"), ("USD", "GBP", "2027-03-09"),
    ]  # fmt: skip
    few = await get(tenant, PATH, base="USD", quote="GBP", day_from="2027-03-02", day_to="2027-03-08")
    assert [one["day"] for one in few["items"]] == ["2027-03-03"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_the_first_and_the_last_day_of_the_calendar_are_days(tenant: Tenant, day: str) -> None:
    made = await give(tenant, day=day, rate="999999999999.999999999999")
    assert made["rate"] == "999999999999.999999999999"
    assert (await get(tenant, PATH, day_from=day, day_to=day))["items"] == [made]


async def test_a_rate_taken_back_is_gone(tenant: Tenant) -> None:
    made = await give(tenant)
    client = tenant.client("attribution")
    assert (await client.delete(f"{PATH}/{made['id']}")).status_code == 204
    assert (await client.delete(f"{PATH}/{made['id']}")).status_code == 404
    assert (await client.delete(f"{PATH}/{encode('xrt', tenant.workspace_id)}")).status_code == 404
    assert (await get(tenant, PATH))["items"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": 0.79}, {"rate": 1}, {"rate": "0"}, {"rate": "0.000"}, {"rate": "-1"}, {"rate": "1e3"}, {"rate": "NaN"},
        {"rate": "1,5"}, {"rate": " 1"}, {"rate": "0.1234567890123"}, {"rate": "٣"}, {"quote": "USD"}, {"base": "ZZZ"},
        {"source": ""}, {"day": "2027-02-30"},
    ],
    ids=str,
)  # fmt: skip
async def test_what_is_no_exact_rate_of_two_currencies_and_a_day_is_refused(tenant: Tenant, wrong: Json) -> None:
    await give(tenant, expect=422, **wrong)
    assert (await get(tenant, PATH))["items"] == []


def test_the_latest_rate_of_the_days_before_holds_and_only_so_long() -> None:
    day = date(2027, 3, 2)
    older, newer = (GivenRate("USD", day + timedelta(days=n), Decimal(n + 1), "bank") for n in (0, 3))
    rates = Rates([newer, older])
    found = {n: rates.at(base="USD", day=day + timedelta(days=n)) for n in range(-1, 3 + DAYS_HELD + 2)}
    assert found == {-1: None} | dict.fromkeys(range(3), older) | dict.fromkeys(range(3, 4 + DAYS_HELD), newer) | {
        4 + DAYS_HELD: None
    }  # fmt: skip
    assert rates.at(base="JPY", day=day) is None
