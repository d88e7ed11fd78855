"""HTTP for watches and for the daily numbers that they bring."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import Depends, Path, Query, Response

from services.discovery.watches import repository, service
from services.discovery.watches.repository import AccountRow, SnapshotRow, WatchRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, ServiceRuntime, Session, Writer, page_of
from shared.kit.errors import NotFound, NotPermitted, NotSupported, PreconditionFailed, problems
from shared.kit.etags import IfMatch, set_etag
from shared.kit.pages import PageRequest
from shared.schemas.base import JobStatus, Page
from shared.schemas.creators import CreatorCounts
from shared.schemas.ids import CreatorId, WatchId, encode
from shared.schemas.watches import DailyCounts, FollowedAccount, Watch, WatchChange, WatchCreate, WatchKind

router = kit_router("/v1/watches", tags=["watches"])
snapshot_router = kit_router("/v1/creators", tags=["watches"])

WatchPath = Annotated[WatchId, Path(description="a watch of the caller's workspace")]


@router.post(
    "", status_code=201, operation_id="create_watch", summary="Watch accounts, or repeat a search",
    responses=problems(NotFound, NotPermitted, NotSupported),
)  # fmt: skip
async def create_watch(
    session: Session, runtime: ServiceRuntime, caller: Writer, body: WatchCreate, response: Response
) -> Watch:
    """Accounts: their new posts and daily numbers, from now on. A search: asked again, and who is new is told.

    Both are told by `GET /v1/events`. Either all accounts can be watched, or the answer says of each why not.
    """
    row = await service.create_watch(session, runtime=runtime, body=body, caller=caller)
    response.headers["Location"] = f"/v1/watches/{encode('wch', row.id)}"
    return await _answer(session, row, response)


@router.get("", operation_id="list_watches", summary="List watches", responses=problems(NotFound))
async def list_watches(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("watches"))],
    status: Annotated[JobStatus | None, Query(description="only those of this status")] = None,
) -> Page[Watch]:  # fmt: skip
    """The oldest first."""
    rows, cursor = page.cut(await repository.watches(session, page=page, status=status), lambda row: [row.id])
    accounts = await service.accounts_of(session, rows)
    return Page(items=tuple(watch_of(row, accounts[row.id]) for row in rows), next_cursor=cursor)


@router.get("/{watch_id}", operation_id="get_watch", summary="Read a watch", responses=problems(NotFound))
async def get_watch(session: ReadSession, _: Reader, watch_id: WatchPath, response: Response) -> Watch:
    return await _answer(session, await service.get_watch(session, watch_id=watch_id), response)


@router.patch(
    "/{watch_id}", operation_id="change_watch", summary="Change or pause a watch",
    responses=problems(NotFound, PreconditionFailed),
)  # fmt: skip
async def change_watch(
    session: Session, _: Writer, watch_id: WatchPath, body: WatchChange, response: Response, if_match: IfMatch = None
) -> Watch:
    """A paused watch asks nothing; what was published meanwhile is read when it goes on, numbers stay missing."""
    row = await service.change_watch(session, watch_id=watch_id, change=body, if_match=if_match)
    return await _answer(session, row, response)


@router.delete(
    "/{watch_id}", status_code=204, operation_id="delete_watch", summary="End a watch", responses=problems(NotFound)
)
async def delete_watch(session: Session, _: Writer, watch_id: WatchPath) -> Response:
    """What it brought stays, with the events that were told."""
    await service.delete_watch(session, watch_id=watch_id)
    return Response(status_code=204)


@snapshot_router.get(
    "/{creator_id}/snapshots", operation_id="list_snapshots", summary="List a watched creator's daily numbers",
    responses=problems(NotFound),
)  # fmt: skip
async def list_snapshots(
    session: ReadSession, _: Reader, creator_id: Annotated[CreatorId, Path(description="a creator that is watched")],
    page: Annotated[PageRequest, Depends(page_of("snapshots"))],
    since: Annotated[date | None, Query(description="the first day")] = None,
    until: Annotated[date | None, Query(description="the day behind the last")] = None,
) -> Page[DailyCounts]:  # fmt: skip
    """A day on which nobody looked, or the platform did not answer, is missing."""
    await service.require_creator(session, creator_id=creator_id)
    found = await repository.snapshots(session, creator_id=creator_id, page=page, since=since, until=until)
    rows, cursor = page.cut(found, lambda row: [row.day.isoformat()])
    return Page(items=tuple(daily_counts_of(row) for row in rows), next_cursor=cursor)


async def _answer(session: ReadSession, row: WatchRow, response: Response) -> Watch:
    set_etag(response, row.version)
    return watch_of(row, (await service.accounts_of(session, [row]))[row.id])


def watch_of(row: WatchRow, accounts: Sequence[AccountRow]) -> Watch:
    return Watch(
        id=row.id, kind=WatchKind(row.kind), status=JobStatus(row.status),
        accounts=tuple(
            FollowedAccount(
                platform=one.platform, platform_id=one.platform_id, handle=one.handle, creator_id=one.creator_id,
                last_run_at=one.last_run_at, next_run_at=one.next_run_at, error=one.error,
            )
            for one in accounts
        ),
        creator_ids=tuple(dict.fromkeys(one.creator_id for one in accounts if one.creator_id is not None)),
        search_id=row.search_id, every_hours=row.every_hours, max_calls=row.max_calls, until=row.until,
        reference=row.reference, runs=row.runs, last_run_at=row.last_run_at, next_run_at=row.next_run_at,
        error=row.error, created_at=row.created_at,
    )  # fmt: skip


def daily_counts_of(row: SnapshotRow) -> DailyCounts:
    counts = {**{name: {**one, "value": None} for name, one in row.withheld.items()}, **row.counts}
    named = {name: one for name, one in counts.items() if name in CreatorCounts.model_fields}
    return DailyCounts(
        day=row.day, counts=CreatorCounts.model_validate(named), observed_at=row.observed_at, expires_at=row.expires_at
    )
