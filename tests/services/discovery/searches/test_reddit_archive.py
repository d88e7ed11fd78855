"""The Reddit reply graph as an archive: from ten seeds, by comments alone, a community comes out on top."""

import csv
import gzip
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.house import Tenant

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
REPLIES, COMMUNITIES = DATA / "reddit_replies.csv.gz", DATA / "reddit_user_communities.csv.gz"
EDGES = 82_103
SEEDS = 10

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not REPLIES.is_file(),
        reason="skipped: the Reddit reply graph is not part of the project and ../shared/data is not here",
    ),
]


def read_graph() -> tuple[list[tuple[str, str, int]], dict[str, set[str]]]:
    with gzip.open(REPLIES, "rt") as file:
        edges = [(row["from"], row["to"], int(row["replies"])) for row in csv.DictReader(file)]
    members: dict[str, set[str]] = defaultdict(set)
    with gzip.open(COMMUNITIES, "rt") as file:
        for row in csv.DictReader(file):
            for community in row["subreddits"].split("|"):
                members[community].add(row["user"])
    return edges, members


def lines(edges: list[tuple[str, str, int]], members: dict[str, set[str]]) -> Iterator[bytes]:
    """An archive: one post an account with its communities as hashtags, replies as comments under it."""
    communities: dict[str, list[str]] = defaultdict(list)
    for name in sorted(members):
        for one in members[name]:
            communities[one].append(name)
    for name in sorted({one for source, target, _ in edges for one in (source, target)}):
        post = {"kind": "post", "platform": "reddit", "platform_id": f"p-{name}", "author_id": name}
        yield orjson.dumps({"kind": "creator", "platform": "reddit", "platform_id": name, "handle": name}) + b"\n"
        yield orjson.dumps({**post, "hashtags": communities[name]}) + b"\n"
    for source, target, replies in edges:
        comment = {"kind": "comment", "platform": "reddit", "post_id": f"p-{target}", "author_id": source}
        for n in range(replies):
            yield orjson.dumps({**comment, "platform_id": f"{source}-{target}-{n}"}) + b"\n"


async def store(tenant: Tenant, edges: list[tuple[str, str, int]], members: dict[str, set[str]]) -> None:
    async def body() -> AsyncIterator[bytes]:
        for part in batched(lines(edges, members), 10_000):
            yield b"".join(part)

    async with tenant.client("discovery") as client:
        headers = {"Content-Type": "application/x-ndjson"}
        made = await client.post("/v1/imports", content=body(), headers=headers)
        assert made.status_code == 202, made.text
        await tenant.house.run_jobs(rounds=1)
        done = (await client.get(made.headers["location"])).json()
    assert (done["status"], done["lines_faulty"]) == ("completed", 0)
    assert done["comments"] == sum(replies for _, _, replies in edges)


def batched(items: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    while part := list(islice(items, size)):
        yield part


async def test_from_ten_seeds_by_comments_alone_the_top_fifty_are_mostly_of_their_community(tenant: Tenant) -> None:
    edges, members = read_graph()
    assert len(edges) == EDGES
    await store(tenant, edges, members)
    everybody = {one for source, target, _ in edges for one in (source, target)}
    degree: dict[str, int] = defaultdict(int)
    for source, target, _ in edges:
        degree[source] += 1
        degree[target] += 1
    community = "hiphopheads"
    inside = sorted(members[community] & everybody, key=lambda name: (-degree[name], name))
    seeds = inside[20 : 20 + SEEDS]  # neither the busiest nor the quietest
    body: dict[str, Any] = {
        "brief": {"brand": {"name": "A brand"}, "seeds": [f"reddit:{name}" for name in seeds]},
        "sources": ["archive"], "hashtags": False, "limits": {"max_calls": 1_000, "depth": 3},
    }  # fmt: skip
    async with tenant.client("discovery") as client:
        made = await client.post("/v1/searches", json=body)
        assert made.status_code == 202, made.text
        await tenant.house.run_jobs()
        found = (await client.get(made.headers["location"])).json()
        top = (await client.get(f"{made.headers['location']}/candidates", params={"limit": 50})).json()["items"]
    assert (found["status"], found["error"]) == ("completed", None)
    assert found["progress"]["creators_seen"] > 1_000
    hits = sum(item["creator"]["handle"] in members[community] for item in top)
    chance = len(inside) / len(everybody)
    assert len(top) == 50
    assert [item for item in top if item["provenance"]["hashtags"]] == []  # hidden: only comments led there
    assert hits / 50 > max(0.5, 5 * chance)
