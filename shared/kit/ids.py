"""Identifiers made before the write: UUID version 7 (RFC 9562), so that keys are born in time order."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new UUIDv7. Its order is creation order to the millisecond, which is not commit order."""
    return uuid7()
