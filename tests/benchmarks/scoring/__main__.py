"""Every figure of scoring: `python -m tests.benchmarks.scoring [--candidates 10000]`."""

import argparse
import asyncio

from tests.benchmarks.scoring import authenticity, engagement, portfolio, speed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidates", type=int, default=10_000)
    given = parser.parse_args()
    engagement.main([])
    authenticity.main([])
    portfolio.main()
    asyncio.run(speed.run(given.candidates))


if __name__ == "__main__":
    main()
