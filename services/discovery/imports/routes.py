"""HTTP for imports."""

import sys
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from starlette.requests import ClientDisconnect

from services.discovery.imports import repository, service
from services.discovery.imports.repository import FaultRow, ImportRow
from shared.kit.app import router as kit_router
from shared.kit.edge import (
    IdempotencyKey,
    Reader,
    ReadSession,
    ServiceRuntime,
    Writer,
    claim_key,
    page_of,
    undo_on_failure,
    write_session,
)
from shared.kit.errors import BadRequest, NotFound, UnsupportedMediaType, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import JobStatus, Key, Page
from shared.schemas.ids import ImportId, encode
from shared.schemas.imports import Import, LineFault

router = kit_router("/v1/imports", tags=["imports"])

FIRST_FAULTS = 100
ImportPath = Annotated[ImportId, Path(description="an import of the caller's workspace")]

_EXAMPLE = (
    '{"kind": "creator", "platform": "instagram", "platform_id": "178", "handle": "ana", "followers": 4200}\n'
    '{"kind": "post", "platform": "instagram", "platform_id": "p1", "author_id": "178", "hashtags": ["fellrunning"]}\n'
    '{"kind": "comment", "platform": "instagram", "post_id": "p1", "author_id": "911", "text": "Which shoes?"}\n'
)
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "NDJSON: one object a line, of kind `creator`, `post` or `comment`, in any order (or a list of "
        "such objects). Or a table with a column mapping.",
        "content": {
            service.NDJSON: {"schema": {"type": "string"}, "example": _EXAMPLE},
            service.CSV: {"schema": {"type": "string"}, "example": "Username,Followers\nana,304.9K\nben,1204\n"},
            service.PARQUET: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post(
    "",
    status_code=202,
    operation_id="create_import",
    summary="Import an archive",
    responses=problems(NotFound, UnsupportedMediaType),
    max_body_size=sys.maxsize,
    openapi_extra=_BODY,
)
async def create_import(
    request: Request,
    response: Response,
    runtime: ServiceRuntime,
    caller: Writer,
    idempotency_key: IdempotencyKey = None,
    mapping: Annotated[
        Key | None, Query(description="for CSV and Parquet: the name of a column mapping of `/v1/import-mappings`")
    ] = None,
) -> Import:
    """Streams NDJSON of any size. A bad line is reported with its number and reason and does not stop the rest.

    A CSV or Parquet file is read by a column mapping; without one its columns are called like the fields of a line.
    Its rows are numbered as a spreadsheet does: the header of a CSV file is row 1, a Parquet file has none.

    Accounts and posts that are only mentioned are kept with unknown counts; of a repeated line the last one counts.
    Nothing of an import can be seen before it is completed, and importing the same file again changes nothing. A
    connection that is cut leaves nothing.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (service.NDJSON, service.CSV, service.PARQUET):
        raise UnsupportedMediaType(f"send the archive as {service.NDJSON}, {service.CSV} or {service.PARQUET}")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("send the archive without Content-Encoding")
    convert = await service.reader_of(
        runtime.database, workspace_id=caller.workspace_id, media_type=kind, mapping=mapping
    )
    import_id = service.new_import_id()
    undo_on_failure(
        request,
        lambda: service.forget_upload(runtime.database, workspace_id=caller.workspace_id, import_id=import_id),
    )
    received = await service.receive(
        runtime.database, workspace_id=caller.workspace_id, import_id=import_id, pieces=_body(request),
        convert=convert,
    )  # fmt: skip
    session = await write_session(request, caller)
    if idempotency_key is not None:
        await claim_key(
            request, session, workspace_id=caller.workspace_id, key=idempotency_key, body_sha256=received.sha256
        )
    row = await service.accept(session, received=received, caller=caller)
    response.headers["Location"] = f"/v1/imports/{encode('imp', row.id)}"
    return _import(row, [])


async def _body(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            if piece:
                yield piece
    except ClientDisconnect:
        raise BadRequest("the connection ended before the body did") from None


@router.get("", operation_id="list_imports", summary="List imports, newest first", responses=problems(NotFound))
async def list_imports(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("imports"))]
) -> Page[Import]:
    rows, cursor = page.cut(await repository.imports(session, page=page), lambda row: [row.id])
    found = await repository.faults(session, import_ids=[row.id for row in rows], limit=FIRST_FAULTS)
    items = tuple(_import(row, [fault for fault in found if fault.import_id == row.id]) for row in rows)
    return Page(items=items, next_cursor=cursor)


@router.get("/{import_id}", operation_id="get_import", summary="Read an import", responses=problems(NotFound))
async def get_import(session: ReadSession, _: Reader, import_id: ImportPath) -> Import:
    """How far it is, and its first faults."""
    row = await service.get_import(session, import_id=import_id)
    return _import(row, await repository.faults(session, import_ids=[import_id], limit=FIRST_FAULTS))


@router.get(
    "/{import_id}/faults",
    operation_id="list_import_faults",
    summary="List the lines of an import that could not be taken",
    responses=problems(NotFound),
)
async def list_import_faults(
    session: ReadSession, _: Reader, import_id: ImportPath,
    page: Annotated[PageRequest, Depends(page_of("import_faults"))],
) -> Page[LineFault]:  # fmt: skip
    """By line number. The first 100,000 are kept; `lines_faulty` of the import counts all."""
    await service.get_import(session, import_id=import_id)
    after = page.after[0] if page.after else None
    found = await repository.faults(session, import_ids=[import_id], limit=page.limit + 1, after=after)
    rows, cursor = page.cut(found, lambda row: [row.line])
    return Page(items=tuple(_fault(row) for row in rows), next_cursor=cursor)


def _fault(row: FaultRow) -> LineFault:
    return LineFault(line=row.line, reason=row.reason)


def _import(row: ImportRow, faults: list[FaultRow] | Any) -> Import:  # noqa: ANN401  # any sequence of rows
    return Import(
        id=row.id,
        status=JobStatus(row.status),
        bytes_received=row.bytes_received,
        lines_received=row.lines_received,
        lines_merged=row.lines_merged,
        lines_faulty=row.lines_faulty,
        creators=row.creators,
        posts=row.posts,
        comments=row.comments,
        faults=tuple(_fault(fault) for fault in faults),
        error=row.error,
        created_at=row.created_at,
        received_at=row.received_at,
        finished_at=row.finished_at,
    )
