"""Portfolios: how near the exact optimum small instances come, and how wide the certificate's gap is on 1,000 creators.

`python -m tests.benchmarks.scoring.portfolio`
"""

import itertools
import random
import time
from collections.abc import Sequence

from services.scoring.portfolios.select import Constraints, Option, select

SEED = 11


def instance(rng: random.Random, creators: int, people: int, sample: int) -> list[Option]:
    """Creators of log-normal reach whose audiences cluster in niches, fees loosely tied to reach."""
    options = []
    for index in range(creators):
        reach = rng.lognormvariate(7.5, 0.9)
        niche = rng.randrange(max(1, people // 400))
        kept = {rng.randrange(niche * 400, niche * 400 + 400) if rng.random() < 0.8 else rng.randrange(people)
                for _ in range(sample)}  # fmt: skip
        cost = int(reach * rng.uniform(4, 16))
        options.append(
            Option(
                index, cost, 1, dict.fromkeys(kept, reach / len(kept)), 0.0, frozenset({("platform", str(index % 3))})
            )
        )
    return options


def reach(order: Sequence[Option]) -> float:
    best: dict[int, float] = {}
    for option in order:
        for person, weight in option.people.items():
            best[person] = max(best.get(person, 0.0), weight)
    return sum(best.values())


def optimum(options: Sequence[Option], limits: Constraints) -> float:
    found = 0.0
    for size in range(len(options) + 1):
        for order in itertools.combinations(options, size):
            if sum(option.cost for option in order) <= limits.budget:
                found = max(found, reach(order))
    return found


def by_rate(options: Sequence[Option], limits: Constraints) -> float:
    """The baseline: largest reach first while the money lasts, overlaps ignored."""
    left, order = limits.budget, []
    for option in sorted(options, key=lambda one: -one.reach):
        if option.cost <= left:
            left -= option.cost
            order.append(option)
    return reach(order)


def main() -> None:
    rng = random.Random(SEED)
    ratios, baseline, bounds = [], [], []
    for _ in range(60):
        options = instance(rng, 13, 900, 40)
        limits = Constraints(budget=int(0.4 * sum(option.cost for option in options)))
        best, chosen = optimum(options, limits), select(options, limits)
        ratios.append(chosen.reach / best)
        baseline.append(by_rate(options, limits) / best)
        bounds.append(chosen.upper_bound / best)
    mean = sum(ratios) / len(ratios)
    print("Portfolio, 60 instances of 13 creators solved exactly")
    print(f"  ratio to the optimum: mean {mean:.4f}, least {min(ratios):.4f}")
    print(f"  baseline, largest reach first: mean {sum(baseline) / len(baseline):.4f}, least {min(baseline):.4f}")
    print(f"  the bound lies {100 * (sum(bounds) / len(bounds) - 1):.1f} % above the optimum on average")
    options = instance(rng, 1_000, 60_000, 150)
    for share in (0.02, 0.1):
        limits = Constraints(
            budget=int(share * sum(option.cost for option in options)), limits=(("platform", None, 60),)
        )
        started = time.perf_counter()
        chosen = select(options, limits)
        seconds = time.perf_counter() - started
        bound, base = chosen.reach / chosen.upper_bound, by_rate(options, limits) / chosen.reach
        print(f"Portfolio of 1,000 creators, {share:.0%} of all fees: {len(chosen.order)} chosen in {seconds:.1f} s")
        print(f"  at least {bound:.1%} of the optimum; the baseline reaches {base:.1%} of ours")


if __name__ == "__main__":
    main()
