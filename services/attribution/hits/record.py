"""A hit on its way to the database: one tuple in the order of the columns, and its line in a spool file."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID
from zlib import crc32


class Outcome(StrEnum):
    """What a request to a link was answered."""

    REDIRECTED = "redirected"
    HELD_BACK = "held_back"  # a prefetch: 503, so that the browser asks again when somebody acts
    EXPIRED = "expired"
    NOT_STARTED = "not_started"
    DISABLED = "disabled"
    CAPPED = "capped"


class HitRecord(NamedTuple):
    """The columns that a request fills; the worker adds the verdict. Identifiers are UUIDs of uuid or of asyncpg."""

    workspace_id: Any
    id: Any
    link_id: Any
    at: datetime
    method: str
    outcome: str
    user_agent: str | None
    purpose: str | None
    referrer_host: str | None
    visitor: bytes | None


def line_of(record: HitRecord) -> bytes:
    """One line of a spool file: a checksum, a space, the fields as JSON, a line feed."""
    fields = [
        record.workspace_id.hex, record.id.hex, record.link_id.hex, round(record.at.timestamp() * 1000),
        *record[4:9], record.visitor.hex() if record.visitor is not None else None,
    ]  # fmt: skip
    body = json.dumps(fields, separators=(",", ":")).encode()
    return b"%08x %s\n" % (crc32(body), body)


def record_of(line: bytes) -> HitRecord | None:
    """The hit of a spool file's line; None for a line that was not written to its end."""
    checksum, _, body = line.rstrip(b"\n").partition(b" ")
    if not line.endswith(b"\n") or checksum != b"%08x" % crc32(body):
        return None
    fields: Sequence[Any] = json.loads(body)
    visitor = fields[9]
    return HitRecord(
        workspace_id=UUID(fields[0]),
        id=UUID(fields[1]),
        link_id=UUID(fields[2]),
        at=datetime.fromtimestamp(fields[3] / 1000, UTC),
        method=fields[4],
        outcome=fields[5],
        user_agent=fields[6],
        purpose=fields[7],
        referrer_host=fields[8],
        visitor=bytes.fromhex(visitor) if visitor is not None else None,
    )
