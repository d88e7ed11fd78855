"""Workspaces and API keys on the wire."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from shared.schemas.base import Body, Name, Schema, ShortText, UtcTime
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


class Key(Schema):
    """An API key without its secret."""

    id: KeyId
    workspace_id: WorkspaceId
    name: Name
    scopes: tuple[Scope, ...]
    created_at: UtcTime
    revoked_at: UtcTime | None = None


class KeyCreated(Key):
    """A new key with its secret (`gsk_...`), shown this once."""

    secret: ShortText
