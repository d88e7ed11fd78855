"""Coverage and log score of the engagement model on a temporal split of generated posts with heavier tails than it.

`python -m tests.benchmarks.scoring.engagement [--archive posts.ndjson]`: an archive of import lines is split alike.
"""

import argparse
import json
import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import NormalDist

from services.scoring.benchmarks.learn import Observation, learn
from services.scoring.peers import Benchmarks, tier_of
from services.scoring.rates import BY_FOLLOWERS
from services.scoring.statistics.shrinkage import clipped, log_rate, posterior, predictive
from shared.kit.ids import new_id

SEED = 42
NEXT = 5  # posts ahead whose mean is predicted
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass(frozen=True)
class Series:
    """One creator's interactions per post, the oldest first."""

    platform: str
    followers: int
    counts: tuple[int, ...]

    @property
    def log_rates(self) -> list[float]:
        return [log_rate(count, self.followers) for count in self.counts]


def generated(creators: int, seed: int = SEED) -> Iterator[Series]:
    """Log rates with Student's t (4 degrees of freedom) around a creator's mean, means with t (6) around the tier's;
    interactions are Poisson draws, so that small accounts are noisier."""
    rng = random.Random(seed)
    for _ in range(creators):
        followers = int(math.exp(rng.uniform(math.log(1_000), math.log(500_000))))
        tier = tier_of(followers)
        base = {"nano": -3.9, "micro": -4.3, "small_mid": -4.5, "mid": -4.7}[tier]
        mean = base + 0.75 * _student(rng, 6)
        posts = rng.choice((4, 8, 16, 30)) + NEXT
        rates = [math.exp(mean + 0.55 * _student(rng, 4)) for _ in range(posts)]
        yield Series("instagram", followers, tuple(_poisson(rng, rate * followers) for rate in rates))


def _student(rng: random.Random, freedom: int) -> float:
    return rng.gauss(0, 1) / math.sqrt(rng.gammavariate(freedom / 2, 2) / freedom)


def _poisson(rng: random.Random, mean: float) -> int:
    if mean > 200:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    count, product, limit = 0, rng.random(), math.exp(-mean)
    while product > limit:
        count, product = count + 1, product * rng.random()
    return count


def from_archive(path: Path) -> Iterator[Series]:
    """Creators with known followers and enough posts of an archive of import lines."""
    followers: dict[tuple[str, str], int] = {}
    posts: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry.get("kind") == "creator" and isinstance(entry.get("followers"), int):
            followers[entry["platform"], str(entry["platform_id"])] = entry["followers"]
        if entry.get("kind") == "post" and isinstance(entry.get("likes"), int) and entry.get("created_at"):
            count = entry["likes"] + 2 * (entry.get("comments") or 0)
            posts[entry["platform"], str(entry["author_id"])].append((entry["created_at"], count))
    for key, found in posts.items():
        if len(found) > NEXT + 1 and followers.get(key):
            yield Series(key[0], followers[key], tuple(count for _, count in sorted(found)))


def benchmarks_of(series: Sequence[Series]) -> Benchmarks:
    """Learned from the past parts alone."""
    observations = []
    for one in series:
        values = clipped(one.log_rates[:-NEXT], within=0.8)
        mean = math.fsum(values) / len(values)
        variance = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1) if len(values) > 1 else None
        observations.append(
            Observation(
                new_id(), one.platform, BY_FOLLOWERS, tier_of(one.followers), mean, variance, len(values), NOW,
                NOW + timedelta(days=1),
            )
        )  # fmt: skip
    return learn(observations)


def measure(series: Sequence[Series]) -> None:
    known = benchmarks_of(series)
    inside: dict[str, dict[float, list[bool]]] = defaultdict(lambda: {0.5: [], 0.9: []})
    ours, raw = [], []
    for one in series:
        tier = tier_of(one.followers)
        peers = known.peers(one.platform, BY_FOLLOWERS, tier)
        assert peers is not None
        past, future = one.log_rates[:-NEXT], one.log_rates[-NEXT:]
        found = posterior(past, peers)
        actual = math.fsum(future) / len(future)
        for level in (0.5, 0.9):
            low, high = predictive(found, peers, level=level, posts=NEXT)
            inside[tier][level].append(low <= actual <= high)
            inside["all"][level].append(low <= actual <= high)
        spread = math.sqrt(found.sd**2 + peers.within**2 / NEXT)
        ours.append(math.log(NormalDist(found.mean, spread).pdf(actual) + 1e-300))
        plain = math.fsum(past) / len(past)
        sd = _sd(past) if len(past) > 2 else peers.within
        raw.append(
            math.log(NormalDist(plain, max(sd, 0.05) * math.sqrt(1 / len(past) + 1 / NEXT)).pdf(actual) + 1e-300)
        )
    print(f"{'tier':<12}{'creators':>10}{'50 % interval':>26}{'90 % interval':>26}")
    for tier, levels in sorted(inside.items()):
        shown = [f"{_share(levels[level])}" for level in (0.5, 0.9)]
        print(f"{tier:<12}{len(levels[0.5]):>10}{shown[0]:>26}{shown[1]:>26}")
    print(
        f"log score of the next {NEXT} posts' mean rate: {_mean(ours)}; from the creator's raw rate alone: {_mean(raw)}"
    )


def _sd(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _share(hits: Sequence[bool]) -> str:
    share = sum(hits) / len(hits)
    error = 1.96 * math.sqrt(share * (1 - share) / len(hits))
    return f"{100 * share:.1f} % ± {100 * error:.1f}"


def _mean(values: Sequence[float]) -> str:
    mean = math.fsum(values) / len(values)
    return f"{mean:.3f} ± {1.96 * _sd(values) / math.sqrt(len(values)):.3f}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path)
    given = parser.parse_args(arguments)
    print("Engagement intervals, generated posts (aim: 48 to 52 and 88 to 92)")
    measure(list(generated(4_000)))
    if given.archive is not None:
        print(f"Engagement intervals, {given.archive.name}")
        measure(list(from_archive(given.archive)))


if __name__ == "__main__":
    main()
