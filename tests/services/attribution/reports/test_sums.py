"""A report's figures are a plain count over hits and conversions: for any days, in a zone of half an hour, whatever of
it is summed already, after late hits and after judging again."""

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.attribution.hits import store
from services.attribution.hits.ids import HitIds
from services.attribution.hits.judging import Judge
from services.attribution.hits.record import HitRecord, Outcome
from services.attribution.reports.jobs import sum_days
from shared.kit.runtime import Runtime
from shared.schemas.ids import decode
from tests.house import Tenant, make_tenant, open_house
from tests.services.attribution import making
from tests.services.attribution.hits.agents import CHROME_ANDROID, PREVIEWS
from tests.services.attribution.making import Json
from tests.services.attribution.orders import convert, creator, get, order

ZONE = "Asia/Kolkata"
FIRST = date(2027, 3, 1)
DAYS = 5
_AGENTS = (CHROME_ANDROID, CHROME_ANDROID, PREVIEWS["x"], "curl/8.7.1", "")

_HITS = """
SELECT count(*), count(*) FILTER (WHERE h.verdict = 'human'), count(*) FILTER (WHERE h.verdict = 'bot')
FROM attribution.hits h JOIN attribution.links l ON l.workspace_id = h.workspace_id AND l.id = h.link_id
WHERE l.campaign_id = :campaign AND h.verdict IS NOT NULL
  AND CAST(h.at AT TIME ZONE :zone AS date) BETWEEN :first AND :last
  AND (CAST(:who AS uuid) IS NULL OR l.partnership_id = :who)"""

_SALES = """
SELECT count(*), coalesce(sum(amount_minor), 0), coalesce(sum(refunded_minor), 0), coalesce(sum(net_minor), 0)
FROM attribution.conversions
WHERE campaign_id = :campaign AND livemode AND state = 'attributed'
  AND CAST(occurred_at AT TIME ZONE :zone AS date) BETWEEN :first AND :last
  AND (CAST(:who AS uuid) IS NULL OR partnership_id = :who)"""

_EARNED = """
SELECT coalesce(sum(m.held_minor + m.approved_minor), 0)
FROM attribution.commissions m
JOIN attribution.conversions c ON (c.workspace_id, c.id) = (m.workspace_id, m.conversion_id)
WHERE m.campaign_id = :campaign AND CAST(c.occurred_at AT TIME ZONE :zone AS date) BETWEEN :first AND :last
  AND (CAST(:who AS uuid) IS NULL OR m.partnership_id = :who)"""


@pytest.fixture
async def alone(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Tenant]:
    """A workspace in a database of its own, since the loops work through all workspaces."""
    async with AsyncExitStack() as stack:
        yield await make_tenant(await open_house(stack, fresh_database_url, tmp_path))


def runtime_of(tenant: Tenant) -> Runtime:
    return tenant.house.runtime("attribution")


async def one(tenant: Tenant, statement: str, values: Json) -> tuple[Any, ...]:
    async with runtime_of(tenant).database.system_session() as session:
        return tuple((await session.execute(text(statement), values)).one())


async def sum_all(tenant: Tenant) -> None:
    while await sum_days(runtime_of(tenant)):
        pass


async def judge_all(tenant: Tenant, judge: Judge) -> None:
    for work in (judge.judge_new, judge.rebuild_rollups, judge.count_visitors):
        while await work(runtime_of(tenant)):
            pass


async def add_hits(tenant: Tenant, links: list[Json], rng: random.Random, count: int) -> None:
    """Hits at any moment of the days, in any order, as a drained spool writes them."""
    ids, hits = HitIds(), []
    begins = datetime(2027, 2, 28, 18, 30, tzinfo=UTC)  # midnight in Kolkata
    for number in range(count):
        at = begins + timedelta(seconds=rng.uniform(0, DAYS * 86_400))
        visitor = bytes([rng.randrange(4)] * 8)
        hits.append(
            HitRecord(
                tenant.workspace_id, UUID(int=ids.next(round(at.timestamp() * 1000))),
                decode("lnk", rng.choice(links)["id"]), at, "HEAD" if number % 11 == 0 else "GET", Outcome.REDIRECTED,
                rng.choice(_AGENTS) or None, None, None, visitor,
            )
        )  # fmt: skip
    connection = await store.connect(runtime_of(tenant), name="test")
    await store.copy_hits(connection, hits)
    await connection.close()


class Setting:
    """A campaign with two creators, and its report compared with plain counts."""

    def __init__(self, tenant: Tenant, campaign: Json, people: list[Json], links: list[Json]) -> None:
        self.tenant, self.campaign, self.people, self.links = tenant, campaign, people, links
        self.rng = random.Random(7)

    @classmethod
    async def make(cls, tenant: Tenant) -> "Setting":
        campaign = await making.campaign(tenant, currency="GBP", timezone=ZONE)
        people = [await creator(tenant, campaign=campaign, code=code) for code in ("ANA10", "BEA10")]
        links = [await making.link(tenant, partnership_id=made["id"]) for made in (*people, people[0])]
        return cls(tenant, campaign, people, links)

    async def agrees(self, times: int = 8) -> None:
        path = f"/v1/campaigns/{self.campaign['id']}/report"
        for _ in range(times):
            first = FIRST + timedelta(days=self.rng.randrange(-1, DAYS))
            last = first + timedelta(days=self.rng.randrange(DAYS))
            who = self.rng.choice([None, *self.people])
            params = {"from": str(first), "to": str(last)} | ({"partnership_id": who["id"]} if who else {})
            totals = (await get(self.tenant, path, **params))["totals"]
            bounds = {
                "campaign": decode("cmp", self.campaign["id"]), "zone": ZONE, "first": first, "last": last,
                "who": decode("pts", who["id"]) if who else None,
            }  # fmt: skip
            hits, clicks, bots = await one(self.tenant, _HITS, bounds)
            engagement, brought = totals["engagement"], totals["conversion"]
            assert (engagement["hits"]["value"], engagement["human_clicks"]["value"]) == (hits, clicks), params
            excluded = (await get(self.tenant, path, **params))["excluded_hits"]
            assert sum(line["hits"] for line in excluded if line["verdict"] == "bot") == bots
            sales = await one(self.tenant, _SALES, bounds)
            names = ("conversions", "revenue", "refunds", "net")
            assert tuple(brought[name]["value"] for name in names) == sales, params
            assert totals["money"]["commission"]["value"] == (await one(self.tenant, _EARNED, bounds))[0]

    async def sell(self, first: int, count: int) -> None:
        for number in range(first, first + count):
            at = datetime(2027, 2, 28, 18, 30, tzinfo=UTC) + timedelta(minutes=self.rng.randrange(DAYS * 1440))
            await convert(
                self.tenant, number, self.rng.randrange(1, 9_999), code=self.rng.choice(["ANA10", "BEA10"]),
                occurred_at=at.isoformat(),
            )  # fmt: skip


async def test_reports_are_plain_counts_before_and_after_days_are_summed(alone: Tenant) -> None:
    setting = await Setting.make(alone)
    judge = Judge()
    await add_hits(alone, setting.links, setting.rng, 400)
    await judge_all(alone, judge)
    await setting.sell(0, 12)
    assert (await one(alone, "SELECT count(*) FROM attribution.hit_days", {}))[0] == 0
    await setting.agrees()
    await sum_all(alone)
    assert (await one(alone, "SELECT count(*) FROM attribution.report_marks", {}))[0] == 0
    assert (await one(alone, "SELECT sum(hits) FROM attribution.hit_days", {}))[0] == 400
    await setting.agrees()


async def test_late_hits_and_sales_are_in_the_next_report(alone: Tenant) -> None:
    setting = await Setting.make(alone)
    judge = Judge()
    await add_hits(alone, setting.links, setting.rng, 200)
    await judge_all(alone, judge)
    await setting.sell(0, 6)
    await sum_all(alone)
    await add_hits(alone, setting.links, setting.rng, 50)
    judge.forget(runtime_of(alone))
    await judge_all(alone, judge)
    await setting.sell(6, 6)
    await setting.agrees()
    await sum_all(alone)
    await setting.agrees()


async def test_reports_follow_when_hits_are_judged_again(alone: Tenant) -> None:
    setting = await Setting.make(alone)
    await add_hits(alone, setting.links, setting.rng, 200)
    await judge_all(alone, Judge())
    await sum_all(alone)
    # as if older rules had taken everything for human
    await one(
        alone, "WITH done AS (UPDATE attribution.hits SET verdict = 'human' RETURNING 1) SELECT count(*) FROM done", {}
    )
    newer = Judge(rules_version=2)
    while await newer.judge_again(runtime_of(alone)):
        pass
    await judge_all(alone, newer)
    await setting.agrees()
    await sum_all(alone)
    await setting.agrees()


async def test_reports_follow_corrections_refunds_and_approvals_of_what_was_summed(alone: Tenant) -> None:
    setting = await Setting.make(alone)
    sale = {"code": "ANA10", "occurred_at": "2027-03-02T12:00:00Z"}
    made = await convert(alone, 1, 10_000, **sale)
    await convert(alone, 2, 6_000, **sale)
    await sum_all(alone)
    # another day, another creator, another amount
    changed = {"code": "BEA10", "occurred_at": "2027-03-03T20:00:00Z", "revised_at": "2027-03-04T00:00:00Z"}
    await making.post(alone, "/v1/conversions", order(2, 7_000, **changed), expect=200)
    await setting.agrees()
    await sum_all(alone)
    await setting.agrees()
    refund = {"occurred_at": "2027-03-05T12:00:00Z", "amount_minor": 2_500, "currency": "GBP"}
    await making.post(alone, f"/v1/conversions/{made['id']}/refunds", refund)
    await setting.agrees()
    await sum_all(alone)
    body = {"conversion_ids": [made["id"]], "early": True}
    await making.post(alone, "/v1/ledger/approvals", body, expect=200)
    path = f"/v1/campaigns/{setting.campaign['id']}/report"
    for _ in range(2):
        money = (await get(alone, path))["totals"]["money"]
        assert (money["held"]["value"], money["due"]["value"]) == (700, 750)
        await sum_all(alone)


async def test_a_change_that_commits_after_its_day_was_summed_is_not_lost(alone: Tenant) -> None:
    setting = await Setting.make(alone)
    await convert(alone, 1, 10_000, code="ANA10", occurred_at="2027-03-02T12:00:00Z")
    late = await store.connect(runtime_of(alone), name="late")
    transaction = late.transaction()
    await transaction.start()
    await late.execute("UPDATE attribution.conversions SET amount_minor = 500, net_minor = 500")
    await late.execute(
        """INSERT INTO attribution.report_marks (workspace_id, campaign_id, subject, day)
        SELECT workspace_id, campaign_id, 'conversions', '2027-03-02' FROM attribution.conversions"""
    )
    await sum_all(alone)
    await transaction.commit()
    await late.close()
    await setting.agrees()
    await sum_all(alone)
    await setting.agrees()
