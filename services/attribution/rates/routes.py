"""HTTP for exchange rates."""

from typing import Annotated

from fastapi import Depends, Path, Query, Response

from services.attribution.rates import repository, service
from services.attribution.rates.repository import ExchangeRateRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, Session, Writer, page_of
from shared.kit.errors import NotFound, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import Currency, Day, Page
from shared.schemas.ids import ExchangeRateId
from shared.schemas.rates import ExchangeRate, ExchangeRatePut

router = kit_router("/v1/exchange-rates", tags=["reports"])


@router.put("", operation_id="put_exchange_rate", summary="Give an exchange rate for a day")
async def put_exchange_rate(session: Session, caller: Writer, body: ExchangeRatePut) -> ExchangeRate:
    """Reports use it at once, for past days too; the rate that was given before for this day is replaced.

    It holds for its day and for the 7 days after it for which no newer one was given.
    """
    return _rate(await service.put_rate(session, body=body, caller=caller))


@router.get("", operation_id="list_exchange_rates", summary="List exchange rates", responses=problems(NotFound))
async def list_exchange_rates(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("exchange_rates"))],
    base: Annotated[Currency | None, Query()] = None,
    quote: Annotated[Currency | None, Query()] = None,
    day_from: Annotated[Day | None, Query()] = None,
    day_to: Annotated[Day | None, Query(description="this day included")] = None,
) -> Page[ExchangeRate]:  # fmt: skip
    """By base, quote and day."""
    found = await repository.rates(session, base=base, quote=quote, day_from=day_from, day_to=day_to, page=page)
    rows, cursor = page.cut(found, lambda row: [row.base, row.quote, row.day.isoformat()])
    return Page(items=tuple(_rate(row) for row in rows), next_cursor=cursor)


@router.delete(
    "/{rate_id}", status_code=204, response_class=Response, operation_id="delete_exchange_rate",
    summary="Take an exchange rate back", responses=problems(NotFound),
)  # fmt: skip
async def delete_exchange_rate(
    session: Session, _: Writer, rate_id: Annotated[ExchangeRateId, Path(description="a rate of the workspace")]
) -> Response:
    """Reports use the rate before it, where that still holds, or leave the day's other currencies apart again."""
    await service.remove_rate(session, rate_id=rate_id)
    return Response(status_code=204)


def _rate(row: ExchangeRateRow) -> ExchangeRate:
    return ExchangeRate(
        id=row.id, base=row.base, quote=row.quote, day=row.day, rate=f"{row.rate:f}", source=row.source,
        recorded_at=row.recorded_at, recorded_by=row.recorded_by,
    )  # fmt: skip
