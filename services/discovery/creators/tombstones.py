"""Tombstones: keyed hashes by which an erased account is known again, and left out of whatever comes in."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.creators.readings import Readings
from services.discovery.rows import CommentRow, PostRow
from shared.rules.erasing import ERASED, Names
from shared.rules.mentions import mentions

ACCOUNT, HANDLE = "account", "handle"
Key = tuple[str, str]
_BLOCK = 64


def digest(key: bytes, kind: str, platform: str, name: str) -> bytes:
    """HMAC-SHA256 of an account's identifier, or of a handle in lower case."""
    plain = name.lower() if kind == HANDLE else name
    return hmac.new(key, f"{kind}\n{platform}\n{plain}".encode(), hashlib.sha256).digest()


def _keys(session: AsyncSession) -> Sequence[bytes]:
    found: Sequence[bytes] = session.info.get("digest_keys", ())
    return found


async def bury(
    session: AsyncSession, *, workspace_id: UUID, platform: str, platform_id: str, handles: Iterable[str]
) -> None:
    """Leave a tombstone for an account and for its handles."""
    key = _keys(session)[0]
    names = [(ACCOUNT, platform_id), *((HANDLE, handle.removeprefix("@")) for handle in handles)]
    for kind, name in names:
        await session.execute(
            text(
                """INSERT INTO discovery.tombstones (workspace_id, digest, kind, seen, created_at)
                VALUES (:workspace_id, :digest, :kind, 0, :now) ON CONFLICT DO NOTHING"""
            ),
            {
                "workspace_id": workspace_id, "digest": digest(key, kind, platform, name), "kind": kind,
                "now": datetime.now(UTC),
            },
        )  # fmt: skip


async def _buried(
    session: AsyncSession, workspace_id: UUID, kind: str, names: Iterable[Key], *, count: bool
) -> set[Key]:
    """Those of (platform, name) pairs that were erased; with `count` each counts as seen."""
    by_digest = {digest(key, kind, *name): name for key in _keys(session) for name in names}
    if not by_digest:
        return set()
    parameters = {"workspace_id": workspace_id, "digests": list(by_digest)}
    where = "workspace_id = :workspace_id AND digest = ANY(:digests)"
    found = await session.execute(
        text(
            f"UPDATE discovery.tombstones SET seen = seen + 1 WHERE {where} RETURNING digest"  # noqa: S608  # our text
            if count
            else f"SELECT digest FROM discovery.tombstones WHERE {where}"  # noqa: S608  # our text
        ),
        parameters,
    )
    return {by_digest[bytes(one)] for one in found.scalars()}


async def any_at_all(session: AsyncSession, *, workspace_id: UUID) -> bool:
    """Whether anybody was erased from the workspace."""
    return bool(
        await session.scalar(
            text("SELECT EXISTS (SELECT FROM discovery.tombstones WHERE workspace_id = :workspace_id)"),
            {"workspace_id": workspace_id},
        )
    )


async def without_erased(session: AsyncSession, *, workspace_id: UUID, readings: Readings) -> Readings:
    """What was read without erased accounts, without what they wrote, and without their names in others' texts."""
    if not await any_at_all(session, workspace_id=workspace_id):
        return readings
    people = [(row.platform, row.platform_id) for row in readings.creators]
    gone = await _buried(session, workspace_id, ACCOUNT, people, count=True)
    posts = [row for row in readings.posts if (row.platform, row.author_platform_id) not in gone]
    left = {(row.platform, row.platform_id) for row in readings.posts} - {
        (row.platform, row.platform_id) for row in posts
    }
    comments = [
        row
        for row in readings.comments
        if (row.platform, row.author_platform_id) not in gone and (row.platform, row.post_platform_id) not in left
    ]
    texts = [(row.platform, row.text) for row in posts] + [(row.platform, row.text) for row in comments]
    named = {(platform, handle) for platform, said in texts for handle in mentions(said or "", platform=platform)}
    named |= {(row.platform, str(one["handle"])) for row in posts if row.mentions for one in orjson.loads(row.mentions)}
    handles = await _buried(session, workspace_id, HANDLE, named, count=False)
    return Readings(
        tuple(row for row in readings.creators if (row.platform, row.platform_id) not in gone),
        tuple(_unnamed(row, handles, gone) for row in posts),
        tuple(_unnamed_comment(row, handles) for row in comments),
    )


def _names(platform: str, handles: set[Key]) -> Names:
    return Names([handle for where, handle in handles if where == platform], "")


def _unnamed(row: PostRow, handles: set[Key], gone: set[Key]) -> PostRow:
    names = _names(row.platform, handles)
    if not names.needles:
        return row
    kept = row.mentions
    if kept:
        own = {handle.lower() for where, handle in handles if where == row.platform}
        kept = orjson.dumps(
            [
                {"handle": ERASED} if one["handle"].lower() in own or (row.platform, one.get("platform_id")) in gone
                else one
                for one in orjson.loads(kept)
            ]
        ).decode()  # fmt: skip
    return row._replace(text=names.without(row.text) if row.text else row.text, mentions=kept)


def _unnamed_comment(row: CommentRow, handles: set[Key]) -> CommentRow:
    names = _names(row.platform, handles)
    return row._replace(text=names.without(row.text)) if row.text and names.needles else row


# The same hash in PostgreSQL: HMAC of two SHA-256 over a padded key.
_DIGEST = "sha256(CAST(:outer AS bytea) || sha256(CAST(:inner AS bytea) || convert_to({what}, 'UTF8')))"
_STAGED = (
    ("import_posts", "author_platform_id"),
    ("import_comments", "author_platform_id"),
    ("import_creators", "platform_id"),
)


async def drop_from_staging(session: AsyncSession, *, workspace_id: UUID, import_id: UUID) -> int:
    """Take erased accounts and what they wrote out of an import before it is merged; how many rows that were."""
    if not await any_at_all(session, workspace_id=workspace_id):
        return 0
    dropped = 0
    for key in _keys(session):
        padded = key.ljust(_BLOCK, b"\0")
        pads = {
            "inner": bytes(one ^ 0x36 for one in padded), "outer": bytes(one ^ 0x5C for one in padded),
            "workspace_id": workspace_id, "import_id": import_id,
        }  # fmt: skip
        for table, column in _STAGED:
            what = _DIGEST.format(what=f"'{ACCOUNT}' || E'\\n' || s.platform || E'\\n' || s.{column}")
            done = await session.execute(
                text(
                    f"""WITH gone AS (
                        DELETE FROM discovery.{table} s WHERE s.workspace_id = :workspace_id
                        AND s.import_id = :import_id AND {what} IN (
                            SELECT digest FROM discovery.tombstones WHERE workspace_id = :workspace_id)
                        RETURNING {what} AS digest),
                    counted AS (
                        UPDATE discovery.tombstones t SET seen = seen + 1 FROM gone
                        WHERE t.workspace_id = :workspace_id AND t.digest = gone.digest)
                    SELECT count(*) FROM gone"""  # noqa: S608  # our own names
                ),
                pads,
            )
            dropped += int(done.scalar_one())
    return dropped
