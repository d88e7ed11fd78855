"""Who calls: a key's or a service token's workspace and scopes."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Caller:
    """The authenticated caller of one request. Every write records `key_id`."""

    workspace_id: UUID
    scopes: frozenset[str]
    key_id: UUID | None
    issuer: str = "key"
