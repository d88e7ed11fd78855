"""HTTP for searches, their progress, candidates and evidence."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.discovery.searches import evidence, export, provenance, repository, service
from services.discovery.searches.repository import SearchRow
from services.discovery.searches.wire import CREATORS, candidate_of, creator_of, search_of
from shared.kit.app import router as kit_router
from shared.kit.edge import EvidenceReader, Exporter, Reader, ReadSession, ServiceRuntime, Session, Writer, page_of
from shared.kit.errors import Conflict, NotFound, NotPermitted, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import JobStatus, Page, Unknown
from shared.schemas.ids import SearchId, encode
from shared.schemas.rankings import ExportFormat
from shared.schemas.searches import Candidate, Estimate, Search, SearchCreate, SearchExtend

router = kit_router("/v1/searches", tags=["searches"])

SearchPath = Annotated[SearchId, Path(description="a search of the caller's workspace")]
UnknownQuery = Annotated[
    Unknown | None, Query(description="those of unknown activity, topic or counts; default: the search's own")
]
POLL_SECONDS = 0.5
RETRY_MS = 2_000
OVER = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)
NDJSON = "application/x-ndjson"


async def _answer(session: Session, row: SearchRow) -> Search:
    waiting = await repository.steps_waiting(session, search_ids=[row.id])
    return search_of(row, waiting.get(row.id, 0))


@router.post(
    "", status_code=202, operation_id="create_search", summary="Start a search", responses=problems(NotPermitted)
)
async def create_search(
    session: Session, runtime: ServiceRuntime, caller: Writer, body: SearchCreate, response: Response
) -> Search:
    """Finds creators through hashtags and through the comments under posts, in the background."""
    row = await service.create_search(session, runtime=runtime, body=body, caller=caller)
    response.headers["Location"] = f"/v1/searches/{encode('sch', row.id)}"
    return await _answer(session, row)


@router.post("/estimate", operation_id="estimate_search", summary="Estimate what a search would take")
async def estimate_search(session: Session, runtime: ServiceRuntime, caller: Writer, body: SearchCreate) -> Estimate:
    """Calls, quota that is left, and what the sources cannot do. Starts nothing."""
    return await service.estimate(runtime, body=body, workspace_id=caller.workspace_id)


@router.get("", operation_id="list_searches", summary="List searches", responses=problems(NotFound))
async def list_searches(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("searches"))],
    status: Annotated[JobStatus | None, Query(description="only those of this status")] = None,
) -> Page[Search]:  # fmt: skip
    """The newest first."""
    rows, cursor = page.cut(await repository.searches(session, page=page, status=status), lambda row: [row.id])
    waiting = await repository.steps_waiting(session, search_ids=[row.id for row in rows])
    return Page(items=tuple(search_of(row, waiting.get(row.id, 0)) for row in rows), next_cursor=cursor)


@router.get("/{search_id}", operation_id="get_search", summary="Read a search", responses=problems(NotFound))
async def get_search(session: ReadSession, _: Reader, search_id: SearchPath) -> Search:
    return await _answer(session, await service.get_search(session, search_id=search_id))


@router.post(
    "/{search_id}/cancel", operation_id="cancel_search", summary="Cancel a search",
    responses=problems(NotFound, Conflict),
)  # fmt: skip
async def cancel_search(session: Session, _: Writer, search_id: SearchPath) -> Search:
    """For good; what was found stays."""
    return await _answer(session, await service.cancel_search(session, search_id=search_id))


@router.post(
    "/{search_id}/pause", operation_id="pause_search", summary="Pause a search", responses=problems(NotFound, Conflict)
)
async def pause_search(session: Session, _: Writer, search_id: SearchPath) -> Search:
    """It stops behind the call that is being made."""
    return await _answer(session, await service.pause_search(session, search_id=search_id))


@router.post(
    "/{search_id}/resume", operation_id="resume_search", summary="Resume a search",
    responses=problems(NotFound, Conflict),
)  # fmt: skip
async def resume_search(session: Session, _: Writer, search_id: SearchPath) -> Search:
    """It goes on where it stopped."""
    return await _answer(session, await service.resume_search(session, search_id=search_id))


@router.post(
    "/{search_id}/extend", status_code=202, operation_id="extend_search", summary="Give a search more calls or depth",
    responses=problems(NotFound, Conflict),
)  # fmt: skip
async def extend_search(session: Session, _: Writer, search_id: SearchPath, body: SearchExtend) -> Search:
    """The limits are new totals. A completed search goes on."""
    return await _answer(session, await service.extend_search(session, search_id=search_id, body=body))


async def followed(runtime: ServiceRuntime, caller: Reader, search_id: SearchPath) -> SearchRow:
    """The search whose events are asked for, read before the stream begins and without a transaction around it."""
    async with runtime.database.tenant_session(caller.workspace_id) as session:
        return await service.get_search(session, search_id=search_id)


@router.get(
    "/{search_id}/events", operation_id="follow_search", summary="Follow a search",
    response_class=EventSourceResponse, responses=problems(NotFound),
)  # fmt: skip
async def follow_search(
    search: Annotated[SearchRow, Depends(followed)], runtime: ServiceRuntime, caller: Reader,
    last_event_id: Annotated[
        str | None, Header(max_length=20, description="the id of the last event seen: events behind it follow")
    ] = None,
) -> AsyncIterator[ServerSentEvent]:  # fmt: skip
    """Server-sent events `progress` until the search is over; resumes behind `Last-Event-ID`. A server that stops
    ends the stream with a `retry` event: connect again."""
    after = int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdigit() else 0
    after = min(after, 2**62)
    while not runtime.stopping:
        async with runtime.database.tenant_session(caller.workspace_id) as session:
            row = await repository.search(session, search_id=search.id)
            found = await repository.events(session, search_id=search.id, after=after)
        for event in found:
            after = event.id
            yield ServerSentEvent(event="progress", id=str(event.id), data=event.data)
        if row is None or (row.status in OVER and not found):
            return
        if not found:
            await asyncio.sleep(POLL_SECONDS)
    yield ServerSentEvent(event="retry", retry=RETRY_MS)


@router.get(
    "/{search_id}/candidates", operation_id="list_candidates", summary="List a search's candidates",
    responses=problems(NotFound),
)  # fmt: skip
async def list_candidates(
    session: ReadSession, caller: Reader, search_id: SearchPath,
    page: Annotated[PageRequest, Depends(page_of("candidates"))],
    unknown: UnknownQuery = None,
) -> Page[Candidate]:  # fmt: skip
    """The best first, each with how the search came to it. Ranked anew while the search runs."""
    row = await service.get_search(session, search_id=search_id)
    hide = (unknown or service.unknown_of(row)) is Unknown.EXCLUDE
    found = await repository.candidates(session, row=row, page=page, without_unknown=hide)
    rows, cursor = page.cut(found, lambda one: [one.rank])
    creators = {
        one.id: creator_of(one)
        for one in await repository.rows_of(
            session, CREATORS, {"workspace_id": caller.workspace_id, "ids": [one.creator_id for one in rows]}
        )
    }
    provenances = await provenance.told(
        session, workspace_id=caller.workspace_id, rows=rows,
        platforms={one.id: one.platform for one in creators.values()},
    )  # fmt: skip
    items = tuple(
        candidate_of(one, creators[one.creator_id], told) for one in rows if (told := provenances.get(one.creator_id))
    )
    return Page(items=items, next_cursor=cursor)


_EXPORT_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "the candidates in their order; as NDJSON each line is an ExportedCandidate",
        "content": {"text/csv": {"schema": {"type": "string"}}, NDJSON: {"schema": {"type": "string"}}},
    },
    **problems(NotFound, Conflict, NotPermitted),
}


@router.get(
    "/{search_id}/export", operation_id="export_search", summary="Download a search's candidates",
    responses=_EXPORT_ANSWERS, response_class=StreamingResponse,
)  # fmt: skip
async def export_search(
    caller: Exporter, runtime: ServiceRuntime, search_id: SearchPath,
    format: Annotated[  # noqa: A002  # its name on the wire
        ExportFormat, Query(description="csv, or ndjson with the whole provenance")
    ] = ExportFormat.CSV,
    unknown: UnknownQuery = None,
) -> StreamingResponse:  # fmt: skip
    """Streamed, the best first, each with how the search came to it. Names candidates only: of other accounts, under
    which they commented, there are numbers. A search that still runs answers 409; one that goes on meanwhile cuts the
    answer short. 403 `not_permitted` when the terms of a source do not permit exports."""
    database = runtime.database
    async with database.tenant_session(caller.workspace_id) as session:
        row = await service.exportable_search(session, search_id=search_id)
    hide = (unknown or service.unknown_of(row)) is Unknown.EXCLUDE
    headers = {"Content-Disposition": f'attachment; filename="{encode("sch", search_id)}.{format}"'}
    if format is ExportFormat.NDJSON:
        lines = export.ndjson(database, row=row, without_unknown=hide)
        return StreamingResponse(lines, media_type=NDJSON, headers=headers)
    table = export.csv_lines(database, row=row, without_unknown=hide)
    return StreamingResponse(table, media_type="text/csv; charset=utf-8", headers=headers)


@router.get(
    "/{search_id}/evidence", operation_id="list_evidence", summary="Read the candidates' evidence",
    response_class=Response,
    responses={
        200: {
            "description": "an evidence bundle a line; the header `Next-Cursor` leads to the next page",
            "content": {NDJSON: {"schema": {"type": "string"}}},
        },
        **problems(NotFound),
    },
)  # fmt: skip
async def list_evidence(
    session: ReadSession, runtime: ServiceRuntime, _: EvidenceReader, search_id: SearchPath,
    page: Annotated[PageRequest, Depends(page_of("evidence"))],
) -> Response:  # fmt: skip
    """Bundles in the order of the candidates; commenters who are no candidates come as keyed pseudonyms."""
    row = await service.get_search(session, search_id=search_id)
    hide = service.unknown_of(row) is Unknown.EXCLUDE
    found = await repository.candidates(session, row=row, page=page, without_unknown=hide)
    rows, cursor = page.cut(found, lambda one: [one.rank])
    lines = await evidence.lines(session, runtime=runtime, row=row, candidates=rows)
    headers = {"Next-Cursor": cursor} if cursor else {}
    return Response(b"".join(line + b"\n" for line in lines), media_type=NDJSON, headers=headers)
