"""Watches on the wire: accounts whose posts and daily counts are followed, and searches that repeat."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import (
    Body,
    Day,
    Flag,
    Handle,
    JobStatus,
    LineText,
    Platform,
    PlatformId,
    Schema,
    ShortText,
    SmallNatural,
    UtcTime,
)
from shared.schemas.creators import CreatorCounts
from shared.schemas.ids import CreatorId, SearchId, WatchId

EveryHours = Annotated[int, Field(strict=True, ge=1, le=8_760)]
RunCalls = Annotated[int, Field(strict=True, ge=1, le=100_000)]


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
    """A watch: either accounts or a search; `reference` is the caller's own name for it, repeated in its events.

    `max_calls` is what one repetition of a search may spend at most; accounts need one call each and a part of one.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"accounts": [{"platform": "bluesky", "handle": "ana.example.com"}], "every_hours": 24}]
        }
    )

    accounts: Annotated[tuple[WatchedAccount, ...], Field(max_length=1_000)] = ()
    search_id: SearchId | None = None
    every_hours: EveryHours = 24
    max_calls: RunCalls = 200
    until: UtcTime | None = None
    reference: ShortText | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> Self:
        if bool(self.accounts) == (self.search_id is not None):
            raise ValueError("either accounts or search_id is needed, and not both")
        return self


class WatchChange(Body):
    """What changes about a watch; a field left out stays. A paused watch keeps its accounts and asks nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"paused": True}]})

    every_hours: EveryHours | None = None
    max_calls: RunCalls | None = None
    until: UtcTime | None = None
    reference: ShortText | None = None
    paused: Flag | None = None


class FollowedAccount(Schema):
    """An account of a watch: `creator_id` is there once the account is known, `error` while it cannot be read."""

    platform: Platform
    platform_id: PlatformId | None = None
    handle: Handle | None = None
    creator_id: CreatorId | None = None
    last_run_at: UtcTime | None = None
    next_run_at: UtcTime | None = None
    error: LineText | None = None


class Watch(Schema):
    """A watch and when it last looked. `running` until it is paused, `completed` behind its `until`.

    `accounts` holds at most the first 1,000. `error` says why the last look did not bring all that it should.
    """

    id: WatchId
    kind: WatchKind
    status: JobStatus
    accounts: tuple[FollowedAccount, ...] = ()
    creator_ids: tuple[CreatorId, ...] = ()
    search_id: SearchId | None = None
    every_hours: int
    max_calls: int
    until: UtcTime | None = None
    reference: ShortText | None = None
    runs: SmallNatural = 0
    last_run_at: UtcTime | None = None
    next_run_at: UtcTime | None = None
    error: LineText | None = None
    created_at: UtcTime


class DailyCounts(Schema):
    """The numbers of a watched creator on one day of UTC, as first seen on it."""

    day: Day
    counts: CreatorCounts
    observed_at: UtcTime
    expires_at: UtcTime | None = None
