"""What is to be sent, claimed from a plain table by the worker as owner of the schema, and the record of what came."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kit.webhooks.outbox import schema_of
from shared.kit.webhooks.schedule import State, Verdict


@dataclass(frozen=True)
class Due:
    """A delivery to be attempted now, with everything that the attempt needs."""

    workspace_id: UUID
    id: UUID
    endpoint_id: UUID
    event_id: UUID
    step: int
    payload: str
    url: str
    secret: bytes
    previous_secret: bytes | None
    previous_until: datetime | None
    state: str
    failures: int
    paused_until: datetime | None


@dataclass(frozen=True)
class Outcome:
    """One attempt and what follows from it. `status` is None when no answer came, `error` then says why."""

    due: Due
    at: datetime
    duration_ms: int
    status: int | None
    error: str | None
    response: str | None
    verdict: Verdict


async def claim(
    session: AsyncSession, *, now: datetime, lease_until: datetime, per_endpoint: int, free: Mapping[UUID, int],
    capacity: int,
) -> list[tuple[UUID, UUID]]:  # fmt: skip
    """Take at most `capacity` due deliveries, at most `per_endpoint` of one endpoint or as many as `free` says of it.

    The claim ends by itself at `lease_until`: what a killed worker held comes up again. The cost follows the number
    of endpoints that have something waiting, not how much waits, so that a long queue of one delays no other.
    """
    schema = await schema_of(session)
    found = await session.execute(
        text(
            f"""WITH RECURSIVE lanes AS (
                (SELECT workspace_id, endpoint_id FROM {schema}.delivery_queue
                 ORDER BY workspace_id, endpoint_id LIMIT 1)
                UNION ALL
                SELECT following.workspace_id, following.endpoint_id FROM lanes CROSS JOIN LATERAL (
                    SELECT q.workspace_id, q.endpoint_id FROM {schema}.delivery_queue q
                    WHERE (q.workspace_id, q.endpoint_id) > (lanes.workspace_id, lanes.endpoint_id)
                    ORDER BY q.workspace_id, q.endpoint_id LIMIT 1) following),
            picked AS (
                SELECT waiting.workspace_id, waiting.delivery_id FROM lanes
                LEFT JOIN unnest(cast(:endpoints AS uuid[]), cast(:free AS integer[])) AS busy(endpoint_id, free)
                    ON busy.endpoint_id = lanes.endpoint_id
                CROSS JOIN LATERAL (
                    SELECT q.workspace_id, q.delivery_id, q.due_at FROM {schema}.delivery_queue q
                    WHERE q.workspace_id = lanes.workspace_id AND q.endpoint_id = lanes.endpoint_id
                      AND q.due_at <= :now
                    ORDER BY q.due_at LIMIT coalesce(busy.free, :per_endpoint) FOR UPDATE SKIP LOCKED) waiting
                ORDER BY waiting.due_at LIMIT :capacity)
            UPDATE {schema}.delivery_queue q SET due_at = :lease_until FROM picked
            WHERE q.workspace_id = picked.workspace_id AND q.delivery_id = picked.delivery_id
            RETURNING q.workspace_id, q.delivery_id"""  # noqa: S608  # our schema's name
        ),
        {
            "endpoints": list(free),
            "free": list(free.values()),
            "now": now,
            "lease_until": lease_until,
            "per_endpoint": per_endpoint,
            "capacity": capacity,
        },
    )
    return [(row.workspace_id, row.delivery_id) for row in found]


async def load(session: AsyncSession, *, keys: Sequence[tuple[UUID, UUID]]) -> list[Due]:
    """The claimed deliveries with their events and endpoints; what was deleted meanwhile is missing."""
    schema = await schema_of(session)
    found = await session.execute(
        text(
            f"""SELECT d.workspace_id, d.id, d.endpoint_id, d.event_id, d.step, o.payload, e.url, e.secret,
                e.previous_secret, e.previous_until, e.state, e.failures, e.paused_until
            FROM unnest(cast(:workspaces AS uuid[]), cast(:ids AS uuid[])) AS k(workspace_id, id)
            JOIN {schema}.deliveries d USING (workspace_id, id)
            JOIN {schema}.outbox o ON o.workspace_id = d.workspace_id AND o.id = d.event_id
            JOIN {schema}.webhook_endpoints e ON e.workspace_id = d.workspace_id AND e.id = d.endpoint_id"""  # noqa: S608  # our schema's name
        ),
        _keys(keys),
    )
    return [Due(**row) for row in found.mappings()]


async def postpone(session: AsyncSession, *, dues: Sequence[Due]) -> None:
    """Put deliveries back until their endpoint's pause is over. No attempt is counted."""
    schema = await schema_of(session)
    await session.execute(
        text(
            f"""WITH k AS (
                SELECT * FROM unnest(cast(:workspaces AS uuid[]), cast(:ids AS uuid[]), cast(:until AS timestamptz[]))
                    AS k(workspace_id, id, until)),
            shown AS (
                UPDATE {schema}.deliveries d SET next_attempt_at = k.until FROM k
                WHERE d.workspace_id = k.workspace_id AND d.id = k.id)
            UPDATE {schema}.delivery_queue q SET due_at = k.until FROM k
            WHERE q.workspace_id = k.workspace_id AND q.delivery_id = k.id"""  # noqa: S608  # our schema's name
        ),
        {**_keys([(due.workspace_id, due.id) for due in dues]), "until": [due.paused_until for due in dues]},
    )


async def record(session: AsyncSession, *, outcomes: Sequence[Outcome]) -> None:
    """Write attempts into the log and move their deliveries on; one delivery at most once in `outcomes`."""
    schema = await schema_of(session)
    await session.execute(
        text(
            f"""WITH k AS (
                SELECT * FROM unnest(
                    cast(:workspaces AS uuid[]), cast(:ids AS uuid[]), cast(:states AS text[]),
                    cast(:next AS timestamptz[]), cast(:at AS timestamptz[]), cast(:statuses AS smallint[]),
                    cast(:durations AS integer[]), cast(:errors AS text[]), cast(:responses AS text[]))
                    AS k(workspace_id, id, state, next_attempt_at, at, status, duration_ms, error, response)),
            moved AS (
                UPDATE {schema}.deliveries d SET attempts = d.attempts + 1, step = least(d.step + 1, 1000),
                    state = k.state, next_attempt_at = k.next_attempt_at
                FROM k WHERE d.workspace_id = k.workspace_id AND d.id = k.id
                RETURNING d.workspace_id, d.id, d.attempts),
            logged AS (
                INSERT INTO {schema}.delivery_attempts
                    (workspace_id, delivery_id, number, at, status, duration_ms, error, response)
                SELECT workspace_id, id, moved.attempts, k.at, k.status, k.duration_ms, k.error, k.response
                FROM moved JOIN k USING (workspace_id, id)),
            later AS (
                UPDATE {schema}.delivery_queue q SET due_at = k.next_attempt_at FROM k
                WHERE q.workspace_id = k.workspace_id AND q.delivery_id = k.id AND k.state = '{State.PENDING}')
            DELETE FROM {schema}.delivery_queue q USING k
            WHERE q.workspace_id = k.workspace_id AND q.delivery_id = k.id AND k.state <> '{State.PENDING}'"""  # noqa: S608  # our schema's name
        ),
        {
            **_keys([(outcome.due.workspace_id, outcome.due.id) for outcome in outcomes]),
            "states": [outcome.verdict.state for outcome in outcomes],
            "next": [outcome.verdict.next_attempt_at for outcome in outcomes],
            "at": [outcome.at for outcome in outcomes],
            "statuses": [outcome.status for outcome in outcomes],
            "durations": [outcome.duration_ms for outcome in outcomes],
            "errors": [outcome.error for outcome in outcomes],
            "responses": [outcome.response for outcome in outcomes],
        },
    )


async def endpoints_answered(session: AsyncSession, *, endpoints: Iterable[tuple[UUID, UUID]]) -> None:
    """Forget the failures of endpoints that delivered something. Writes nothing for those that had none."""
    schema = await schema_of(session)
    await session.execute(
        text(
            f"""UPDATE {schema}.webhook_endpoints e SET failures = 0, failing_since = NULL, paused_until = NULL
            FROM unnest(cast(:workspaces AS uuid[]), cast(:ids AS uuid[])) AS k(workspace_id, id)
            WHERE e.workspace_id = k.workspace_id AND e.id = k.id AND e.failing_since IS NOT NULL"""  # noqa: S608  # our schema's name
        ),
        _keys(sorted(endpoints)),
    )


@dataclass(frozen=True)
class Failing:
    """An endpoint's failures in a row, and since when."""

    workspace_id: UUID
    id: UUID
    failing_since: datetime


async def endpoint_failed(
    session: AsyncSession, *, workspace_id: UUID, endpoint_id: UUID, times: int, at: datetime,
    pause_until: datetime | None,
) -> Failing | None:  # fmt: skip
    """Count failures of an endpoint. None when it is gone or off already."""
    schema = await schema_of(session)
    found = await session.execute(
        text(
            f"""UPDATE {schema}.webhook_endpoints SET failures = failures + :times,
                failing_since = coalesce(failing_since, :at),
                paused_until = greatest(paused_until, cast(:pause_until AS timestamptz))
            WHERE workspace_id = :workspace AND id = :id AND state = 'active'
            RETURNING workspace_id, id, failing_since"""  # noqa: S608  # our schema's name
        ),
        {"times": times, "at": at, "pause_until": pause_until, "workspace": workspace_id, "id": endpoint_id},
    )
    row = found.mappings().one_or_none()
    return None if row is None else Failing(**row)


async def expire(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Delete the events made before a time with their deliveries and attempts, at most `limit`; how many."""
    schema = await schema_of(session)
    done = await session.execute(
        text(
            f"""DELETE FROM {schema}.outbox o USING (
                SELECT workspace_id, id FROM {schema}.outbox WHERE created_at < :before
                ORDER BY created_at LIMIT :limit) old
            WHERE o.workspace_id = old.workspace_id AND o.id = old.id RETURNING o.id"""  # noqa: S608  # our schema's name
        ),
        {"before": before, "limit": limit},
    )
    return len(done.all())


def _keys(keys: Iterable[tuple[UUID, UUID]]) -> dict[str, Any]:
    pairs = list(keys)
    return {"workspaces": [workspace for workspace, _ in pairs], "ids": [key for _, key in pairs]}
