"""`make bench-hits`: redirects that are on disk before they are answered, beside a bare one."""

import asyncio

from tests.benchmarks.attribution import hits


def main() -> None:
    asyncio.run(hits.main())


if __name__ == "__main__":
    main()
