"""Conversions from CSV."""

from typing import Any

import pytest

from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.orders import balances, creator, get


async def send(tenant: Tenant, text: str | bytes, **params: Any) -> dict[str, Any]:
    """Import and wait for the end."""
    async with tenant.client("attribution") as client:
        answer = await client.post(
            "/v1/conversions/import", content=text, params=params, headers={"Content-Type": "text/csv"}
        )
        assert answer.status_code == 202, answer.text
        await tenant.house.run_jobs(1)
        return await get(tenant, answer.headers["location"])


GOOD = """kind,occurred_at,amount,currency,code,external_id,new_customer
purchase,2027-03-02T09:30:00Z,89.90,GBP,ANA10,o1,yes
purchase,2027-03-02T09:31:00Z,10,GBP,ANA10,,no
lead,2027-03-02T09:32:00Z,,,ana-10,,
"""


async def test_every_line_is_recorded_and_credited(tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    done = await send(tenant, GOOD, source="shop")
    assert (done["status"], done["lines"], done["recorded"], done["faulty"]) == ("completed", 3, 3, 0)
    found = (await get(tenant, "/v1/conversions"))["items"]
    assert sorted(one["amount_minor"] or 0 for one in found) == [0, 1_000, 8_990]
    assert {one["source"] for one in found} == {"shop"}
    assert (await balances(tenant))[ana["id"]] == (999, 0, 0)


async def test_the_same_file_again_counts_nothing_twice(tenant: Tenant) -> None:
    await send(tenant, GOOD)
    again = await send(tenant, GOOD)
    assert (again["recorded"], again["repeated"]) == (0, 3)
    assert len((await get(tenant, "/v1/conversions"))["items"]) == 3


async def test_a_bad_line_is_named_and_does_not_stop_the_rest(tenant: Tenant) -> None:
    text = (
        "kind,occurred_at,amount,currency,campaign_id\n"
        "purchase,2027-03-02T09:30:00Z,1,GBP,\n"
        "gift,2027-03-02T09:30:00Z,1,GBP,\n"
        "purchase,2027-03-02T09:30:00Z,1.234,GBP,\n"
        "purchase,2027-03-02T09:30:00Z,1\n"
        "purchase,2027-03-02T09:30:00Z,1,GBP,cmp_01kz7kpps0fg8skbh5vs8fs3n4\n"
        "\n"
        "purchase,2027-03-02T09:30:00Z,2,GBP,\n"
    )
    done = await send(tenant, text)
    assert (done["recorded"], done["faulty"]) == (2, 4)
    assert [fault["line"] for fault in done["faults"]] == [3, 4, 5, 6]
    assert "2 decimal places" in done["faults"][1]["reason"]


@pytest.mark.parametrize("text", ["amount,currency\n1,GBP\n", b"\xff\xfe", "kind,occurred_at,colour\n", ""])
async def test_a_file_that_cannot_be_read_fails_with_the_reason(tenant: Tenant, text: str | bytes) -> None:
    done = await send(tenant, text)
    assert done["status"] == "failed"
    assert done["error"]


async def test_another_workspace_does_not_see_the_import(tenant: Tenant, other_tenant: Tenant) -> None:
    done = await send(tenant, GOOD)
    await get(other_tenant, f"/v1/conversions/imports/{done['id']}", expect=404)
    assert (await get(other_tenant, "/v1/conversions"))["items"] == []


async def test_only_csv_is_taken(tenant: Tenant) -> None:
    await making.post(tenant, "/v1/conversions/import", {}, expect=415)
