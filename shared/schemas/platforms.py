"""Platforms on the wire: what each can do for us, what is left of its quota, what its terms permit."""

from enum import StrEnum

from shared.schemas.base import Key, LineText, Natural, Platform, Schema, ShortText, SmallNatural, UtcTime


class Support(StrEnum):
    """Whether a platform can do something."""

    YES = "yes"
    PARTIAL = "partial"
    NO = "no"
    NEEDS_APPROVAL = "needs_approval"
    NEEDS_USER_TOKEN = "needs_user_token"  # noqa: S105  # a state, not a token


class Capability(Schema):
    """One thing that a platform can do, or not, with the reason and the endpoint."""

    name: Key
    support: Support
    reason: LineText | None = None
    endpoint: LineText | None = None
    quota: LineText | None = None


class QuotaState(Schema):
    """One quota: its unit, its size, what is left (null: not metered or not known), when it resets, by which rule."""

    name: Key
    unit: ShortText
    limit: Natural | None = None
    left: Natural | None = None
    window_s: SmallNatural | None = None
    resets_at: UtcTime | None = None
    rule: LineText | None = None


class PermittedUse(StrEnum):
    """What a platform's terms let its data be used for."""

    DISCOVERY = "discovery"
    PROFILING = "profiling"
    SCORING = "scoring"
    AGGREGATE_ANALYTICS = "aggregate_analytics"
    OWN_ACCOUNTS = "own_accounts"
    EXPORT = "export"


class LiveStatus(StrEnum):
    """How the reading of a live stream stands; `waiting`: nothing of the platform is kept yet, or no worker runs."""

    OFF = "off"
    WAITING = "waiting"
    READING = "reading"
    FAILING = "failing"


class LiveGap(Schema):
    """A span of which the stream told nothing: deletions in it are found when posts are asked for again."""

    since: UtcTime
    until: UtcTime


class LiveState(Schema):
    """The reading of a platform's live stream, one for the whole installation.

    `behind_seconds` is how long ago the latest event happened that was taken in; `gap` is the last one.
    """

    status: LiveStatus
    behind_seconds: Natural | None = None
    gap: LiveGap | None = None
    error: LineText | None = None


class PlatformInfo(Schema):
    """What a platform is good for here. `retain_days` null: its terms name no span; `live` null: it has no stream."""

    platform: Platform
    name: ShortText
    connected: bool
    needs: tuple[LineText, ...] = ()
    capabilities: tuple[Capability, ...]
    quotas: tuple[QuotaState, ...] = ()
    permitted_uses: tuple[PermittedUse, ...] = ()
    retain_days: SmallNatural | None = None
    terms_url: LineText | None = None
    notes: tuple[LineText, ...] = ()
    live: LiveState | None = None
