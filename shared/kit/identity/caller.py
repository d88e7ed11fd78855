"""Who calls: a key's or a service token's workspace and scopes."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Scope(StrEnum):
    """What a key may do. `admin` runs the installation: workspaces and keys."""

    READ = "read"
    WRITE = "write"
    APPROVE = "approve"
    EVIDENCE = "evidence"
    EXPORT = "export"
    ADMIN = "admin"


ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True)
class Caller:
    """The authenticated caller of one request. Every write records `key_id`."""

    workspace_id: UUID
    scopes: frozenset[str]
    key_id: UUID | None
    issuer: str = "key"
