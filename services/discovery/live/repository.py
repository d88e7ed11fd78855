"""Every SQL statement about live readings. Run as owner of the schema: one reading serves all workspaces."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.tables.live import LiveReadingRow as LiveReadingRow


@dataclass(frozen=True)
class Lease:
    """Who reads a platform, and for how many seconds from now on nobody else does. The database's clock counts."""

    platform: str
    holder: UUID
    seconds: float

    def parameters(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # bound values
        return {"platform": self.platform, "holder": self.holder, "seconds": self.seconds, **more}


_UNTIL = "clock_timestamp() + make_interval(secs => CAST(:seconds AS double precision))"
_OURS = "WHERE platform = :platform AND holder = :holder RETURNING 1"


async def readings(session: AsyncSession) -> Sequence[LiveReadingRow]:
    return (await session.scalars(select(LiveReadingRow).order_by(LiveReadingRow.platform))).all()


async def reading(session: AsyncSession, *, platform: str) -> LiveReadingRow | None:
    return await session.get(LiveReadingRow, platform)


async def take(session: AsyncSession, *, lease: Lease) -> LiveReadingRow | None:
    """The reading, if nobody else holds it now."""
    taken = await session.execute(
        text(
            f"""INSERT INTO discovery.live_readings AS r (platform, holder, leased_until)
            VALUES (:platform, :holder, {_UNTIL})
            ON CONFLICT (platform) DO UPDATE SET holder = excluded.holder, leased_until = excluded.leased_until
            WHERE r.holder = excluded.holder OR r.leased_until IS NULL OR r.leased_until < clock_timestamp()
            RETURNING 1"""  # noqa: S608  # our own text
        ),
        lease.parameters(),
    )
    return await reading(session, platform=lease.platform) if taken.first() is not None else None


async def renew(session: AsyncSession, *, lease: Lease) -> bool:
    """Whether the reading was still ours; it then is for longer."""
    done = await session.execute(
        text(f"UPDATE discovery.live_readings SET leased_until = {_UNTIL} {_OURS}"),  # noqa: S608  # our own text
        lease.parameters(),
    )
    return done.first() is not None


async def move(
    session: AsyncSession, *, lease: Lease, cursor: str, last_event_at: datetime | None,
    gap: tuple[datetime, datetime] | None,
) -> bool:  # fmt: skip
    """Go on to the cursor, if the reading is still ours; nobody can take it until this transaction ends.

    What had failed does so no more.
    """
    done = await session.execute(
        text(
            f"""UPDATE discovery.live_readings SET cursor = :cursor, leased_until = {_UNTIL}, error = NULL,
                applied_at = clock_timestamp(), last_event_at = coalesce(:last_event_at, last_event_at),
                gap_since = coalesce(:gap_since, gap_since), gap_until = coalesce(:gap_until, gap_until) {_OURS}"""  # noqa: S608  # our own text
        ),
        lease.parameters(
            cursor=cursor, last_event_at=last_event_at, gap_since=gap[0] if gap else None,
            gap_until=gap[1] if gap else None,
        ),
    )  # fmt: skip
    return done.first() is not None


async def fail(session: AsyncSession, *, lease: Lease, error: str, begins_anew: bool) -> None:
    """Note an error and read no further before the lease ends. `begins_anew`: the cursor is of no use any more."""
    await session.execute(
        text(
            f"""UPDATE discovery.live_readings SET error = :error, leased_until = {_UNTIL},
                cursor = CASE WHEN :begins_anew THEN NULL ELSE cursor END,
                gap_since = CASE WHEN :begins_anew THEN last_event_at ELSE gap_since END,
                gap_until = CASE WHEN :begins_anew THEN clock_timestamp() ELSE gap_until END {_OURS}"""  # noqa: S608  # our own text
        ),
        lease.parameters(error=error, begins_anew=begins_anew),
    )


async def release(session: AsyncSession, *, lease: Lease) -> None:
    """Let another go on at once."""
    await session.execute(
        text(f"UPDATE discovery.live_readings SET leased_until = NULL, holder = NULL {_OURS}"),  # noqa: S608  # our own text
        lease.parameters(),
    )


async def has_readings(session: AsyncSession, *, platform: str, workspace_ids: Sequence[UUID]) -> bool:
    """Whether content that was read from a platform is kept: by the indexes that leave archives and stubs out."""
    return bool(
        await session.scalar(
            text(
                """SELECT EXISTS (SELECT FROM discovery.creators WHERE source = :platform AND source <> 'archive'
                    AND NOT stub)
                OR EXISTS (SELECT FROM unnest(CAST(:workspace_ids AS uuid[])) AS w(id)
                    JOIN discovery.posts p ON p.workspace_id = w.id AND p.source = :platform AND p.source <> 'archive'
                        AND NOT p.stub)"""
            ),
            {"platform": platform, "workspace_ids": list(workspace_ids)},
        )
    )


async def repeated(session: AsyncSession, *, platform: str) -> list[tuple[UUID, dict[str, Any]]]:
    """The searches that running watches repeat on a platform by its hashtags: workspace and request of each."""
    found = await session.execute(
        text(
            """SELECT DISTINCT s.workspace_id, s.id, s.request FROM discovery.watches w
            JOIN discovery.searches s ON s.workspace_id = w.workspace_id AND s.id = w.search_id
            WHERE w.status = 'running' AND s.request -> 'sources' @> to_jsonb(CAST(:platform AS text))
                AND s.request -> 'hashtags' = 'true'"""
        ),
        {"platform": platform},
    )
    return [(row.workspace_id, row.request) for row in found]


async def still_wanting(session: AsyncSession, *, workspace_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the workspaces in which a watch on a search runs; it stays so until this transaction ends."""
    found = await session.scalars(
        text(
            """SELECT workspace_id FROM discovery.watches
            WHERE workspace_id = ANY(:workspace_ids) AND status = 'running' AND search_id IS NOT NULL
            ORDER BY workspace_id, id FOR SHARE"""
        ),
        {"workspace_ids": list(workspace_ids)},
    )
    return set(found.all())


async def with_profile(
    session: AsyncSession, *, workspace_id: UUID, platform: str, platform_ids: Sequence[str]
) -> set[str]:
    """Those of the accounts whose profile the platform itself showed, so that it is known that they do not opt out."""
    found = await session.scalars(
        text(
            """SELECT platform_id FROM discovery.creators
            WHERE workspace_id = :workspace_id AND platform = :platform AND platform_id = ANY(:platform_ids)
                AND source = :platform AND NOT stub AND NOT opted_out AND gone_at IS NULL"""
        ),
        {"workspace_id": workspace_id, "platform": platform, "platform_ids": list(platform_ids)},
    )
    return set(found.all())
