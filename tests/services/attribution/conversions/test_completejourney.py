"""Real coupon redemptions (completejourney, CC0) as conversions: repeats, ambiguous codes, totals by plain SQL."""

import asyncio
import csv
import gzip
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import asyncpg
import pytest

from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.making import Json
from tests.services.attribution.orders import get

DATA = Path(__file__).parents[5] / "shared" / "data"
FILES = ("campaign_descriptions", "coupons", "coupon_redemptions")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all((DATA / f"completejourney_{name}.csv.gz").exists() for name in FILES),
        reason="the completejourney files are not beside the project (../shared/data)",
    ),
]


def read(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / f"completejourney_{name}.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


# The written rule in plain SQL: of the campaigns with this code, the one whose dates hold the day, of these the one
# whose code was issued last. A household redeems a coupon of a campaign once; of repeats the latest day counts.
PLAIN = """
    WITH once AS (
        SELECT household_id, coupon_upc, campaign_id, max(redemption_date) AS day FROM redemptions GROUP BY 1, 2, 3
    ), decided AS (
        SELECT once.*, (
            SELECT k.campaign_id FROM coupons k JOIN campaigns d ON d.campaign_id = k.campaign_id
            WHERE k.coupon_upc = once.coupon_upc
            ORDER BY (once.day BETWEEN d.start_date AND d.end_date) DESC, d.start_date DESC, d.place LIMIT 1
        ) AS given_to
        FROM once
    )
    SELECT given_to, count(*) FROM decided GROUP BY 1
"""


async def plain_counts(url: str, made: list[str]) -> dict[str, int]:
    """Redemptions by campaign, counted by PostgreSQL from the files alone."""
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg://", "postgresql://", 1))
    try:
        await connection.execute(
            "CREATE TEMP TABLE campaigns (campaign_id text, start_date date, end_date date, place int);"
            "CREATE TEMP TABLE coupons (coupon_upc text, campaign_id text);"
            "CREATE TEMP TABLE redemptions (household_id text, coupon_upc text, campaign_id text, redemption_date date)"
        )
        day = date.fromisoformat
        await connection.copy_records_to_table(
            "campaigns",
            records=[
                (one["campaign_id"], day(one["start_date"]), day(one["end_date"]), made.index(one["campaign_id"]))
                for one in read("campaign_descriptions")
            ],
        )
        pairs = {(one["coupon_upc"], one["campaign_id"]) for one in read("coupons")}
        await connection.copy_records_to_table("coupons", records=sorted(pairs))
        await connection.copy_records_to_table(
            "redemptions",
            records=[
                (one["household_id"], one["coupon_upc"], one["campaign_id"], day(one["redemption_date"]))
                for one in read("coupon_redemptions")
            ],
        )
        return {row[0]: row[1] for row in await connection.fetch(PLAIN)}
    finally:
        await connection.close()


async def issue(tenant: Tenant, descriptions: list[dict[str, str]]) -> dict[str, str]:
    """A campaign with one creator for each of the data's, every coupon a promo code with its dates."""
    partnerships: dict[str, str] = {}
    dates: dict[str, Json] = {}
    for one in descriptions:
        made = await making.partnership(tenant, approved=True)
        end = date.fromisoformat(one["end_date"]) + timedelta(days=1)
        partnerships[one["campaign_id"]] = made["id"]
        dates[one["campaign_id"]] = {"starts_at": f"{one['start_date']}T00:00:00Z", "ends_at": f"{end}T00:00:00Z"}
    pairs = sorted({(one["coupon_upc"], one["campaign_id"]) for one in read("coupons")})
    gate = asyncio.Semaphore(8)
    async with tenant.client("attribution") as client:

        async def add(coupon: str, campaign: str) -> int:
            body = {"partnership_id": partnerships[campaign], "code": coupon, **dates[campaign]}
            async with gate:
                return (await client.post("/v1/codes", json=body)).status_code

        assert set(await asyncio.gather(*(add(*pair) for pair in pairs))) == {201}
    return {partnership: campaign for campaign, partnership in partnerships.items()}


async def all_conversions(tenant: Tenant) -> list[Json]:
    found: list[Json] = []
    cursor: Json = {}
    while True:
        page = await get(tenant, "/v1/conversions", limit=500, **cursor)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


async def test_every_redemption_is_counted_once_and_given_by_the_written_rule(
    tenant: Tenant, database_url: str
) -> None:
    descriptions = read("campaign_descriptions")
    campaign_of = await issue(tenant, descriptions)
    redemptions = read("coupon_redemptions")
    lines = [
        f"purchase,{one['redemption_date']}T12:00:00Z,{one['coupon_upc']},"
        f"{one['household_id']}:{one['coupon_upc']}:{one['campaign_id']}"
        for one in redemptions
    ]
    text = "\n".join(["kind,occurred_at,code,external_id", *lines])
    async with tenant.client("attribution") as client:
        answer = await client.post("/v1/conversions/import", content=text, headers={"Content-Type": "text/csv"})
        await tenant.house.run_jobs(1)
        done = await get(tenant, answer.headers["location"])
    assert (done["lines"], done["recorded"], done["repeated"], done["faulty"]) == (2_102, 2_075, 27, 0)

    found = await all_conversions(tenant)
    assert len(found) == 2_075
    assert {one["attribution"]["state"] for one in found} == {"attributed"}
    counts = Counter(campaign_of[one["attribution"]["partnership_id"]] for one in found)
    made = [campaign_of[key] for key in campaign_of]
    assert dict(counts) == await plain_counts(database_url, made)

    campaigns_of_code = Counter(
        coupon for coupon, _ in {(one["coupon_upc"], one["campaign_id"]) for one in read("coupons")}
    )
    shared = {coupon for coupon, number in campaigns_of_code.items() if number > 1}
    assert round(100 * len(shared) / len(campaigns_of_code), 1) == 15.4
    for one in found:
        rule, considered = one["attribution"]["rule"], one["attribution"]["considered"]
        assert len(considered) == campaigns_of_code[one["code"]]
        assert sum(touch["used"] for touch in considered) == 1
        if one["code"] in shared:
            assert f"{campaigns_of_code[one['code']]} creators have this code" in rule
            assert rule.endswith(("whose dates hold the conversion", "whose code was issued last"))
        else:
            assert rule == "code decides"

    # every redemption lies inside its campaign's dates, so the rule errs only where two campaigns ran at once
    truth = {one["external_id"]: one["external_id"].rpartition(":")[2] for one in found}
    right = sum(campaign_of[one["attribution"]["partnership_id"]] == truth[one["external_id"]] for one in found)
    assert len(found) - right <= 33
