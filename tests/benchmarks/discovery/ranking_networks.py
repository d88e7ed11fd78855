"""How many niche creators are among the first 50, from 2 hashtags or 5 seeds, on generated networks.

    python -m tests.benchmarks.discovery.ranking_networks --seed 1

Every network comes from its own child of the master seed. Per network, five niches are asked for: two of the niche's
four most popular hashtags, and five of its in-band creators who were commented on at least once. All methods return the
first 50 of the same eligible accounts; seeds are neither returned nor counted. Intervals are over networks.
"""

import argparse
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from services.discovery.ranking.graph import InteractionGraph, build_graph
from services.discovery.ranking.rank import Query, rank_creators
from tests.benchmarks.discovery import baselines
from tests.benchmarks.discovery.baselines import Floats, Ints, Start
from tests.benchmarks.discovery.figures import interval, ratio
from tests.benchmarks.discovery.networks import VARIANTS, Flags, Network, Role, generate

FIRST = 50
OURS = "Groundswell"
REFERENCE_ONLY = "PageRank / root of degree"  # not among the four methods that the aim names, printed for honesty


@dataclass(frozen=True)
class Result:
    precision: float
    recall: float
    pods: float  # share of the first 50 that are members of spam pods


@dataclass(frozen=True)
class Brief:
    wanted: Flags
    hashtags: Ints
    seeds: Ints
    shared: bool  # one of the hashtags belongs to the sibling niche as well


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="master seed")
    parser.add_argument("--networks", type=int, default=20)
    parser.add_argument(
        "--variant", choices=[*VARIANTS, "all"], default="default", help="other networks than the default"
    )
    parser.add_argument("--niches", type=int, default=5, help="briefs per network")
    given = parser.parse_args()
    for variant in VARIANTS if given.variant == "all" else [given.variant]:
        run(variant, given.seed, given.networks, given.niches)


def run(variant: str, seed: int, networks: int, niches: int) -> None:
    """Measure and print one kind of network."""
    found: dict[str, dict[str, list[list[Result]]]] = {"2 hashtags": defaultdict(list), "5 seeds": defaultdict(list)}
    shared: list[list[bool]] = []
    for child in np.random.SeedSequence(seed).spawn(networks):
        network_seed, brief_seed = child.spawn(2)
        network = generate(np.random.default_rng(network_seed), VARIANTS[variant])
        chosen = briefs(network, np.random.default_rng(brief_seed), niches)
        shared.append([brief.shared for brief in chosen])
        for mode, results in measure(network, chosen).items():
            for method, per_brief in results.items():
                found[mode][method].append(per_brief)
    print(f"\n{variant}: master seed {seed}, {networks} networks of 20,000 accounts, {niches} briefs each")
    for mode, methods in found.items():
        report(mode, methods, np.array(shared) if mode == "2 hashtags" else None)


def briefs(network: Network, rng: np.random.Generator, count: int) -> list[Brief]:
    """Some niches, each with the hashtags and the seeds that a brand could name."""
    commented = np.bincount(network.target, minlength=network.accounts) > 0
    chosen = []
    for niche in rng.choice(len(network.niche_tags), count, replace=False).tolist():
        wanted = network.wanted(niche)
        hashtags = rng.choice(network.niche_tags[niche][:4], 2, replace=False)
        seeds = rng.choice(np.flatnonzero(wanted & commented), 5, replace=False)
        owners = [sum(int(tag) in tags for tags in network.niche_tags) for tag in hashtags]
        chosen.append(Brief(wanted, hashtags, np.sort(seeds), max(owners) > 1))
    return chosen


def measure(network: Network, chosen: list[Brief]) -> dict[str, dict[str, list[Result]]]:
    """Every method on every brief, by mode and method."""
    graph = built(network)
    matrix = baselines.comment_matrix(network.accounts, network.source, network.target, network.comments)
    results: dict[str, dict[str, list[Result]]] = {"2 hashtags": defaultdict(list), "5 seeds": defaultdict(list)}
    for brief in chosen:
        used = np.isin(network.tag, brief.hashtags)
        tagged = Start(network.tag_account[used], network.tag_uses[used].astype(np.float64))
        seeded = Start(brief.seeds, np.ones(len(brief.seeds)))
        none = np.zeros(0, np.int64)
        names = [network.tag_names[tag] for tag in brief.hashtags.tolist()]
        by_hashtags, by_seeds = results["2 hashtags"], results["5 seeds"]
        by_hashtags["hashtag counts"].append(
            judge(network, brief, none, baselines.hashtag_counts(network.accounts, tagged))
        )
        for name, method in (
            ("comment counts", baselines.comment_counts),
            ("breadth-first snowball", baselines.snowball),
            ("plain personalised PageRank", baselines.pagerank),
            (REFERENCE_ONLY, baselines.pagerank_by_root_degree),
        ):
            by_hashtags[name].append(judge(network, brief, none, method(matrix, tagged)))
            by_seeds[name].append(judge(network, brief, brief.seeds, method(matrix, seeded)))
        for mode, query, own in (
            (by_hashtags, Query(hashtags=names, eligible=network.eligible, limit=FIRST), none),
            (by_seeds, Query(seeds=brief.seeds.tolist(), eligible=network.eligible, limit=FIRST), brief.seeds),
        ):
            ranked = np.array([row.account for row in rank_creators(graph, query)], np.int64)
            mode[OURS].append(count(network, brief, own, ranked))
    return results


def built(network: Network) -> InteractionGraph:
    return build_graph(
        accounts=network.accounts,
        source=network.source,
        target=network.target,
        comments=network.comments,
        hashtags=network.tag_names,
        use_account=network.tag_account,
        use_hashtag=network.tag,
        uses=network.tag_uses,
    )


def judge(network: Network, brief: Brief, seeds: Ints, score: Floats) -> Result:
    """The first 50 eligible accounts by score; an endless negative score means that the method never got there."""
    allowed = network.eligible & np.isfinite(score)
    allowed[seeds] = False
    accounts = np.flatnonzero(allowed)
    return count(network, brief, seeds, accounts[np.argsort(-score[accounts], kind="stable")][:FIRST])


def count(network: Network, brief: Brief, seeds: Ints, first: Ints) -> Result:
    wanted = brief.wanted & network.eligible
    wanted[seeds] = False
    hits = int(wanted[first].sum())
    pods = float((network.role[first] == Role.SPAM_POD).mean())
    return Result(hits / FIRST, hits / int(wanted.sum()), pods)


def report(mode: str, methods: dict[str, list[list[Result]]], shared: Flags | None) -> None:
    """One table: means over networks with 95 % t intervals, then the ratio to the best baseline."""
    print(f"\nfrom {mode}")
    print(f"{'method':30} {'precision@50':>16} {'recall@50':>16} {'spam pods':>10}")
    recall: dict[str, Floats] = {}
    for method, networks in methods.items():
        recall[method] = np.array([[result.recall for result in briefs_] for briefs_ in networks])
        precision = interval([np.mean([result.precision for result in briefs_]) for briefs_ in networks])
        middle, half = interval(recall[method].mean(axis=1))
        pods = np.mean([[result.pods for result in briefs_] for briefs_ in networks])
        note = "  (beyond the aim)" if method == REFERENCE_ONLY else ""
        print(f"{method:30} {precision[0]:8.3f} ± {precision[1]:.3f} {middle:8.3f} ± {half:.3f} {pods:10.3f}{note}")
    rivals = [method for method in recall if method not in (OURS, REFERENCE_ONLY)]
    best = max(rivals, key=lambda method: recall[method].mean())
    middle, low, high = ratio(recall[OURS].mean(axis=1), recall[best].mean(axis=1), np.random.default_rng(0))
    print(
        f"recall@50 is {middle:.2f} times that of the best of the four, {best} (95 % bootstrap {low:.2f} to {high:.2f})"
    )
    every = np.max([recall[method] for method in rivals], axis=0)  # the best of the four for that very brief
    holds = recall[OURS] >= 1.5 * every
    print(f"1.5 times whichever of the four does best on that brief: {holds.mean():.0%} of {holds.size} briefs")
    if shared is not None:
        for kind, here in (("own to the niche", ~shared), ("shared with a sibling niche", shared)):
            if here.any():
                print(
                    f"  hashtags {kind}: {recall[OURS][here].mean():.3f} against {recall[best][here].mean():.3f}"
                    f" ({recall[OURS][here].mean() / recall[best][here].mean():.2f} times, {int(here.sum())} briefs)"
                )


if __name__ == "__main__":
    main()
