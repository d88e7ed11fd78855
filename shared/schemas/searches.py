"""Searches on the wire: a brief goes in, candidates with their provenance come out."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from shared.schemas.base import (
    Body,
    Country,
    Flag,
    Handle,
    JobStatus,
    Key,
    Language,
    LineText,
    Name,
    Natural,
    Platform,
    Schema,
    Sha256,
    ShortText,
    SmallNatural,
    Unknown,
    UtcTime,
)
from shared.schemas.brief import Brief
from shared.schemas.creators import AccountKind, Creator
from shared.schemas.ids import CreatorId, KeyId, PostId, SearchId, WatchId


class SearchLimits(Body):
    """What a search may spend: `max_calls` steps, and `depth` hops from commenter to commenter (0: none)."""

    max_calls: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 500
    depth: Annotated[int, Field(strict=True, ge=0, le=5)] = 2


class SearchFilters(Body):
    """Which candidates to keep, beyond the brief; an empty list keeps all."""

    languages: Annotated[tuple[Language, ...], Field(max_length=50)] = ()
    countries: Annotated[tuple[Country, ...], Field(max_length=250)] = ()
    account_kinds: Annotated[tuple[AccountKind, ...], Field(max_length=4)] = ()
    known: Annotated[Unknown, Field(description="Creators that are partners already.")] = Unknown.INCLUDE


class SearchCreate(Body):
    """A search: the brief, where to look, how much to spend."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "brief": {"brand": {"name": "Fellside Shoes"}, "hashtags": ["#fellrunning"]},
                    "sources": ["archive"],
                    "limits": {"max_calls": 500, "depth": 2},
                }
            ]
        }
    )

    brief: Brief
    sources: Annotated[
        tuple[Platform, ...],
        Field(min_length=1, max_length=20, description="Connectors by key; `archive` is what was imported."),
    ]
    limits: SearchLimits = SearchLimits()
    hashtags: Annotated[Flag, Field(description="The hashtag step: who posts under the brief's hashtags.")] = True
    comments: Annotated[Flag, Field(description="The comment step: who talks under whose posts.")] = True
    fans: Annotated[
        Flag, Field(description="The fan step: who comments under, tags or mentions the brief's owned accounts.")
    ] = True
    unknown: Annotated[Unknown, Field(description="Candidates of unknown activity, topic or counts.")] = Unknown.INCLUDE
    filters: SearchFilters = SearchFilters()
    name: Name | None = None


class SearchExtend(Body):
    """More budget for a search: the new totals, not what is added."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"limits": {"max_calls": 1000, "depth": 3}}]})

    limits: SearchLimits


class ContactableSummary(Schema):
    """How many in-band candidates can be reached how."""

    yes: Natural = 0
    dm_only: Natural = 0
    unknown: Natural = 0


class LeftOut(Schema):
    """Accounts that were found and are no candidates, each under the first reason that holds, in this order.

    `excluded`: by the brief, or the brand's own; `known`: watched already, as partners are; `minor`: by its own words;
    `gone`: suspended, deleted or moved; `inactive`: too few own posts, or none lately; `far_from_topic`: by text and by
    interaction; `outranked`: beyond the longest list.
    """

    excluded: Natural = 0
    known: Natural = 0
    minor: Natural = 0
    gone: Natural = 0
    bot: Natural = 0
    out_of_band: Natural = 0
    inactive: Natural = 0
    account_kind: Natural = 0
    language: Natural = 0
    country: Natural = 0
    platform: Natural = 0
    far_from_topic: Natural = 0
    outranked: Natural = 0


class PlatformSummary(Schema):
    """What a search found on one platform: candidates and `left_out` add up to `found`. Opted-out accounts are counted
    apart and not stored."""

    platform: Platform
    found: Natural = 0
    in_band: Natural = 0
    band_unknown: Natural = 0
    contactable: ContactableSummary = ContactableSummary()
    opted_out: Natural = 0
    left_out: LeftOut = LeftOut()
    calls_spent: Natural = 0


class QuotaLeft(Schema):
    """What all workspaces together may still spend of one quota of a source; `quota` is its name at the platform."""

    source: Platform
    quota: Key
    left: Natural


class SearchProgress(Schema):
    """How far a search is.

    At least `steps_left` steps remain, which wait already, and at most `calls_left`: what a step brings may give
    further steps. Null while there is no ground for an estimate. `quota_left` is as of the last call.
    """

    calls_spent: Natural = 0
    calls_left: Natural | None = None
    steps_done: Natural = 0
    steps_waiting: Natural = 0
    steps_left: Natural | None = None
    quota_left: tuple[QuotaLeft, ...] = ()
    creators_seen: Natural = 0
    candidates: Natural = 0
    best: tuple[Handle, ...] = ()
    waiting_until: UtcTime | None = None
    waiting_for: LineText | None = None


class Search(Schema):
    """A search, how far it is, and where this audience is most active."""

    id: SearchId
    name: Name
    status: JobStatus
    brief: Brief
    brief_version: SmallNatural
    brief_hash: Sha256
    sources: tuple[Platform, ...]
    limits: SearchLimits
    hashtags: bool
    comments: bool
    unknown: Unknown
    filters: SearchFilters = SearchFilters()
    watch_id: WatchId | None = None
    progress: SearchProgress = SearchProgress()
    summary: tuple[PlatformSummary, ...] = ()
    warnings: tuple[LineText, ...] = ()
    error: LineText | None = None
    created_at: UtcTime
    created_by: KeyId | None = None
    started_at: UtcTime | None = None
    finished_at: UtcTime | None = None


class SearchEvent(Schema):
    """The data of one server-sent event of a search."""

    search_id: SearchId
    status: JobStatus
    progress: SearchProgress


class HashtagProvenance(Schema):
    """The candidate posted under this hashtag, so many times; some of these posts."""

    hashtag: ShortText
    posts: Natural
    examples: tuple[PostId, ...] = ()


class PostProvenance(Schema):
    """A post that led to the candidate."""

    post_id: PostId
    url: LineText | None = None
    hashtags: tuple[ShortText, ...] = ()
    created_at: UtcTime | None = None


class CommentProvenance(Schema):
    """The candidate commented under this creator's posts; `hop` counts from hashtag authors and seeds (1 is direct)."""

    under_creator_id: CreatorId
    under_handle: Handle | None = None
    comments: Natural
    posts: Natural
    hop: SmallNatural
    examples: tuple[LineText, ...] = ()
    last_at: UtcTime | None = None


class FanProvenance(Schema):
    """How the candidate talked to the brand's own accounts: comments under its posts, own posts that mention it."""

    comments: Natural = 0
    posts_commented: Natural = 0
    mentions: Natural = 0
    examples: tuple[PostId, ...] = ()
    last_at: UtcTime | None = None


class Provenance(Schema):
    """How a search came to a candidate; `path` says it in words, with numbers.

    `sources` are those of the search; `fans` among them means that the candidate talked to the brand's own accounts.
    """

    sources: tuple[Platform, ...] = ()
    hashtags: tuple[HashtagProvenance, ...] = ()
    posts: tuple[PostProvenance, ...] = ()
    comments: tuple[CommentProvenance, ...] = ()
    is_seed: bool = False
    fan_of_brand: bool = False
    fan: FanProvenance | None = None
    hops: SmallNatural = 0
    path: tuple[LineText, ...] = ()


class Mark(StrEnum):
    """What is not known, or to be minded, about a candidate."""

    UNKNOWN_ACTIVITY = "unknown_activity"
    UNKNOWN_TOPIC = "unknown_topic"
    UNKNOWN_COUNTS = "unknown_counts"
    UNKNOWN_KIND = "unknown_kind"
    OUTSIDE_BAND = "outside_band"


class Candidate(Schema):
    """A creator that a search found; rank 1 is the best. `score` orders within this search only."""

    creator: Creator
    rank: Annotated[int, Field(ge=1, le=2_147_483_647)]
    score: float | None = None
    in_band: bool | None = None
    posts_in_90_days: Natural | None = None
    provenance: Provenance
    marks: tuple[Mark, ...] = ()
    found_at: UtcTime


class CannotServe(Schema):
    """A source that cannot serve the brief, and why."""

    source: Platform
    capability: Key
    reason: LineText


class SourceEstimate(Schema):
    """What a search would cost at one source: calls low to high, and the quota that is left (null: not metered)."""

    source: Platform
    calls_low: Natural
    calls_high: Natural
    quota_left: Natural | None = None
    resets_at: UtcTime | None = None
    note: LineText | None = None


class Estimate(Schema):
    """What a search would take, before it is started."""

    missing: tuple[LineText, ...] = ()
    calls_low: Natural
    calls_high: Natural
    sources: tuple[SourceEstimate, ...] = ()
    cannot_serve: tuple[CannotServe, ...] = ()
