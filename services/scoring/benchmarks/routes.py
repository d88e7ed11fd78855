"""HTTP for benchmarks."""

import math
from typing import Annotated

from fastapi import Depends, Query

from services.scoring.benchmarks import service
from services.scoring.statistics.shrinkage import Peers
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, page_of
from shared.kit.errors import NotFound, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import Page, Platform
from shared.schemas.benchmarks import Benchmark

router = kit_router("/v1/benchmarks", tags=["benchmarks"])

_Z80 = 1.2815515655446004  # a normal distribution has a tenth of its mass beyond this


@router.get(
    "", operation_id="list_benchmarks", summary="List engagement by platform and size", responses=problems(NotFound)
)
async def list_benchmarks(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("benchmarks"))],
    platform: Annotated[Platform | None, Query(description="only cells of this platform")] = None,
) -> Page[Benchmark]:  # fmt: skip
    """Learned from the workspace's own creators over the shipped priors, whose sources are named."""
    cells = sorted((await service.learned(session)).cells.items())
    if platform is not None:
        cells = [cell for cell in cells if cell[0][0] == platform]
    if page.after is not None:
        cells = [cell for cell in cells if cell[0] > page.after]
    rows, cursor = page.cut(cells[: page.limit + 1], lambda cell: cell[0])
    return Page(items=tuple(_benchmark(key, peers) for key, peers in rows), next_cursor=cursor)


def _benchmark(key: tuple[str, str, str], peers: Peers) -> Benchmark:
    platform, measure, tier = key
    return Benchmark(
        platform=platform,
        measure=measure,
        tier=tier,
        creators=peers.creators,
        median=round(peers.median_rate, 9),
        p10=round(math.exp(peers.mean - _Z80 * peers.between), 9),
        p90=round(math.exp(peers.mean + _Z80 * peers.between), 9),
        spread_between=peers.between,
        spread_within=peers.within,
        source=peers.source[:1_000],
    )
