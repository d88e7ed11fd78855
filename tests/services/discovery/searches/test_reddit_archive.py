"""The Reddit reply graph as an archive: from ten seeds, by comments alone, a community comes out on top."""

import csv
import gzip
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.discovery.creators import repository
from services.discovery.rows import CommentRow, CreatorRow, PostRow
from tests.house import Tenant

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"
REPLIES, COMMUNITIES = DATA / "reddit_replies.csv.gz", DATA / "reddit_user_communities.csv.gz"
EDGES = 82_103
SEEDS = 10
NOW = datetime(2026, 11, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(
    not REPLIES.is_file(),
    reason="skipped: the Reddit reply graph is not part of the project and ../shared/data is not here",
)


def read_graph() -> tuple[list[tuple[str, str, int]], dict[str, set[str]]]:
    with gzip.open(REPLIES, "rt") as file:
        edges = [(row["from"], row["to"], int(row["replies"])) for row in csv.DictReader(file)]
    members: dict[str, set[str]] = defaultdict(set)
    with gzip.open(COMMUNITIES, "rt") as file:
        for row in csv.DictReader(file):
            for community in row["subreddits"].split("|"):
                members[community].add(row["user"])
    return edges, members


async def store(tenant: Tenant, edges: list[tuple[str, str, int]]) -> None:
    """Replies as comments under one post of the account answered; hashtags are hidden by leaving them out."""
    people = sorted({one for source, target, _ in edges for one in (source, target)})
    creators = [CreatorRow("reddit", name, False, False, NOW, handle=name) for name in people]
    posts = [PostRow("reddit", f"p-{name}", name, False, NOW) for name in people]
    comments = [
        CommentRow(
            "reddit",
            f"{source}-{target}-{n}",
            f"p-{target}",
            source,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            NOW,
        )
        for source, target, replies in edges
        for n in range(replies)
    ]
    workspace = tenant.workspace_id
    runtime = tenant.house.runtime("discovery")
    async with runtime.database.tenant_session(workspace) as session:
        for start in range(0, len(people), 20_000):
            part = slice(start, start + 20_000)
            await repository.merge_creators(
                session, workspace_id=workspace, rows=repository.given(CreatorRow, creators[part]), source="archive",
                expires_at=None,
            )  # fmt: skip
            await repository.merge_posts(
                session, workspace_id=workspace, rows=repository.given(PostRow, posts[part]), source="archive",
                expires_at=None,
            )  # fmt: skip
        for start in range(0, len(comments), 20_000):
            await repository.merge_comments(
                session, workspace_id=workspace,
                rows=repository.given(CommentRow, comments[start : start + 20_000]), expires_at=None,
            )  # fmt: skip


async def test_from_ten_seeds_by_comments_alone_the_top_fifty_are_mostly_of_their_community(tenant: Tenant) -> None:
    edges, members = read_graph()
    assert len(edges) == EDGES
    await store(tenant, edges)
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
    assert hits / 50 > max(0.5, 5 * chance)
