"""Imports of conversions from CSV: the file is kept, then worked off line by line; once more counts nothing twice."""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.conversions import csv_lines, repository, service
from services.attribution.conversions.csv_lines import Line
from services.attribution.conversions.repository import ConversionImportRow
from shared.kit import jobs
from shared.kit.db import Database
from shared.kit.errors import NotFound, Problem
from shared.kit.ids import new_id
from shared.kit.secrets import SecretBox
from shared.schemas.base import JobStatus

IMPORT_JOB = "import_conversions"
MAX_BYTES = 20_000_000
_FAULTS_KEPT = 100
# Lines in one transaction: a fault undoes its own line only.
_BATCH = 100


async def begin(
    session: AsyncSession, *, body: bytes, source: str, workspace_id: UUID, key_id: UUID | None
) -> ConversionImportRow:
    """Keep the file for the worker."""
    row = await repository.add_import(
        session,
        workspace_id=workspace_id,
        id=new_id(),
        source=source,
        status=JobStatus.QUEUED,
        body=body,
        sha256=hashlib.sha256(body).digest(),
        lines_done=0,
        recorded=0,
        repeated=0,
        faulty=0,
        faults=[],
        created_at=datetime.now(UTC),
        created_by=key_id,
    )
    payload = {"workspace_id": workspace_id, "import_id": row.id}
    await jobs.enqueue(session, IMPORT_JOB, payload, schema=service.SCHEMA)
    return row


async def get_import(session: AsyncSession, *, import_id: UUID) -> ConversionImportRow:
    """Raises NotFound, also for another workspace's import."""
    row = await repository.conversion_import(session, import_id=import_id)
    if row is None:
        raise NotFound("no such import")
    return row


async def work_off(database: Database, *, workspace_id: UUID, import_id: UUID, secrets: SecretBox) -> None:
    """Record every line of a file, from where a worker before may have stopped."""
    async with database.tenant_session(workspace_id) as session:
        row = await repository.conversion_import(session, import_id=import_id)
        if row is None or row.body is None:
            return
        body, source, file_key = row.body, row.source, f"csv:{row.sha256.hex()[:24]}"
    try:
        lines = await asyncio.to_thread(csv_lines.read, body, source=source, file_key=file_key)
    except ValueError as error:
        async with database.tenant_session(workspace_id) as session:
            row = await _locked(session, import_id)
            row.status, row.error, row.finished_at, row.body = JobStatus.FAILED, str(error), datetime.now(UTC), None
        return
    while True:
        async with database.tenant_session(workspace_id) as session:
            row = await _locked(session, import_id)
            if row.body is None:
                return
            batch = lines[row.lines_done : row.lines_done + _BATCH]
            for line in batch:
                await _record(session, row, line, secrets)
            row.lines, row.status = len(lines), JobStatus.RUNNING
            row.lines_done += len(batch)
            if row.lines_done >= len(lines):
                row.status, row.finished_at, row.body = JobStatus.COMPLETED, datetime.now(UTC), None
                return


async def _record(session: AsyncSession, row: ConversionImportRow, line: Line, secrets: SecretBox) -> None:
    fault = line.fault
    if line.body is not None:
        try:
            async with session.begin_nested():
                done = await service.record(
                    session,
                    told=service.told_by_api(line.body, secrets=secrets),
                    workspace_id=row.workspace_id,
                    key_id=row.created_by,
                    secrets=secrets,
                    strict=True,
                )
            row.recorded += int(done.new)
            row.repeated += int(not done.new)
            return
        except Problem as problem:
            fault = problem.detail
    row.faulty += 1
    if len(row.faults) < _FAULTS_KEPT:
        kept: list[Any] = [*row.faults, {"line": line.number, "reason": (fault or "")[:1_000]}]
        row.faults = kept


async def _locked(session: AsyncSession, import_id: UUID) -> ConversionImportRow:
    row = await repository.conversion_import(session, import_id=import_id, lock=True)
    if row is None:
        raise NotFound("the import is gone")
    return row
