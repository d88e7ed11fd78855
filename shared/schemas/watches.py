"""Watches on the wire: accounts whose posts and daily counts are followed, and searches that repeat."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import Body, Handle, JobStatus, LineText, Platform, PlatformId, Schema, ShortText, UtcTime
from shared.schemas.ids import CreatorId, SearchId, WatchId


class WatchKind(StrEnum):
    """What is watched."""

    ACCOUNTS = "accounts"
    SEARCH = "search"


class WatchedAccount(Body):
    """An account to watch; the handle is enough where the platform can resolve it."""

    platform: Platform
    platform_id: PlatformId | None = None
    handle: Handle | None = None

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if self.platform_id is None and self.handle is None:
            raise ValueError("platform_id or handle is needed")
        return self


class WatchCreate(Body):
    """A watch: either accounts or a search; `reference` is the caller's own name for it, repeated in its events."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"accounts": [{"platform": "bluesky", "handle": "ana.example.com"}], "every_hours": 24}]
        }
    )

    accounts: Annotated[tuple[WatchedAccount, ...], Field(max_length=1_000)] = ()
    search_id: SearchId | None = None
    every_hours: Annotated[int, Field(strict=True, ge=1, le=8_760)] = 24
    until: UtcTime | None = None
    reference: ShortText | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if bool(self.accounts) == (self.search_id is not None):
            raise ValueError("either accounts or search_id is needed, and not both")
        return self


class Watch(Schema):
    """A watch and when it last looked."""

    id: WatchId
    kind: WatchKind
    status: JobStatus
    accounts: tuple[WatchedAccount, ...] = ()
    creator_ids: tuple[CreatorId, ...] = ()
    search_id: SearchId | None = None
    every_hours: int
    until: UtcTime | None = None
    reference: ShortText | None = None
    last_run_at: UtcTime | None = None
    next_run_at: UtcTime | None = None
    error: LineText | None = None
    created_at: UtcTime
