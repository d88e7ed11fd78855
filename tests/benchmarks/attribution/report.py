"""The campaign report over many hits and conversions: p50 and p95, and whether its figures are right.

    python -m tests.benchmarks.attribution.report [--full]

`--full` is 10,000,000 hits and 100,000 conversions and takes many minutes to make; without it a tenth of both, which
says less. The campaign's zone is Asia/Kolkata, half an hour off. Every report is asked for days, a creator or a model
that were not asked for before; figures are compared with plain counts at first, after a spool file was drained, and
after hits of older rules were judged again. Sizes of one's own: BENCH_HITS, BENCH_CONVERSIONS, BENCH_CREATORS,
BENCH_REPORTS; BENCH_HOME keeps the data.
"""

import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from services.attribution.app import HISTORIES, create_app
from services.attribution.hits.store import ensure_partitions
from services.attribution.hits.verdicts import RULES_VERSION
from services.attribution.reports.jobs import sum_days
from services.attribution.settings import AttributionSettings
from shared.kit.embedded_postgres.cluster import Cluster, ensure_cluster, erase_cluster
from shared.kit.identity.keys import generate_key, hash_key
from shared.kit.ids import new_id
from shared.kit.migrations import upgrade
from shared.kit.runtime import create_runtime
from shared.kit.telemetry import configure_logging
from shared.schemas.identity import Scope
from shared.schemas.ids import decode
from tests.benchmarks.attribution import late

FULL = "--full" in sys.argv
HITS = int(os.environ.get("BENCH_HITS", "10_000_000" if FULL else "1_000_000"))
CONVERSIONS = int(os.environ.get("BENCH_CONVERSIONS", "100_000" if FULL else "10_000"))
# Hits that come late by a spool file, and hits judged by older rules.
SPOOLED, OLDER = 5_000, 20_000
CREATORS = int(os.environ.get("BENCH_CREATORS", "50"))
REPORTS = int(os.environ.get("BENCH_REPORTS", "100"))
LINKS_EACH = 2
DAYS = 90
ZONE = "Asia/Kolkata"
BEGINS = datetime(2026, 7, 1, tzinfo=UTC)
_MODELS = ("code_first", "first_touch", "last_touch", "linear", "position_based", "time_decay")

_MAKE_HITS = """
INSERT INTO attribution.hits (workspace_id, id, link_id, at, method, outcome, user_agent, visitor, verdict, reason,
    rule_version)
SELECT $1, CAST(lpad(to_hex(CAST(extract(epoch FROM at) * 1000 AS bigint)), 12, '0') || '7' || substr(h, 1, 3) || '8'
        || substr(h, 4, 15) AS uuid),
    ($2::uuid[])[1 + floor(power(random(), 2) * $3)::int], at, 'GET', 'redirected', 'Mozilla/5.0',
    decode(substr(h, 17, 8), 'hex'),
    (ARRAY['human', 'human', 'human', 'human', 'human', 'human', 'bot', 'link_preview', 'duplicate', 'prefetch'])
        [1 + n % 10], 'made up', CASE WHEN n >= $8 THEN 0 ELSE $9::int END
FROM (SELECT n, md5(n::text) AS h, $4::timestamptz + n * $5::interval AS at
    FROM generate_series($6::bigint, $7::bigint) AS n) AS made"""

_ROLL_UP = """
INSERT INTO attribution.hit_rollups (workspace_id, link_id, bucket, hits, human, bot, link_preview, prefetch, head,
    duplicate, capped, expired)
SELECT workspace_id, link_id, date_bin('15 minutes', at, '2000-01-01Z'), count(*),
    count(*) FILTER (WHERE verdict = 'human'), count(*) FILTER (WHERE verdict = 'bot'),
    count(*) FILTER (WHERE verdict = 'link_preview'), count(*) FILTER (WHERE verdict = 'prefetch'), 0,
    count(*) FILTER (WHERE verdict = 'duplicate'), 0, 0
FROM attribution.hits WHERE workspace_id = $1 GROUP BY 1, 2, 3"""

_MAKE_VISITORS = """
INSERT INTO attribution.visitor_rollups (workspace_id, scope_id, day, visitors, without_visitor)
SELECT $1, scope, $3::date + n, 100 + n, n FROM unnest($2::uuid[]) AS scope, generate_series(0, $4::int - 1) AS n"""

_MAKE_CONVERSIONS = """
INSERT INTO attribution.conversions (workspace_id, id, source, external_id, kind, occurred_at, revised_at, digest,
    amount_minor, currency, discount_minor, code_id, new_customer, livemode, net_minor, state, signal, rule, model,
    campaign_id, partnership_id)
SELECT $1, gen_random_uuid(), 'shop', 'order-' || n, CASE WHEN n % 20 = 0 THEN 'lead' ELSE 'purchase' END, at, at,
    '\\x00', CASE WHEN n % 20 = 0 THEN NULL ELSE 1000 + n % 9000 END,
    CASE WHEN n % 20 = 0 THEN NULL ELSE 'INR' END, CASE WHEN n % 3 = 0 THEN 100 END,
    CASE WHEN n % 2 = 0 AND n % 50 <> 0 THEN ($3::uuid[])[who] END, n % 4 = 0, true,
    CASE WHEN n % 20 = 0 THEN NULL ELSE 1000 + n % 9000 END,
    CASE WHEN n % 50 = 0 THEN 'unattributed' ELSE 'attributed' END,
    CASE WHEN n % 2 = 0 THEN 'code' ELSE 'click' END, 'made up', 'last_touch',
    CASE WHEN n % 50 <> 0 THEN $4::uuid END, CASE WHEN n % 50 <> 0 THEN ($2::uuid[])[who] END
FROM (SELECT n, 1 + floor(power(random(), 2) * cardinality($2::uuid[]))::int AS who,
        $5::timestamptz + random() * $6::interval AS at
    FROM generate_series(1, $7::bigint) AS n) AS made"""

# A fifth of them was touched by two creators, whose shares depend on the model.
_MAKE_CREDITS = """
INSERT INTO attribution.conversion_credits (workspace_id, conversion_id, model, partnership_id, campaign_id, chosen,
    place, weight, total_weight, credit_minor, net_minor, currency, occurred_at, livemode)
SELECT c.workspace_id, c.id, m, c.partnership_id, c.campaign_id, m = 'last_touch', 0, 1, 1,
    c.amount_minor, CASE WHEN split THEN c.amount_minor / 2 ELSE c.amount_minor END, c.currency, c.occurred_at, true
FROM attribution.conversions c CROSS JOIN unnest($2::text[]) AS m
CROSS JOIN LATERAL (SELECT right(c.external_id, 1) IN ('1', '6') AND m IN ('linear', 'position_based') AS split) AS s
WHERE c.workspace_id = $1 AND c.campaign_id IS NOT NULL
UNION ALL
SELECT c.workspace_id, c.id, m, other, c.campaign_id, false, 1, 1, 2, 0, c.amount_minor - c.amount_minor / 2,
    c.currency, c.occurred_at, true
FROM attribution.conversions c CROSS JOIN unnest(ARRAY['linear', 'position_based']) AS m
CROSS JOIN LATERAL (SELECT ($3::uuid[])[1 + length(c.external_id) % cardinality($3::uuid[])] AS other) AS o
WHERE c.workspace_id = $1 AND c.campaign_id IS NOT NULL AND right(c.external_id, 1) IN ('1', '6')
    AND other <> c.partnership_id"""

_MAKE_COMMISSIONS = """
INSERT INTO attribution.commissions (workspace_id, partnership_id, conversion_id, currency, campaign_id, held_minor,
    approved_minor, hold_until)
SELECT workspace_id, partnership_id, id, 'INR', campaign_id, amount_minor / 10, 0, occurred_at + interval '30 days'
FROM attribution.conversions WHERE workspace_id = $1 AND campaign_id IS NOT NULL AND amount_minor IS NOT NULL"""

_MAKE_ENTRIES = """
INSERT INTO attribution.ledger_entries (workspace_id, id, kind, partnership_id, campaign_id, conversion_id, debit,
    credit, amount_minor, currency, at)
SELECT workspace_id, gen_random_uuid(), 'accrual', partnership_id, campaign_id, conversion_id, 'expense', 'held',
    held_minor, currency, hold_until FROM attribution.commissions WHERE workspace_id = $1 AND held_minor > 0"""

_MARK = """
INSERT INTO attribution.report_marks (workspace_id, campaign_id, subject, day)
SELECT $1, $2, subject, $3::date + n
FROM unnest(ARRAY['hits', 'conversions']) AS subject, generate_series(0, $4::int) AS n"""

_COUNT_HITS = """
SELECT count(*), count(*) FILTER (WHERE h.verdict = 'human') FROM attribution.hits h
JOIN attribution.links l ON l.workspace_id = h.workspace_id AND l.id = h.link_id
WHERE h.workspace_id = $1 AND (h.at AT TIME ZONE $2)::date BETWEEN $3 AND $4
    AND ($5::uuid IS NULL OR l.partnership_id = $5)"""

_COUNT_CONVERSIONS = """
SELECT count(*), coalesce(sum(amount_minor), 0) FROM attribution.conversions
WHERE workspace_id = $1 AND state = 'attributed' AND (occurred_at AT TIME ZONE $2)::date BETWEEN $3 AND $4
    AND ($5::uuid IS NULL OR partnership_id = $5)"""


class Bench:
    """A workspace with one large campaign, and the service over it."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.url = cluster.url("attribution", driver="postgresql")
        self.folder = folder
        self.state: dict[str, Any] = {}

    async def make(self, cluster: Cluster) -> None:
        for history in HISTORIES:
            await upgrade(cluster.url("attribution"), history)
        kept = self.folder / "bench.json"
        if kept.exists():
            self.state = json.loads(kept.read_text())
            return
        workspace, key = new_id(), generate_key()
        connection = await asyncpg.connect(self.url)
        await connection.execute(
            "INSERT INTO identity.workspaces (workspace_id, name) VALUES ($1, 'measured')", workspace
        )
        await connection.execute(
            "INSERT INTO identity.keys (workspace_id, key_id, name, hash, scopes) VALUES ($1, $2, 'measured', $3, $4)",
            workspace, new_id(), hash_key(key), [str(scope) for scope in Scope],
        )  # fmt: skip
        self.state = {"workspace": str(workspace), "key": key}
        await self._campaign()
        await self._fill(connection)
        await connection.close()
        kept.write_text(json.dumps(self.state))

    async def _campaign(self) -> None:
        async with AsyncExitStack() as stack:
            client = await self.client(stack)

            async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
                answer = await client.post(path, json=body)
                answer.raise_for_status()
                found: dict[str, Any] = answer.json()
                return found

            campaign = await post("/v1/campaigns", {"name": "measured", "timezone": ZONE, "currency": "INR"})
            self.state |= {"campaign": campaign["id"], "partnerships": [], "links": [], "codes": []}
            terms = {
                "compensation": [
                    {"kind": "fee", "amount_minor": 10_000, "currency": "INR"},
                    {"kind": "commission", "percent_bp": 1_000},
                ]
            }
            for place in range(CREATORS):
                account = {"platform": "bluesky", "handle": f"creator{place}.example.com"}
                partner = await post("/v1/partners", {"accounts": [account]})
                body = {"campaign_id": campaign["id"], "partner_id": partner["id"], "terms": terms}
                made = await post("/v1/partnerships", body)
                await post(f"/v1/partnerships/{made['id']}/approve", {})
                of = {"partnership_id": made["id"]}
                for _ in range(LINKS_EACH):
                    link = await post("/v1/links", {**of, "destination_url": "https://shop.example.com/"})
                    self.state["links"].append(link["id"])
                self.state["codes"].append((await post("/v1/codes", of))["id"])
                self.state["partnerships"].append(made["id"])

    async def _fill(self, connection: asyncpg.Connection) -> None:
        workspace = UUID(self.state["workspace"])
        links = [decode("lnk", one) for one in self.state["links"]]
        people = [decode("pts", one) for one in self.state["partnerships"]]
        codes = [decode("cod", one) for one in self.state["codes"]]
        campaign = decode("cmp", self.state["campaign"])
        step = timedelta(days=DAYS) / HITS
        for month in range(-1, 4):
            await ensure_partitions(connection, at=BEGINS + timedelta(days=31 * month))
        for first in range(0, HITS, 1_000_000):
            last = min(first + 1_000_000, HITS) - 1
            bounds = (first, last, HITS - OLDER, RULES_VERSION)
            await connection.execute(_MAKE_HITS, workspace, links, len(links), BEGINS, step, *bounds)
        await connection.execute(_ROLL_UP, workspace)
        scopes = [*links, *people, campaign]
        await connection.execute(_MAKE_VISITORS, workspace, scopes, BEGINS.date(), DAYS)
        await connection.execute(
            _MAKE_CONVERSIONS, workspace, people, codes, campaign, BEGINS, timedelta(days=DAYS), CONVERSIONS
        )
        await connection.execute(_MAKE_CREDITS, workspace, list(_MODELS), people)
        await connection.execute(_MAKE_COMMISSIONS, workspace)
        await connection.execute(_MAKE_ENTRIES, workspace)
        await connection.execute(_MARK, workspace, campaign, BEGINS.date(), DAYS)
        await connection.execute("VACUUM (ANALYZE)")

    async def sum_days(self, connection: asyncpg.Connection) -> None:
        """As the worker does it."""
        runtime = create_runtime(self.settings())
        began, days = (
            time.perf_counter(),
            await connection.fetchval(
                "SELECT count(DISTINCT (campaign_id, subject, day)) FROM attribution.report_marks"
            ),
        )
        while await sum_days(runtime):
            pass
        await runtime.database.dispose()
        took = time.perf_counter() - began
        if days:
            print(f"{days} days of hits and of conversions summed in {took:.1f} s")
            await connection.execute("VACUUM (ANALYZE)")

    def settings(self) -> AttributionSettings:
        return AttributionSettings.model_validate(
            {
                "database_url": self.url, "groundswell_home": self.folder, "groundswell_secret": "of this benchmark",
                "rate_limit_per_key": "1000000/minute", "rate_limit_per_address": "1000000/minute",
            }
        )  # fmt: skip

    async def client(self, stack: AsyncExitStack) -> httpx.AsyncClient:
        app = create_app(self.settings())
        await stack.enter_async_context(app.router.lifespan_context(app))
        return await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app), base_url="http://attribution.test", timeout=120,
                headers={"Authorization": f"Bearer {self.state['key']}"},
            )
        )  # fmt: skip

    def filters(self, rng: random.Random) -> dict[str, str]:
        """Days, a creator or a model, in every combination; one in five asks for everything."""
        found: dict[str, str] = {}
        if rng.random() < 0.2:
            return found
        first = rng.randrange(DAYS)
        last = rng.randrange(first, DAYS)
        day = BEGINS.date()
        if rng.random() < 0.8:
            found |= {"from": str(day + timedelta(days=first)), "to": str(day + timedelta(days=last))}
        if rng.random() < 0.3:
            found["partnership_id"] = rng.choice(self.state["partnerships"])
        if rng.random() < 0.3:
            found["model"] = rng.choice(_MODELS)
        return found

    async def check(self, report: dict[str, Any], asked: dict[str, str], connection: asyncpg.Connection) -> None:
        """The figures are those of a plain count over hits and conversions."""
        first = date.fromisoformat(asked.get("from", "2000-01-01"))
        last = date.fromisoformat(asked.get("to", "2100-01-01"))
        who = decode("pts", asked["partnership_id"]) if "partnership_id" in asked else None
        bounds = (UUID(self.state["workspace"]), ZONE, first, last, who)
        hits, clicks = await connection.fetchrow(_COUNT_HITS, *bounds)
        count, revenue = await connection.fetchrow(_COUNT_CONVERSIONS, *bounds)
        totals = report["totals"]
        assert totals["engagement"]["hits"]["value"] == hits, asked
        assert totals["engagement"]["human_clicks"]["value"] == clicks, asked
        assert totals["conversion"]["conversions"]["value"] == count, asked
        assert totals["conversion"]["revenue"]["value"] == revenue, asked


async def measure(bench: Bench) -> None:
    rng = random.Random(20_260_701)
    path = f"/v1/campaigns/{bench.state['campaign']}/report"
    connection = await asyncpg.connect(bench.url)
    await bench.sum_days(connection)
    async with AsyncExitStack() as stack:
        client = await bench.client(stack)
        # once: plans are made and modules loaded on the first call of a process
        await client.get(path)
        for name, more in (("report", {}), ("with days", {"split": "day"}), ("with assets", {"split": "asset"})):
            times, size = [], 0
            for _ in range(REPORTS):
                asked = bench.filters(rng)
                began = time.perf_counter()
                answer = await client.get(path, params={**asked, **more})
                times.append((time.perf_counter() - began) * 1000)
                answer.raise_for_status()
                size = max(size, len(answer.content))
            p95 = statistics.quantiles(times, n=20)[-1]
            print(
                f"{name}: p50 {statistics.median(times):.0f} ms, p95 {p95:.0f} ms, max {max(times):.0f} ms; "
                f"largest answer {size:,} bytes; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
            )

        async def compare(when: str) -> None:
            for _ in range(5):
                asked = bench.filters(rng)
                await bench.check((await client.get(path, params=asked)).json(), asked, connection)
            print(f"5 reports equal plain counts over hits and conversions {when}")

        await compare("as made")
        await late.drain_a_spool(bench.settings(), bench.state, connection, rng, hits=SPOOLED, begins=BEGINS, days=DAYS)
        await compare(f"after a spool file of {SPOOLED:,} late hits was drained and judged")
        await late.judge_again(bench.settings(), connection)
        await compare(f"after {OLDER:,} hits of older rules were judged again")
        await bench.sum_days(connection)
        await compare("after those days were summed")
    await connection.close()


async def main() -> None:
    configure_logging("bench", "WARNING")
    print(f"{HITS:,} hits, {CONVERSIONS:,} conversions, {CREATORS} creators, {DAYS} days, zone {ZONE}")
    with tempfile.TemporaryDirectory(prefix="gs-bench-") as name:
        folder = Path(os.environ.get("BENCH_HOME", name))
        cluster = ensure_cluster(folder)
        try:
            cluster.create_database("attribution")
            bench = Bench(cluster, folder)
            began = time.perf_counter()
            await bench.make(cluster)
            print(f"made in {time.perf_counter() - began:.0f} s")
            await measure(bench)
        finally:
            if "BENCH_HOME" in os.environ:
                cluster.stop()
            else:
                erase_cluster(folder)


if __name__ == "__main__":
    asyncio.run(main())
