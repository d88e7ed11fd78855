"""Use cases of live readings: what is wanted of a platform's stream, and how far its reading is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog
from prometheus_client import Gauge
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.connector import Connector
from services.discovery.creators import service as creators
from services.discovery.live import repository
from services.discovery.live.repository import LiveReadingRow
from services.discovery.searches import service as searches
from shared.kit.runtime import Runtime
from shared.schemas.brief import Brief
from shared.schemas.platforms import LiveGap, LiveState, LiveStatus

_BEHIND = Gauge("groundswell_live_behind_seconds", "age of the latest event that was taken in", ["platform"])
_FAILING = Gauge("groundswell_live_failing", "1 while a platform's live stream cannot be read", ["platform"])

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Wanted:
    """What a stream is read for: deletions always, and posts under these hashtags (by key) for these workspaces."""

    tags: Mapping[str, frozenset[UUID]]


async def wanted(session: AsyncSession, *, platform: str) -> Wanted | None:
    """None while nothing is kept that the platform's stream could change, and nobody waits for its posts."""
    tags: dict[str, set[UUID]] = {}
    for workspace_id, request in await repository.repeated(session, platform=platform):
        try:
            brief = Brief.model_validate(request["brief"])
        except (ValidationError, KeyError) as error:
            # of an earlier version, perhaps; the other searches are not to suffer from it
            _log.warning("search passed over", workspace_id=str(workspace_id), error=type(error).__name__)
            continue
        if not brief.platforms or platform in brief.platforms:
            for key in searches.hashtags_of(brief):
                tags.setdefault(key, set()).add(workspace_id)
    if not tags:
        workspace_ids = await creators.workspaces(session)
        if not await repository.has_readings(session, platform=platform, workspace_ids=workspace_ids):
            return None
    return Wanted({key: frozenset(some) for key, some in tags.items()})


def streaming() -> list[str]:
    """The platforms that have a live stream."""
    return sorted(key for key, kind in searches.connectors().items() if kind.live is not Connector.live)


def can_be_read(connector: Connector) -> bool:
    """Whether the platform's stream is to be had as this installation is configured."""
    return not connector.needs() and connector.capability("hashtag_stream").support not in searches.WITHOUT_CALLS


async def state_of(runtime: Runtime, connector: Connector) -> LiveState | None:
    """How the reading of a platform's stream stands; None where it has none."""
    if connector.platform not in streaming():
        return None
    if not can_be_read(connector):
        return LiveState(status=LiveStatus.OFF)
    async with runtime.database.system_session() as session:
        row = await repository.reading(session, platform=connector.platform)
    return _state(row, datetime.now(UTC))


def _state(row: LiveReadingRow | None, now: datetime) -> LiveState:
    if row is None:
        return LiveState(status=LiveStatus.WAITING)
    status = LiveStatus.FAILING if row.error else LiveStatus.WAITING
    if not row.error and row.leased_until is not None and row.leased_until > now:
        status = LiveStatus.READING
    gap = None
    if row.gap_since is not None and row.gap_until is not None:
        gap = LiveGap(since=row.gap_since, until=row.gap_until)
    return LiveState(status=status, behind_seconds=_behind(row, now), gap=gap, error=row.error)


def _behind(row: LiveReadingRow, now: datetime) -> int | None:
    return max(0, int((now - row.last_event_at).total_seconds())) if row.last_event_at is not None else None


async def measure(runtime: Runtime) -> None:
    """Set the metrics of all readings."""
    async with runtime.database.system_session() as session:
        for row in await repository.readings(session):
            behind = _behind(row, datetime.now(UTC))
            _FAILING.labels(row.platform).set(bool(row.error))
            if behind is not None:
                _BEHIND.labels(row.platform).set(behind)
