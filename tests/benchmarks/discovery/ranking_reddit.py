"""Whether the first 50 accounts belong to the community that 10 of its members were drawn from, on Reddit replies.

    python -m tests.benchmarks.discovery.ranking_reddit --seed 1

Communities are hidden: the methods see who replied to whom and ten seeds, drawn at random among a community's members
in the graph, `--draws` times for each community of at least 150 such members. A hit is a member that is not a seed.
Intervals are over communities. The data is read from ../shared/data next to the repository and is never copied.
"""

import argparse
import csv
import gzip
from collections import defaultdict
from pathlib import Path

import numpy as np

from services.discovery.ranking.graph import build_graph
from services.discovery.ranking.rank import Query, rank_creators
from tests.benchmarks.discovery import baselines
from tests.benchmarks.discovery.baselines import Floats, Ints, Start
from tests.benchmarks.discovery.figures import interval, ratio

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
FIRST, SEEDS, SMALLEST = 50, 10, 150
OURS = "Groundswell"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of the draws")
    parser.add_argument("--draws", type=int, default=4, help="per community")
    parser.add_argument("--half", choices=["all", "even", "odd"], default="all", help="every second community, by name")
    given = parser.parse_args()
    if not (DATA / "reddit_replies.csv.gz").exists():
        print("skipped: ../shared/data/reddit_replies.csv.gz is not there")
        return
    names, source, target, replies = read_replies()
    members = read_members(names)
    large = sorted(name for name, inside in members.items() if len(inside) >= SMALLEST)
    large = {"all": large, "even": large[::2], "odd": large[1::2]}[given.half]
    graph = build_graph(accounts=len(names), source=source, target=target, comments=replies)
    matrix = baselines.comment_matrix(len(names), source, target, replies)
    found: dict[str, list[float]] = defaultdict(list)
    for name in large:
        # a generator per community: its draws do not depend on which others are measured
        rng = np.random.default_rng([given.seed, *name.encode()])
        inside = np.zeros(len(names), bool)
        inside[members[name]] = True
        hits: dict[str, list[float]] = defaultdict(list)
        for _ in range(given.draws):
            seeds = rng.choice(members[name], SEEDS, replace=False)
            start = Start(seeds, np.ones(SEEDS))
            for method, score in (
                ("one hop", baselines.comment_counts(matrix, start)),
                ("breadth-first snowball", baselines.snowball(matrix, start)),
                ("plain personalised PageRank", baselines.pagerank(matrix, start)),
                ("PageRank / root of degree", baselines.pagerank_by_root_degree(matrix, start)),
            ):
                hits[method].append(float(inside[first(score, seeds)].mean()))
            ranked = rank_creators(graph, Query(seeds=seeds.tolist(), limit=FIRST))
            hits[OURS].append(float(inside[[row.account for row in ranked]].mean()))
        hits["chance"] = [(len(members[name]) - SEEDS) / (len(names) - SEEDS)]
        for method, values in hits.items():
            found[method].append(float(np.mean(values)))
    print(f"seed {given.seed}, {given.draws} draws from each of {len(large)} communities, {len(names)} accounts")
    print(f"{'method':30} {'precision@50':>16}")
    for method, values in found.items():
        middle, half = interval(values)
        print(f"{method:30} {middle:8.3f} ± {half:.3f}")
    middle, low, high = ratio(found[OURS], found["PageRank / root of degree"], np.random.default_rng(0))
    print(f"{middle:.2f} times PageRank / root of degree (95 % bootstrap over communities {low:.2f} to {high:.2f})")


def first(score: Floats, seeds: Ints) -> Ints:
    allowed = np.isfinite(score)
    allowed[seeds] = False
    accounts = np.flatnonzero(allowed)
    return np.asarray(accounts[np.argsort(-score[accounts], kind="stable")][:FIRST])


def read_replies() -> tuple[dict[str, int], Ints, Ints, Ints]:
    """Accounts by hashed name, in alphabetical order, and the reply edges between two of them."""
    with gzip.open(DATA / "reddit_replies.csv.gz", "rt") as file:
        rows = [(row["from"], row["to"], int(float(row["replies"]))) for row in csv.DictReader(file)]
    rows = [row for row in rows if row[0] != row[1] and row[2] > 0]
    names = {name: place for place, name in enumerate(sorted({name for row in rows for name in row[:2]}))}
    columns = [[names[row[0]] for row in rows], [names[row[1]] for row in rows], [row[2] for row in rows]]
    source, target, replies = (np.array(column, np.int64) for column in columns)
    return names, source, target, replies


def read_members(names: dict[str, int]) -> dict[str, Ints]:
    members: dict[str, list[int]] = defaultdict(list)
    with gzip.open(DATA / "reddit_user_communities.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            if row["user"] in names:
                for community in row["subreddits"].split("|"):
                    members[community].append(names[row["user"]])
    return {community: np.unique(np.array(inside)) for community, inside in members.items()}


if __name__ == "__main__":
    main()
