"""Relevant small creators per call: a search on a simulated platform beside breadth-first and a fixed list.

    python -m tests.benchmarks.discovery.calls --seed 1

The generated networks of `ranking_networks` stand behind Bluesky's calls, with its pages and a quota that is counted
there. The search is the real one, on a PostgreSQL of its own. After so many calls, per brief:

- found: creators of the niche in the follower band whose profile was read, so that they are known to be in the band
- first 50: how many of the first 50 candidates are such creators; the other ways are ranked by the same ranking

Intervals are over networks, Student t; ratios have a paired bootstrap interval.
"""

import argparse
import asyncio
import os
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
from sqlalchemy import text

from services.discovery.app import HISTORY
from services.discovery.connectors.bluesky import BlueskyConnector
from services.discovery.ranking.graph import build_graph
from services.discovery.ranking.rank import Query, rank_creators
from services.discovery.searches import service
from services.discovery.searches.ranking import rank
from services.discovery.searches.steps import Walk, Went
from services.discovery.settings import DiscoverySettings
from shared.kit.embedded_postgres.cluster import ensure_cluster, erase_cluster
from shared.kit.http import create_http_client
from shared.kit.identity.caller import Caller
from shared.kit.identity.history import IDENTITY
from shared.kit.ids import new_id
from shared.kit.migrations import upgrade
from shared.kit.runtime import Runtime, create_runtime
from shared.schemas.identity import Scope
from shared.schemas.searches import SearchCreate
from tests.benchmarks.discovery.appview import Appview, did
from tests.benchmarks.discovery.figures import interval, ratio
from tests.benchmarks.discovery.networks import VARIANTS, Network, generate
from tests.benchmarks.discovery.ranking_networks import Brief, briefs
from tests.benchmarks.discovery.strategies import Known, Spender, breadth_first, fixed_list

FIRST = 50
OURS, BREADTH, FIXED = "Groundswell", "breadth-first", "fixed list"
SECRET = "of the benchmark, of no use elsewhere"


@dataclass(frozen=True)
class Result:
    found: int
    first: int
    calls: int


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="master seed")
    parser.add_argument("--networks", type=int, default=5)
    parser.add_argument("--niches", type=int, default=2, help="briefs per network")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--variant", choices=[*VARIANTS], default="default")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: S103  # PostgreSQL runs as another account
        home = Path(folder)
        cluster = ensure_cluster(home)
        try:
            url = cluster.url("postgres")
            for history in (IDENTITY, HISTORY):
                await upgrade(url, history)
            settings = DiscoverySettings(
                database_url=url, groundswell_home=home, groundswell_secret=SECRET,
                discovery_bluesky_appview_url="http://appview.example",
            )  # fmt: skip
            runtime = create_runtime(settings)
            await measure(runtime, given)
            await runtime.close()
        finally:
            erase_cluster(home)


async def measure(runtime: Runtime, given: argparse.Namespace) -> None:
    results: dict[str, dict[str, list[list[Result]]]] = {"2 hashtags": defaultdict(list), "5 seeds": defaultdict(list)}
    for child in np.random.SeedSequence(given.seed).spawn(given.networks):
        network_seed, brief_seed, platform_seed = child.spawn(3)
        network = generate(np.random.default_rng(network_seed), VARIANTS[given.variant])
        appview = Appview(network, seed=int(platform_seed.generate_state(1)[0]), limit=10**9)
        chosen = briefs(network, np.random.default_rng(brief_seed), given.niches)
        for mode, methods in results.items():
            rows = [await one_brief(runtime, appview, brief, mode, given.calls) for brief in chosen]
            for method in rows[0]:
                methods[method].append([row[method] for row in rows])
    print(
        f"\n{given.variant}: master seed {given.seed}, {given.networks} networks of 20,000 accounts,"
        f" {given.niches} briefs each, {given.calls} calls"
    )
    for mode, methods in results.items():
        report(mode, methods)


async def one_brief(runtime: Runtime, appview: Appview, brief: Brief, mode: str, calls: int) -> dict[str, Result]:
    """Every way to spend the calls on one brief."""
    network = appview.network
    hashtags = [network.tag_names[tag] for tag in brief.hashtags.tolist()] if mode == "2 hashtags" else []
    seeds = [] if hashtags else [did(seed) for seed in brief.seeds.tolist()]
    wanted = {did(account) for account in np.flatnonzero(brief.wanted).tolist()} - set(seeds)
    client = httpx.AsyncClient(transport=httpx.MockTransport(appview.handle))
    found = {OURS: await search(runtime, appview, hashtags, seeds, wanted, calls)}
    for name, way in ((BREADTH, breadth_first), (FIXED, fixed_list)):
        connector = BlueskyConnector.create(client, {"appview_url": "http://appview.example"})
        known = await way(Spender(connector, calls), hashtags, seeds)
        first = ranked(network, known, hashtags, seeds)[:FIRST]
        profiled = {one for one, fits in known.band.items() if fits}
        found[name] = Result(len(wanted & profiled), len(wanted & set(first)), known.calls)
    await client.aclose()
    return found


async def search(
    runtime: Runtime, appview: Appview, hashtags: list[str], seeds: list[str], wanted: set[str], calls: int
) -> Result:
    """A real search in a workspace of its own, to the end of its budget."""
    runtime.http = create_http_client(runtime.settings, transport=httpx.MockTransport(appview.handle))
    caller = Caller(workspace_id=new_id(), key_id=new_id(), scopes=frozenset(Scope))
    body = SearchCreate.model_validate(
        {
            "brief": {"name": "b", "brand": {"name": "Fellside Shoes"}, "hashtags": hashtags, "seeds": seeds},
            "sources": ["bluesky"],
            "limits": {"max_calls": calls, "depth": 2},
        }
    )
    async with runtime.database.system_session() as session:
        await session.execute(text("DELETE FROM discovery.quota_uses"))
        await session.execute(text("DELETE FROM discovery.quota_limits"))
    async with runtime.database.tenant_session(caller.workspace_id) as session:
        search_id = (await service.create_search(session, runtime=runtime, body=body, caller=caller)).id
    walk = Walk(runtime, caller.workspace_id, search_id)
    while (await walk.advance())[0] is Went.ON:
        pass
    await rank(runtime, caller.workspace_id, search_id)
    async with runtime.database.tenant_session(caller.workspace_id) as session:
        first = await session.scalars(
            text(
                "SELECT c.platform_id FROM discovery.candidates a JOIN discovery.creators c ON c.id = a.creator_id"
                " WHERE a.search_id = :id ORDER BY a.rank LIMIT :first"
            ),
            {"id": search_id, "first": FIRST},
        )
        profiled = await session.scalars(
            text(
                "SELECT c.platform_id FROM discovery.search_members m JOIN discovery.creators c ON c.id = m.creator_id"
                " WHERE m.search_id = :id AND m.profile_asked AND NOT c.stub"
                " AND coalesce(c.followers, 1000) BETWEEN 1000 AND 100000"
            ),
            {"id": search_id},
        )
        row = await service.get_search(session, search_id=search_id)
    return Result(len(wanted & set(profiled)), len(wanted & set(first)), row.steps_done)


def ranked(network: Network, known: Known, hashtags: list[str], seeds: list[str]) -> list[str]:
    """What another way saw, in the order of our own ranking."""
    accounts = sorted(known.hop)
    place = {one: number for number, one in enumerate(accounts)}
    edges = sorted((place[who], place[whom], count) for (who, whom), count in known.edges.items() if who != whom)
    uses = sorted((place[who], key, count) for (who, key), count in known.uses.items() if who in place)
    names = sorted({key for _, key, _ in uses})
    number = {key: at for at, key in enumerate(names)}
    graph = build_graph(
        accounts=len(accounts),
        source=np.array([one for one, _, _ in edges], np.int64),
        target=np.array([one for _, one, _ in edges], np.int64),
        comments=np.array([one for _, _, one in edges], np.int64),
        hashtags=names,
        use_account=np.array([one for one, _, _ in uses], np.int64),
        use_hashtag=np.array([number[key] for _, key, _ in uses], np.int64),
        uses=np.array([count for _, _, count in uses], np.int64),
    )
    eligible = np.array([known.band.get(one, True) for one in accounts], bool)
    query = Query(
        seeds=[place[one] for one in seeds if one in place], hashtags=hashtags, eligible=eligible, limit=FIRST
    )
    return [accounts[one.account] for one in rank_creators(graph, query)]


def report(mode: str, methods: dict[str, list[list[Result]]]) -> None:
    print(f"\nfrom {mode}")
    print(f"{'way':15} {'calls':>6} {'found':>16} {'per call':>16} {'of the first 50':>18}")
    found, first = {}, {}
    for name, networks in methods.items():
        found[name] = np.array([np.mean([one.found / max(one.calls, 1) for one in rows]) for rows in networks])
        first[name] = np.array([np.mean([one.first for one in rows]) for rows in networks])
        many = interval([np.mean([one.found for one in rows]) for rows in networks])
        calls = np.mean([one.calls for rows in networks for one in rows])
        each, top = interval(found[name]), interval(first[name])
        print(
            f"{name:15} {calls:6.0f} {many[0]:8.1f} ± {many[1]:5.1f} {each[0]:8.3f} ± {each[1]:.3f}"
            f" {top[0]:10.1f} ± {top[1]:5.1f}"
        )
    rng = np.random.default_rng(0)
    for name in (BREADTH, FIXED):
        if len(found[name]) > 1:
            per_call = "{:.2f} (95 % bootstrap {:.2f} to {:.2f})".format(*ratio(found[OURS], found[name], rng))
            top50 = "{:.2f} ({:.2f} to {:.2f})".format(*ratio(first[OURS], first[name], rng))
            print(f"  against {name}: {per_call} times per call; {top50} times in the first 50")


if __name__ == "__main__":
    asyncio.run(main())
