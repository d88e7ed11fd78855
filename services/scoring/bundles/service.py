"""Evidence bundles: stored once per content, compressed, read back while they may be kept."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import zstandard
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.bundles import repository
from shared.kit.errors import EvidenceExpired
from shared.kit.ids import new_id
from shared.rules.erasing import Names
from shared.schemas.evidence import EvidenceBundle, bundle_bytes

# A bundle that unpacks to more than this was not written by us.
MAX_PLAIN = 256_000_000
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class PackedBundle:
    """A bundle ready to be stored: its hash, compressed content and the size before."""

    bundle: EvidenceBundle
    hash: str
    content: bytes
    size: int


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """A bundle as stored: still compressed."""

    id: UUID
    hash: str
    content: bytes
    size: int
    observed_at: datetime
    expires_at: datetime


def pack(bundle: EvidenceBundle) -> PackedBundle:
    """Compress and hash; the hash is over the plain JSON."""
    plain = bundle_bytes(bundle)
    content = zstandard.ZstdCompressor(level=3).compress(plain)
    return PackedBundle(bundle, hashlib.sha256(plain).hexdigest(), content, len(plain))


def unpack(content: bytes) -> EvidenceBundle:
    """The bundle of stored content."""
    plain = zstandard.ZstdDecompressor().decompress(content, max_output_size=MAX_PLAIN)
    return EvidenceBundle.model_validate_json(plain)


async def store(session: AsyncSession, *, workspace_id: UUID, packed: Sequence[PackedBundle]) -> list[UUID]:
    """Store bundles, each content once; the identifiers in the order given."""
    if not packed:
        return []
    await repository.add(
        session,
        rows=[
            {
                "workspace_id": workspace_id, "id": new_id(), "hash": one.hash, "content": one.content,
                "size": one.size, "creator_id": one.bundle.creator.id, "observed_at": one.bundle.observed_at,
                "expires_at": one.bundle.expires_at,
            }
            for one in sorted(packed, key=lambda one: one.hash)
        ],
    )  # fmt: skip
    by_hash = await repository.ids_by_hash(session, hashes=[one.hash for one in packed])
    return [by_hash[one.hash] for one in packed]


async def read(session: AsyncSession, *, bundle_id: UUID) -> StoredBundle:
    """A stored bundle; EvidenceExpired when it was erased or its time is over."""
    row = await repository.bundle(session, bundle_id=bundle_id)
    if row is None or row.content is None or row.expires_at <= datetime.now(UTC):
        raise EvidenceExpired("the evidence behind this score was erased or has expired")
    return StoredBundle(row.id, row.hash, row.content, row.size, row.observed_at, row.expires_at)


async def contents(session: AsyncSession, *, bundle_ids: Sequence[UUID]) -> dict[UUID, tuple[str, bytes]]:
    """Hash and compressed content of the bundles that may still be read."""
    return await repository.contents(session, bundle_ids=bundle_ids, now=datetime.now(UTC))


async def hold(session: AsyncSession, *, bundle_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these bundles may still be read; nobody drops one of them before the transaction ends."""
    return await repository.hold(session, bundle_ids=bundle_ids)


async def expire(session: AsyncSession, *, limit: int) -> Sequence[tuple[UUID, UUID]]:
    """As owner: drop the content of bundles whose time is over; (workspace, bundle) pairs, at most `limit`."""
    return await repository.expire(session, now=datetime.now(UTC), limit=limit)


async def erase(session: AsyncSession, *, creators: Sequence[UUID]) -> None:
    """Delete every bundle of these creators."""
    await repository.remove_creators(session, creators=creators)


async def withdraw(session: AsyncSession, *, creator_id: UUID, before: datetime) -> Sequence[tuple[UUID, UUID]]:
    """Drop what was gathered of a creator before a time; the (workspace, bundle) pairs."""
    return await repository.withdraw(session, creator_id=creator_id, before=before)


async def workspaces(session: AsyncSession, *, after: UUID | None, limit: int) -> Sequence[UUID]:
    """As owner: workspaces that hold evidence, in order."""
    return await repository.workspaces_with_bundles(session, after=after, limit=limit)


async def event_cursor(session: AsyncSession) -> str | None:
    """How far the workspace's events in discovery were followed."""
    return await repository.event_cursor(session)


async def set_event_cursor(session: AsyncSession, *, workspace_id: UUID, cursor: str | None) -> None:
    await repository.set_event_cursor(session, workspace_id=workspace_id, cursor=cursor)


async def drop_naming(session: AsyncSession, *, workspace_id: UUID, names: Names) -> Sequence[tuple[UUID, UUID]]:
    """Forget every bundle that names somebody who was erased; their (workspace, id) pairs."""
    after: UUID | None = None
    dropped: list[tuple[UUID, UUID]] = []
    while page := await repository.stored(session, workspace_id=workspace_id, after=after, limit=_AT_ONCE):
        naming = [
            bundle_id
            for bundle_id, content in page
            if names.are_in_json(
                zstandard.ZstdDecompressor().decompress(content, max_output_size=MAX_PLAIN).decode("utf-8", "replace")
            )
        ]
        if naming:
            await repository.drop_content(session, workspace_id=workspace_id, ids=naming)
            dropped += [(workspace_id, bundle_id) for bundle_id in naming]
        after = page[-1][0]
    return dropped
