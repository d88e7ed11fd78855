"""HTTP for hits: lists with verdicts, counts per link. The redirect itself is in asgi.py."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from services.attribution.hits import repository, service
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, Session, Writer, page_of
from shared.kit.errors import NotFound, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import Page, UtcTime
from shared.schemas.hits import Hit, HitCounts, HitVerdict, Judging
from shared.schemas.ids import CampaignId, HitId, LinkId, PartnershipId

hits = kit_router("/v1/hits", tags=["hits"])
counts = kit_router("/v1/links", tags=["hits"])
ROUTERS: list[APIRouter] = [hits, counts]

Since = Annotated[UtcTime | None, Query(description="only from this moment on")]
Until = Annotated[UtcTime | None, Query(description="only before this moment")]


@hits.get("", operation_id="list_hits", summary="List hits, the newest first", responses=problems(NotFound))
async def list_hits(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("hits"))],
    link_id: Annotated[LinkId | None, Query(description="only those of this link")] = None,
    partnership_id: Annotated[PartnershipId | None, Query(description="only those of this partnership")] = None,
    campaign_id: Annotated[CampaignId | None, Query(description="only those of this campaign")] = None,
    verdict: Annotated[HitVerdict | None, Query(description="only those with this verdict")] = None,
    since: Since = None, until: Until = None,
) -> Page[Hit]:  # fmt: skip
    """A hit gets its verdict within two seconds; `pending` until then. A click is a hit whose verdict is `human`."""
    found = await repository.hits(
        session, link_id=link_id, partnership_id=partnership_id, campaign_id=campaign_id, verdict=verdict,
        since=since, until=until, page=page,
    )  # fmt: skip
    rows, cursor = page.cut(found, lambda row: [row[0].id])
    return Page(items=tuple(service.hit_of(*row) for row in rows), next_cursor=cursor)


@hits.post(
    "/judging", status_code=202, operation_id="judge_hits_again", summary="Judge the workspace's hits again",
    responses=problems(NotFound),
)  # fmt: skip
async def judge_hits_again(session: Session, caller: Writer, response: Response) -> Judging:
    """Every hit until now gets a verdict by the rules and the lists of programs known now; reports follow.

    After an upgrade with newer rules this happens by itself. Webhooks tell of no click again.
    """
    response.headers["Location"] = "/v1/hits/judging"
    return service.judging_of(await service.ask_for_judging(session, caller=caller))


@hits.get("/judging", operation_id="get_judging", summary="Read how far judging again is", responses=problems(NotFound))
async def get_judging(session: ReadSession, _: Reader) -> Judging:
    """The last one that was asked for."""
    return service.judging_of(await service.get_judging(session))


@hits.get("/{hit_id}", operation_id="get_hit", summary="Read a hit", responses=problems(NotFound))
async def get_hit(
    session: ReadSession, _: Reader, hit_id: Annotated[HitId, Path(description="the click id of a destination")]
) -> Hit:
    return await service.get_hit(session, hit_id=hit_id)


@counts.get(
    "/{link_id}/counts",
    operation_id="get_link_counts",
    summary="Count a link's hits by verdict",
    responses=problems(NotFound),
)
async def get_link_counts(
    session: ReadSession, _: Reader, link_id: Annotated[LinkId, Path(description="a link of the caller's workspace")],
    since: Since = None, until: Until = None,
) -> HitCounts:  # fmt: skip
    """Judged hits in whole quarter hours of UTC that begin between `since` and `until`."""
    return await service.counts(session, link_id=link_id, since=since, until=until)
