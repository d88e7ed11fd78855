"""Workspaces and API keys on the wire."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from shared.schemas.base import Body, Flag, Name, Schema, ShortText, UtcTime
from shared.schemas.ids import KeyId, WorkspaceId


class Scope(StrEnum):
    """What a key may do. `evidence` shows commenters' text; `admin` makes workspaces and keys."""

    READ = "read"
    WRITE = "write"
    APPROVE = "approve"
    EVIDENCE = "evidence"
    EXPORT = "export"
    ADMIN = "admin"


class WorkspaceCreate(Body):
    """A workspace: one brand, one client of an agency, one campaign team."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Fellside Shoes"}]})

    name: Name


class Workspace(Schema):
    """A workspace."""

    id: WorkspaceId
    name: Name
    created_at: UtcTime


class KeyCreate(Body):
    """An API key for a workspace."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "workspace_id": "wsp_01kz7kpps0fg8skbh5vs8fs3n4",
                    "name": "shop",
                    "scopes": ["read", "write"],
                }
            ]
        }
    )

    workspace_id: Annotated[WorkspaceId | None, Field(description="Default: the workspace of the calling key.")] = None
    name: Name
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=6)] = (Scope.READ, Scope.WRITE)
    expires_at: UtcTime | None = None


class KeyChange(Body):
    """What changes about a key; revoking is for good."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "old shop", "revoked": True}]})

    name: Name | None = None
    revoked: Flag | None = None


class ApiKey(Schema):
    """A key without its secret; `hint` is its first characters. Only the bootstrap key has no workspace."""

    id: KeyId
    workspace_id: WorkspaceId | None = None
    name: Name
    scopes: tuple[Scope, ...]
    hint: ShortText
    created_at: UtcTime
    expires_at: UtcTime | None = None
    revoked_at: UtcTime | None = None
    last_used_on: ShortText | None = None


class KeyCreated(ApiKey):
    """A new key with its secret (`gsk_...`), shown this once."""

    secret: ShortText
