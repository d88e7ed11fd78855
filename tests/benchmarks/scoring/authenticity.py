"""Figures of the authenticity parts: accounts by source, prevalence on mixtures, planted pods, causes of growth.

`python -m tests.benchmarks.scoring.authenticity [--limfadd limfadd.csv.gz]`: without the file one source is missing,
and the out-of-source figures with it.
"""

import argparse
import math
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from services.scoring.authenticity.account_model import Account, AccountModel, account_model
from services.scoring.authenticity.audience import prevalence_of
from services.scoring.authenticity.generated import accounts
from services.scoring.authenticity.growth import Cause, growth
from services.scoring.authenticity.pods import find_pod
from services.scoring.authenticity.train import fit, read_limfadd
from services.scoring.evidence import Evidence
from shared.schemas.base import Count
from shared.schemas.evidence import SELF, Interaction, MetricSnapshot
from tests.services.scoring.made import NOW, bundle, commenter, post

Labelled = Sequence[tuple[Account, bool]]
DATA = Path("../shared/data/limfadd.csv.gz")


def auc(model: AccountModel, labelled: Labelled) -> tuple[float, float]:
    """Area under the ROC curve by ranks (ties count half), with Hanley and McNeil's (1982) standard error."""
    scored = sorted((model.probability(account) or 0.5, real) for account, real in labelled)
    positives = sum(real for _, real in scored)
    negatives = len(scored) - positives
    ranks, index = 0.0, 0
    while index < len(scored):
        end = index
        while end < len(scored) and scored[end][0] == scored[index][0]:
            end += 1
        ranks += sum(real for _, real in scored[index:end]) * (index + 1 + end) / 2
        index = end
    area = (ranks - positives * (positives + 1) / 2) / (positives * negatives)
    first, second = area / (2 - area), 2 * area * area / (1 + area)
    variance = area * (1 - area) + (positives - 1) * (first - area**2) + (negatives - 1) * (second - area**2)
    return area, math.sqrt(max(0.0, variance) / (positives * negatives))


def calibration(model: AccountModel, labelled: Labelled) -> float:
    """Expected calibration error over ten equal bins of probability."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for account, real in labelled:
        chance = model.probability(account)
        if chance is not None:
            bins.setdefault(min(9, int(chance * 10)), []).append((chance, real))
    total = sum(map(len, bins.values()))
    return (
        sum(abs(sum(chance for chance, _ in found) - sum(real for _, real in found)) for found in bins.values()) / total
    )


def account_figures(sources: dict[str, Labelled]) -> None:
    print("Account authenticity: area under ROC (± 1.96 se) and calibration error")
    rng = random.Random(5)
    for name, labelled in sources.items():
        shuffled = list(labelled)
        rng.shuffle(shuffled)
        half = len(shuffled) // 2
        _show("in-source", name, fit([shuffled[:half]]), shuffled[half:])
        others = [other for key, other in sources.items() if key != name]
        if others:
            _show("out-of-source", name, fit([list(other) for other in others]), shuffled[half:])
        _show("shipped model", name, account_model(), shuffled[half:])
        known = [(Account(account.followers, account.following, 1), real) for account, real in shuffled[half:]]
        _show("baseline: following per follower alone", name, _ratio_only(), known)


def _show(kind: str, name: str, model: AccountModel, labelled: Labelled) -> None:
    area, error = auc(model, labelled)
    print(
        f"  {name:<12}{kind:<42}{area:.3f} ± {1.96 * error:.3f}   calibration error {calibration(model, labelled):.3f}"
    )


def _ratio_only() -> AccountModel:
    shipped = account_model()
    bins = {"following_per_follower": shipped.bins["following_per_follower"], "posts": ((math.inf, 0.0),)}
    return AccountModel(bins, 1.0, 0.0, 0.5, (1.0, 1.0), (1.0, 1.0), "baseline")


def prevalence_figures(name: str, labelled: Labelled, runs: int = 200, size: int = 150) -> None:
    """Mixtures drawn from one source, judged by the shipped model: error and coverage of the 90 % interval."""
    rng, model = random.Random(9), account_model()
    reals = [account for account, real in labelled if real]
    fakes = [account for account, real in labelled if not real]
    print(f"Prevalence of fakes among {size} commenters of {name} (raw share of accounts called fake beside it)")
    for share in (0.01, 0.05, 0.1, 0.2, 0.4, 0.6):
        errors, raw, inside = [], [], 0
        for _ in range(runs):
            made = [rng.choice(fakes if rng.random() < share else reals) for _ in range(size)]
            called = sum((model.probability(account) or 0.5) < model.fake_below for account in made)
            estimate, low, high = prevalence_of(called, size, model)
            errors.append(abs(estimate - share))
            raw.append(abs(called / size - share))
            inside += low <= share <= high
        print(
            f"  {share:>4.0%} fakes: mean error {sum(errors) / runs:.3f} (raw {sum(raw) / runs:.3f}), "
            f"90 % interval covers {inside / runs:.0%}"
        )


def pod_case(rng: random.Random, *, planted: bool, evasion: float) -> tuple[float, bool]:
    """One creator's interaction graph: fans, friends, and a pod whose members leave out a part of their comments."""
    fans = [f"f{n}" for n in range(60)]
    edges: Counter[tuple[str, str]] = Counter()
    for fan in fans:
        edges[fan, SELF] = rng.randrange(1, 30 if rng.random() < 0.2 else 4)
        if rng.random() < 0.15:
            edges[SELF, fan] = 1
    friends = [f"x{n}" for n in range(rng.randrange(0, 6))]
    for friend in friends:
        edges[friend, SELF], edges[SELF, friend] = rng.randrange(3, 12), rng.randrange(3, 12)
        for other in friends:
            if other != friend and rng.random() < 0.35:
                edges[friend, other] = rng.randrange(1, 9)
    if planted:
        members = [f"p{n}" for n in range(rng.randrange(6, 16))]
        for first in [SELF, *members]:
            for second in [SELF, *members]:
                if first != second and rng.random() >= evasion:
                    edges[first, second] = rng.randrange(2, 9)
    names = sorted({name for pair in edges for name in pair} - {SELF})
    people = [commenter(name, comments_here=max(1, edges.get((name, SELF), 0))) for name in names]
    made = bundle(
        [post()], commenters=people,
        interactions=tuple(Interaction(source=a, target=b, comments=n, posts=n) for (a, b), n in edges.items() if n),
    )  # fmt: skip
    found = find_pod(Evidence(made))
    pod = found.pod if found is not None else None
    return (0.0 if pod is None else len(pod.members) * pod.density), planted


def pod_figures(cases: int = 200) -> None:
    print(
        "Pods: average precision, recall at 1 % false alarms on creators with superfans and friends (baseline: chance)"
    )
    for evasion in (0.0, 0.2, 0.4, 0.6):
        rng = random.Random(int(100 * evasion))
        scored = [pod_case(rng, planted=number % 2 == 0, evasion=evasion) for number in range(cases)]
        scored.sort(key=lambda pair: -pair[0])
        hits, precision = 0, 0.0
        for seen, (_, planted) in enumerate(scored, start=1):
            hits += planted
            precision += planted * hits / seen
        clean = sorted((score for score, planted in scored if not planted), reverse=True)
        limit = clean[max(0, int(0.01 * len(clean)) - 1)] if len(clean) >= 100 else clean[0]
        recall = sum(score > limit for score, planted in scored if planted) / (cases / 2)
        found = precision / (cases / 2)
        print(f"  {evasion:.0%} of comments left out: average precision {found:.3f} (0.500), recall {recall:.2f}")


GIVEAWAYS = (
    "Giveaway: enter to win", "Sorteo de zapatillas", "Gewinnspiel!", "A little thank you: comment below",
    "抽選で当たる",
)  # fmt: skip


def growth_case(rng: random.Random, cause: Cause | None) -> Cause | None:
    """Ninety days of followers with one planted event, and what the detector says of it.

    Hard on purpose: small events, bought followers that drip in over days, giveaways that do not say so, posts that
    are hardly viral, and with no event a lively account.
    """
    count, counts, day_of = rng.randrange(3_000, 40_000), [], rng.randrange(25, 70)
    size = rng.uniform(0.02, 0.3)
    drip = rng.choice((1, 1, 2, 4)) if cause is Cause.BOUGHT else rng.choice((1, 2))
    lively = rng.choice((0.0005, 0.002, 0.004))
    for day in range(90):
        count += max(0, round(rng.gauss(0.002 * count, lively * count)))
        if cause is not None and day_of <= day < day_of + drip:
            count += int(count * size / drip)
        counts.append(count)
    posts = [
        post(n, "Up the hill", days_ago=90 - 3 * n + rng.random(), counts={"likes": likes, "comments": 6})
        for n, likes in enumerate(rng.choices(range(60, 200), k=30))
    ]
    at = 90 - day_of + 0.5
    if cause is Cause.VIRAL_POST:
        likes = rng.randrange(400, 4_000)
        posts.append(post(99, "Look at this", days_ago=at, counts={"likes": likes, "comments": 60}))
    elif cause is Cause.GIVEAWAY:
        likes = rng.randrange(100, 1_500)
        posts.append(
            post(99, rng.choice(GIVEAWAYS), days_ago=at, language=None, counts={"likes": likes, "comments": 200})
        )
    snapshots = tuple(
        MetricSnapshot(metric="followers", count=Count.of(value), at=NOW - timedelta(days=90 - day))
        for day, value in enumerate(counts)
    )
    found = growth(Evidence(bundle(posts, snapshots=snapshots, posts_complete=True)))
    assert found is not None
    return found.jumps[0].cause if found.jumps else None


def growth_figures(cases: int = 120) -> None:
    rng = random.Random(3)
    planted: list[Cause | None] = [Cause.VIRAL_POST, Cause.GIVEAWAY, Cause.BOUGHT, None]
    table = Counter((cause, growth_case(rng, cause)) for cause in planted for _ in range(cases))
    print("Causes of growth: F1 per cause (baseline: everything bought)")
    for cause in planted:
        right = table[cause, cause]
        said = sum(count for (_, found), count in table.items() if found == cause)
        precision, recall = right / max(1, said), right / cases
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        base = 0.4 if cause is Cause.BOUGHT else 0.0
        print(f"  {cause or 'no event':<12} precision {precision:.2f}, recall {recall:.2f}, F1 {f1:.2f} ({base:.2f})")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limfadd", type=Path, default=DATA)
    given = parser.parse_args(arguments)
    sources: dict[str, Labelled] = {"generated": list(accounts(6_000, 77))}
    if given.limfadd.exists():
        sources["LIMFADD"] = read_limfadd(given.limfadd)
    else:
        print(f"{given.limfadd} is not here: no figures of LIMFADD, none out of source")
    account_figures(sources)
    for name, labelled in sources.items():
        prevalence_figures(name, labelled)
    pod_figures()
    growth_figures()


if __name__ == "__main__":
    main()
