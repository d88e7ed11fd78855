"""Idempotency-Key: the answer of a write is stored in the write's own transaction and given again for the same key."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from fastapi import Response
from sqlalchemy import and_, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kit.errors import IdempotencyMismatch
from shared.kit.tables import idempotency_keys as keys

KEEP_HOURS = 24
REPLAYED_HEADER = "Idempotency-Replayed"
_STORED_HEADERS = ("content-type", "location", "etag")


@dataclass(frozen=True)
class Claim:
    """A key that this request holds until its transaction ends."""

    workspace_id: UUID
    route: str
    key: str


def request_hash(method: str, target: str, body: bytes) -> bytes:
    """What must be equal for two requests to be the same: method, path with query, body."""
    return streamed_request_hash(method, target, hashlib.sha256(body).digest())


def streamed_request_hash(method: str, target: str, body_sha256: bytes) -> bytes:
    """As `request_hash`, for a body that was hashed while it streamed."""
    return hashlib.sha256(f"{method} {target}\n".encode() + body_sha256).digest()


async def claim(session: AsyncSession, *, workspace_id: UUID, route: str, key: str, hashed: bytes) -> Claim | Response:
    """Take `key`, or answer what it answered before.

    Two requests at once: the second waits here for the first's transaction, then finds its answer, or takes the key
    when the first rolled back. Raises IdempotencyMismatch when the key was used with another request.
    """
    statement = (
        insert(keys)
        .values(workspace_id=workspace_id, route=route, key=key, request_hash=hashed)
        .on_conflict_do_update(
            index_elements=[keys.c.workspace_id, keys.c.route, keys.c.key],
            set_={"request_hash": hashed, "status": None, "headers": None, "body": None, "created_at": func.now()},
            where=keys.c.created_at < func.now() - literal_column(f"interval '{KEEP_HOURS} hours'"),
        )
        .returning(keys.c.key)
    )
    if (await session.execute(statement)).first() is not None:
        return Claim(workspace_id, route, key)
    stored = (
        await session.execute(
            select(keys.c.request_hash, keys.c.status, keys.c.headers, keys.c.body).where(
                keys.c.workspace_id == workspace_id, keys.c.route == route, keys.c.key == key
            )
        )
    ).one()
    if bytes(stored.request_hash) != hashed:
        raise IdempotencyMismatch(
            "this Idempotency-Key was used with another request in the last 24 hours; use a new key for a new request"
        )
    answer = Response(content=bytes(stored.body), status_code=stored.status)
    for name, value in stored.headers.items():
        answer.headers[name] = value
    answer.headers[REPLAYED_HEADER] = "true"
    return answer


async def store_answer(session: AsyncSession, *, held: Claim, answer: Response) -> None:
    """Keep `answer` beside the rows that it speaks of; both become visible in the same commit."""
    headers = {name: answer.headers[name] for name in _STORED_HEADERS if name in answer.headers}
    await session.execute(
        update(keys)
        .where(and_(keys.c.workspace_id == held.workspace_id, keys.c.route == held.route, keys.c.key == held.key))
        .values(status=answer.status_code, headers=headers, body=bytes(answer.body))
    )


async def expire(session: AsyncSession) -> int:
    """Forget answers older than 24 hours, as owner of the schema; how many."""
    done = await session.execute(
        keys.delete()
        .where(keys.c.created_at < func.now() - literal_column(f"interval '{KEEP_HOURS} hours'"))
        .returning(keys.c.key)
    )
    return len(done.all())
