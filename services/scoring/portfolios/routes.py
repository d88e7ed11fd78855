"""HTTP for portfolios."""

from typing import Annotated

from fastapi import Depends, Path, Query, Response

from services.scoring.portfolios import repository, service
from services.scoring.portfolios.repository import PortfolioRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, Session, Writer, page_of
from shared.kit.errors import Conflict, NotFound, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import JobStatus, Page
from shared.schemas.ids import PortfolioId, RankingId, encode
from shared.schemas.portfolios import Portfolio, PortfolioCreate, PortfolioResult

router = kit_router("/v1/portfolios", tags=["portfolios"])

PortfolioPath = Annotated[PortfolioId, Path(description="a portfolio of the caller's workspace")]


@router.post(
    "", status_code=202, operation_id="create_portfolio", summary="Choose creators together under a budget",
    responses=problems(NotFound, Conflict),
)  # fmt: skip
async def create_portfolio(session: Session, caller: Writer, body: PortfolioCreate, response: Response) -> Portfolio:
    """The most unique authentic reach of the target audience that the budget and the limits allow, chosen in the
    background, with how far from the best choice it can be at most."""
    row = await service.create_portfolio(session, body=body, caller=caller)
    response.headers["Location"] = f"/v1/portfolios/{encode('pfl', row.id)}"
    return _portfolio(row, None)


@router.get("", operation_id="list_portfolios", summary="List portfolios", responses=problems(NotFound))
async def list_portfolios(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("portfolios"))],
    ranking_id: Annotated[RankingId | None, Query(description="only those of this ranking")] = None,
) -> Page[Portfolio]:  # fmt: skip
    """The newest first."""
    found = await repository.portfolios(session, ranking_id=ranking_id, page=page)
    rows, cursor = page.cut(found, lambda row: [row.id])
    results = await service.results_of(session, rows=rows)
    return Page(items=tuple(_portfolio(row, results.get(row.id)) for row in rows), next_cursor=cursor)


@router.get("/{portfolio_id}", operation_id="get_portfolio", summary="Read a portfolio", responses=problems(NotFound))
async def get_portfolio(session: ReadSession, _: Reader, portfolio_id: PortfolioPath) -> Portfolio:
    row = await service.get_portfolio(session, portfolio_id=portfolio_id)
    return _portfolio(row, (await service.results_of(session, rows=[row])).get(row.id))


def _portfolio(row: PortfolioRow, result: PortfolioResult | None) -> Portfolio:
    return Portfolio(
        id=row.id,
        name=row.name,
        status=JobStatus(row.status),
        ranking_id=row.ranking_id,
        request=PortfolioCreate.model_validate(row.request),
        result=result,
        error=row.error,
        created_at=row.created_at,
        created_by=row.created_by,
        finished_at=row.finished_at,
    )
