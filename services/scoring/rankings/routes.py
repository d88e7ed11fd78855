"""HTTP for rankings and their scores."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Query, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.scoring.rankings import export, receipts, report, repository, service
from services.scoring.rankings.order import sensitivity
from services.scoring.rankings.wire import (
    creators_of,
    decision_of,
    event_of,
    ranking_of,
    score_of_row,
    top_creators,
    what_if_of,
)
from shared.clients.discovery import DiscoveryClient
from shared.kit.app import router as kit_router
from shared.kit.edge import (
    Approver,
    EvidenceReader,
    Exporter,
    Reader,
    ReadSession,
    ServiceRuntime,
    Session,
    Writer,
    page_of,
)
from shared.kit.errors import Conflict, EvidenceExpired, NotFound, NotPermitted, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import JobStatus, Page
from shared.schemas.ids import CreatorId, RankingId, SearchId, encode
from shared.schemas.rankings import ExportFormat, Ranking, RankingCreate, Score
from shared.schemas.receipts import PodEvidence, Receipt, ScoreReplay
from shared.schemas.scores import Scores, ScoresCreate
from shared.schemas.searches import Search
from shared.schemas.sensitivity import GateDecision, GateDecisionCreate, Sensitivity, WhatIf, WhatIfCreate

router = kit_router("/v1/rankings", tags=["rankings"])
OVER = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)
POLL_SECONDS = 0.5
RETRY_MS = 2_000
scores_router = kit_router("/v1/scores", tags=["scores"])

RankingPath = Annotated[RankingId, Path(description="a ranking of the caller's workspace")]
CreatorPath = Annotated[CreatorId, Path(description="a creator of the ranking")]
GatePath = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$", description="a gate's key")]


async def searched(runtime: ServiceRuntime, caller: Writer, body: RankingCreate) -> Search:
    """The search to rank, as discovery knows it. Asked before the request's transaction begins."""
    client = DiscoveryClient(runtime, workspace_id=caller.workspace_id, key_id=caller.key_id)
    return await client.search(body.search_id)


@router.post(
    "", status_code=202, operation_id="create_ranking", summary="Rank a search's candidates",
    responses=problems(NotFound),
)  # fmt: skip
async def create_ranking(
    search: Annotated[Search, Depends(searched)], session: Session, caller: Writer, body: RankingCreate,
    response: Response,
) -> Ranking:  # fmt: skip
    """Pulls the candidates' evidence from discovery and scores it in the background. The brief defaults to the
    search's, the weights to the goal's preset, the goal to what the brief is for."""
    row = await service.create_ranking(session, body=body, search=search, caller=caller)
    response.headers["Location"] = f"/v1/rankings/{encode('rnk', row.id)}"
    return ranking_of(row)


@router.get("", operation_id="list_rankings", summary="List rankings", responses=problems(NotFound))
async def list_rankings(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("rankings"))],
    search_id: Annotated[SearchId | None, Query(description="only those of this search")] = None,
    status: Annotated[JobStatus | None, Query(description="only those of this status")] = None,
) -> Page[Ranking]:  # fmt: skip
    """The newest first."""
    found = await repository.rankings(session, search_id=search_id, status=status, page=page)
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(ranking_of(row) for row in rows), next_cursor=cursor)


@router.get("/{ranking_id}", operation_id="get_ranking", summary="Read a ranking", responses=problems(NotFound))
async def get_ranking(session: ReadSession, _: Reader, ranking_id: RankingPath) -> Ranking:
    return ranking_of(await service.get_ranking(session, ranking_id=ranking_id))


async def followed(runtime: ServiceRuntime, caller: Reader, ranking_id: RankingPath) -> RankingId:
    """The ranking whose events are asked for, looked up before the stream and without a transaction around it."""
    async with runtime.database.tenant_session(caller.workspace_id) as session:
        return (await service.get_ranking(session, ranking_id=ranking_id)).id


@router.get(
    "/{ranking_id}/events", operation_id="follow_ranking", summary="Follow a ranking",
    response_class=EventSourceResponse, responses=problems(NotFound),
)  # fmt: skip
async def follow_ranking(
    ranking_id: Annotated[RankingId, Depends(followed)], runtime: ServiceRuntime, caller: Reader,
    last_event_id: Annotated[
        str | None, Header(max_length=20, description="the id of the last event seen: events behind it follow")
    ] = None,
) -> AsyncIterator[ServerSentEvent]:  # fmt: skip
    """Server-sent events `progress` until the ranking is over; resumes behind `Last-Event-ID`. A server that stops
    ends the stream with a `retry` event: connect again."""
    after = min(int(last_event_id), 2**62) if last_event_id and re.fullmatch(r"[0-9]+", last_event_id, re.ASCII) else -1
    while not runtime.stopping:
        async with runtime.database.tenant_session(caller.workspace_id) as session:
            row = await repository.ranking(session, ranking_id=ranking_id)
        if row is None:
            return
        over = row.status in OVER
        # grows with every stored bundle and score, and once more at the end
        number = row.bundles_stored + row.scored + over
        if number > after:
            after = number
            yield ServerSentEvent(event="progress", id=str(number), data=event_of(row))
        if over:
            return
        await asyncio.sleep(POLL_SECONDS)
    yield ServerSentEvent(event="retry", retry=RETRY_MS)


@router.get(
    "/{ranking_id}/scores", operation_id="list_scores", summary="List the ranked scores", responses=problems(NotFound)
)
async def list_scores(
    session: ReadSession, _: Reader, ranking_id: RankingPath,
    page: Annotated[PageRequest, Depends(page_of("scores"))],
    eligible: Annotated[bool | None, Query(description="only those whom the gates let in, or keep out")] = None,
) -> Page[Score]:  # fmt: skip
    """The best first, whom a gate keeps out behind. Empty until the ranking is completed."""
    await service.get_ranking(session, ranking_id=ranking_id)
    found = await repository.scores(session, ranking_id=ranking_id, page=page, eligible=eligible)
    rows, cursor = page.cut(found, lambda row: [row.place])
    decisions = await repository.decisions(session, ranking_id=ranking_id, creators=[row.creator_id for row in rows])
    return Page(items=tuple(score_of_row(row, decisions) for row in rows), next_cursor=cursor)


@router.get(
    "/{ranking_id}/scores/{creator_id}", operation_id="get_receipt", summary="Read a score's receipt",
    responses=problems(NotFound, EvidenceExpired),
)  # fmt: skip
async def get_receipt(session: ReadSession, _: Reader, ranking_id: RankingPath, creator_id: CreatorPath) -> Receipt:
    """What the score was made from, to the last digit, and what would change its rank."""
    _ranking, row = await receipts.score_row(session, ranking_id=ranking_id, creator_id=creator_id)
    decisions = await repository.decisions(session, ranking_id=ranking_id, creators=[creator_id])
    score = score_of_row(row, decisions)
    return await receipts.receipt(session, ranking_id=ranking_id, creator_id=creator_id, score=score)


@router.post(
    "/{ranking_id}/scores/{creator_id}/replay", operation_id="replay_score", summary="Make a score again",
    responses=problems(NotFound, EvidenceExpired),
)  # fmt: skip
async def replay_score(session: Session, _: Reader, ranking_id: RankingPath, creator_id: CreatorPath) -> ScoreReplay:
    """From the stored snapshot, with the pinned brief, benchmarks and weights; compares every byte, stores nothing."""
    return await receipts.replay(session, ranking_id=ranking_id, creator_id=creator_id)


@router.get(
    "/{ranking_id}/scores/{creator_id}/pod", operation_id="get_pod_evidence",
    summary="Read the reciprocal group around a creator", responses=problems(NotFound, EvidenceExpired),
)  # fmt: skip
async def get_pod_evidence(
    session: ReadSession, _: EvidenceReader, ranking_id: RankingPath, creator_id: CreatorPath
) -> PodEvidence:
    """Who of the sampled commenters comment on each other and on the creator, by pseudonym, with counts each way."""
    return await receipts.pod_evidence(session, ranking_id=ranking_id, creator_id=creator_id)


@router.put(
    "/{ranking_id}/scores/{creator_id}/gates/{gate}", operation_id="decide_gate",
    summary="Decide a gate that waits for a person", responses=problems(NotFound, Conflict),
)  # fmt: skip
async def decide_gate(
    session: Session, caller: Approver, ranking_id: RankingPath, creator_id: CreatorPath, gate: GatePath,
    body: GateDecisionCreate,
) -> GateDecision:  # fmt: skip
    """The ranking is ordered anew: whom a person keeps out loses the rank."""
    row = await service.decide_gate(
        session, ranking_id=ranking_id, creator_id=creator_id, gate=gate, body=body, caller=caller
    )
    return decision_of(row)


@router.post(
    "/{ranking_id}/what-if", operation_id="try_weights", summary="Try other weights",
    responses=problems(NotFound, Conflict),
)  # fmt: skip
async def try_weights(session: Session, _: Reader, ranking_id: RankingPath, body: WhatIfCreate) -> WhatIf:
    """From the stored values, at once: nothing is fetched, scored or stored."""
    before, after, weights = await service.what_if(session, ranking_id=ranking_id, body=body)
    top = top_creators(after, body.limit)
    rows = await repository.scores_of(session, ranking_id=ranking_id, creators=top)
    return what_if_of(before, after, weights, creators_of(rows.values()), body.limit)


@router.get(
    "/{ranking_id}/sensitivity", operation_id="get_sensitivity", summary="How certain the order is",
    responses=problems(NotFound, Conflict),
)  # fmt: skip
async def get_sensitivity(session: ReadSession, _: Reader, ranking_id: RankingPath) -> Sensitivity:
    row = await service.finished_ranking(session, ranking_id=ranking_id)
    order = await service.current_order(session, row=row)
    return await asyncio.to_thread(sensitivity, order, row.weights)


_EXPORT_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "the scores in their order",
        "content": {"text/csv": {"schema": {"type": "string"}}, "application/x-ndjson": {"schema": {"type": "string"}}},
    },
    **problems(NotFound, Conflict, NotPermitted),
}


@router.get(
    "/{ranking_id}/export", operation_id="export_ranking", summary="Download a ranking", responses=_EXPORT_ANSWERS,
    response_class=StreamingResponse,
)  # fmt: skip
async def export_ranking(
    caller: Exporter, runtime: ServiceRuntime, ranking_id: RankingPath,
    format: Annotated[  # noqa: A002  # its name on the wire
        ExportFormat, Query(description="csv, or ndjson with all reasons and evidence")
    ] = ExportFormat.CSV,
) -> StreamingResponse:  # fmt: skip
    """Streamed. Answers 403 `not_permitted` when a platform's terms do not permit exports."""
    database = runtime.database
    async with database.tenant_session(caller.workspace_id) as session:
        row = await service.exportable_ranking(session, ranking_id=ranking_id)
    name = encode("rnk", ranking_id)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    if format is ExportFormat.NDJSON:
        lines = export.ndjson(database, workspace_id=caller.workspace_id, ranking_id=ranking_id)
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)
    table = export.csv_lines(
        database, workspace_id=caller.workspace_id, ranking_id=ranking_id, criteria=sorted(row.criteria)
    )
    return StreamingResponse(table, media_type="text/csv; charset=utf-8", headers=headers)


@router.get(
    "/{ranking_id}/report", operation_id="get_ranking_report", summary="Read a ranking as a page",
    response_class=HTMLResponse, responses=problems(NotFound, Conflict),
)  # fmt: skip
async def get_ranking_report(session: ReadSession, _: Reader, ranking_id: RankingPath) -> HTMLResponse:
    """One self-contained HTML page: the first 25 with charts, reasons and evidence. No script, nothing loaded."""
    row = await service.finished_ranking(session, ranking_id=ranking_id)
    page = await report.html(session, row=row)
    return HTMLResponse(page, headers={"Content-Security-Policy": report.CONTENT_SECURITY_POLICY})


@scores_router.post("", operation_id="create_scores", summary="Score creators given inline")
async def create_scores(session: Session, caller: Reader, runtime: ServiceRuntime, body: ScoresCreate) -> Scores:
    """Synchronously, against the workspace's benchmarks; nothing is stored. Who commented becomes a pseudonym before
    anything reads it."""

    def pseudonym(account: str) -> str:
        return runtime.secrets.digest("inline-commenter", f"{caller.workspace_id}:{account}")[:32]

    return await service.score_now(session, body=body, pseudonym=pseudonym)
