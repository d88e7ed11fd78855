"""Time and memory of ranking 1,000,000 accounts with 10,000,000 interactions, beside igraph's personalised PageRank.

    python -m tests.benchmarks.discovery.ranking_scale

The interactions are made once and given to each part in a process of its own, so that peak memory is that part's. One
row is one interaction; repeated pairs are summed while building. Activity and popularity are heavy-tailed, and 60 % of
the comments stay inside communities of about 500 accounts. Reading from PostgreSQL is not part of this figure.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from services.discovery.ranking.graph import build_graph
from services.discovery.ranking.rank import Parameters, Query, rank_creators
from services.discovery.ranking.walk import Walk

COMMUNITY = 500
HASHTAGS = 1_000
COLUMNS = ("source", "target", "comments", "use_account", "use_hashtag", "uses", "community")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--interactions", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=["groundswell", "igraph"], help="used by the script itself")
    parser.add_argument("--folder", type=Path, help="used by the script itself")
    given = parser.parse_args()
    if given.part:
        {"groundswell": time_ours, "igraph": time_igraph}[given.part](given.accounts, given.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        make(given.accounts, given.interactions, given.seed, Path(folder))
        print(f"{given.accounts:,} accounts, {given.interactions:,} interactions, seed {given.seed}", flush=True)
        for part in ("groundswell", "igraph"):
            same = ["--accounts", str(given.accounts), "--part", part, "--folder", folder]
            subprocess.run([sys.executable, "-m", "tests.benchmarks.discovery.ranking_scale", *same], check=True)


def make(accounts: int, interactions: int, seed: int, folder: Path) -> None:
    """Write the columns as one .npy file each."""
    rng = np.random.default_rng(seed)
    activity, popularity = np.cumsum(rng.pareto(2.0, accounts) + 1), rng.pareto(1.8, accounts) + 1
    source = np.searchsorted(activity / activity[-1], rng.random(interactions)).astype(np.int32)
    communities = max(1, accounts // COMMUNITY)
    community = rng.integers(0, communities, accounts)
    order = np.argsort(community, kind="stable")
    cumulated = np.cumsum(popularity[order])
    border = np.concatenate([[0.0], cumulated])[np.searchsorted(community[order], np.arange(communities + 1))]
    home = rng.random(interactions) < 0.6
    low = np.where(home, border[community[source]], 0.0)
    high = np.where(home, border[community[source] + 1], cumulated[-1])
    place = np.searchsorted(cumulated, low + rng.random(interactions) * (high - low))
    target = order[np.minimum(place, accounts - 1)].astype(np.int32)
    users = rng.integers(0, accounts, 3 * accounts).astype(np.int32)
    own = rng.random(len(users)) < 0.5
    hashtags = np.where(own, community[users] % HASHTAGS, rng.integers(0, HASHTAGS, len(users))).astype(np.int32)
    columns = (
        source,
        target,
        np.ones(interactions, np.int32),
        users,
        hashtags,
        np.ones(len(users), np.int32),
        community,
    )
    for name, column in zip(COLUMNS, columns, strict=True):
        np.save(folder / f"{name}.npy", column)


def time_ours(accounts: int, folder: Path) -> None:
    column = {name: np.load(folder / f"{name}.npy") for name in COLUMNS}
    community = column.pop("community")
    loaded = peak()
    begin = time.perf_counter()
    graph = build_graph(accounts=accounts, hashtags=[f"tag{number}" for number in range(HASHTAGS)], **column)
    print(f"groundswell  build {time.perf_counter() - begin:6.2f} s   {len(graph.outgoing.data):,} distinct pairs")
    del column
    wanted = int(community[0])
    seeds = np.flatnonzero(community == wanted)[:10].tolist()
    eligible = np.random.default_rng(0).random(accounts) < 0.3
    hashtags = [f"tag{wanted % HASHTAGS}", f"tag{(wanted + 1) % HASHTAGS}"]
    for name, query in (
        ("10 seeds", Query(seeds=seeds, eligible=eligible)),
        ("2 hashtags", Query(hashtags=hashtags, eligible=eligible)),
        ("10 seeds and 2 hashtags", Query(seeds=seeds, hashtags=hashtags, eligible=eligible)),
    ):
        begin = time.perf_counter()
        ranked = rank_creators(graph, query)
        took = time.perf_counter() - begin
        print(f"groundswell  rank  {took:6.2f} s   from {name}, {len(ranked):,} accounts with evidence", flush=True)
    print(f"groundswell  peak  {peak():6.2f} GB, with the columns read it was {loaded:.2f} GB")
    whole = rank_creators(graph, query, Parameters(walk=Walk(region=accounts)))
    kept = {row.account for row in whole[:50]} & {row.account for row in ranked[:50]}
    print(f"groundswell  the first 50 without narrowing to a region: {len(kept)} the same", flush=True)


def time_igraph(accounts: int, folder: Path) -> None:
    import igraph

    source, target, comments = (np.load(folder / f"{name}.npy") for name in ("source", "target", "comments"))
    community = np.load(folder / "community.npy")
    begin = time.perf_counter()
    graph = igraph.Graph(n=accounts, edges=np.column_stack([source, target]), directed=False)
    graph.es["weight"] = comments
    print(f"igraph       build {time.perf_counter() - begin:6.2f} s")
    seeds = np.flatnonzero(community == community[0])[:10].tolist()
    begin = time.perf_counter()
    graph.personalized_pagerank(damping=0.85, reset_vertices=seeds, weights="weight", directed=False)
    print(f"igraph       rank  {time.perf_counter() - begin:6.2f} s   one walk from 10 seeds, no evidence")
    print(f"igraph       peak  {peak():6.2f} GB", flush=True)


def peak() -> float:
    """Largest resident memory of this process so far, in GB."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would also count the parent's memory at the time of the fork
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)


if __name__ == "__main__":
    main()
