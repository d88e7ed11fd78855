"""Audience reports: taken down as creators give them, joined to their evidence when it is stored."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.audience_reports import repository
from services.scoring.audience_reports.repository import AudienceReportRow
from shared.kit.errors import Invalid, NotFound
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.schemas.audience_reports import AudienceReport, AudienceReportCreate, AudienceShare
from shared.schemas.base import Fault
from shared.schemas.evidence import EvidenceBundle

# So many reports of one creator join its evidence, the newest.
MAX_JOINED = 20
# It may be tomorrow already where the creator lives.
_AHEAD = timedelta(days=1)


async def create_report(
    session: AsyncSession, *, creator_id: UUID, body: AudienceReportCreate, keep_days: int, caller: Caller
) -> AudienceReportRow:
    """Keep a report for `keep_days`. Invalid for a date in the future."""
    now = datetime.now(UTC)
    if body.reported_on > (now + _AHEAD).date():
        raise Invalid(errors=[Fault(pointer="/reported_on", detail="this day is yet to come")])
    return await repository.add(
        session,
        row={
            "workspace_id": caller.workspace_id, "id": new_id(), "creator_id": creator_id,
            "reported_on": body.reported_on, "source": body.source, "sample_size": body.sample_size,
            "note": body.note, "shares": [share.model_dump(mode="json") for share in body.shares],
            "expires_at": now + timedelta(days=keep_days), "created_by": caller.key_id,
        },
    )  # fmt: skip


async def delete_report(session: AsyncSession, *, creator_id: UUID, report_id: UUID) -> None:
    if not await repository.remove(session, creator_id=creator_id, report_id=report_id):
        raise NotFound("no such report of this creator")


async def reports_of(session: AsyncSession, *, creators: Sequence[UUID]) -> dict[UUID, list[AudienceReport]]:
    """Reports by creator, the newest first; creators without any are missing."""
    found: dict[UUID, list[AudienceReport]] = defaultdict(list)
    for row in await repository.reports_of(session, creators=creators, now=datetime.now(UTC)):
        found[row.creator_id].append(in_bundle(row))
    for reports in found.values():
        reports.sort(key=lambda one: (one.reported_on, one.received_at), reverse=True)
    return found


def in_bundle(row: AudienceReportRow) -> AudienceReport:
    return AudienceReport(
        reported_on=row.reported_on, received_at=row.received_at, source=row.source, sample_size=row.sample_size,
        note=row.note, shares=tuple(AudienceShare.model_validate(share) for share in row.shares),
    )  # fmt: skip


def joined(bundle: EvidenceBundle, reports: Mapping[UUID, Sequence[AudienceReport]]) -> EvidenceBundle:
    """The bundle with the creator's reports in it."""
    own = reports.get(bundle.creator.id)
    if not own:
        return bundle
    return bundle.model_copy(update={"audience_reports": (*bundle.audience_reports, *own[:MAX_JOINED])})


async def erase(session: AsyncSession, *, creators: Sequence[UUID]) -> None:
    """Delete every report of these creators."""
    await repository.remove_creators(session, creators=creators)


async def expire(session: AsyncSession) -> None:
    """As owner: delete what may be kept no longer."""
    await repository.remove_expired(session, now=datetime.now(UTC))
