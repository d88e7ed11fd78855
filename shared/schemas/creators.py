"""Creators on the wire: accounts that publish on one platform, the person behind them, how they can be reached."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.schemas.base import (
    NOT_PROVIDED,
    Count,
    Country,
    Handle,
    Key,
    Language,
    LineText,
    Platform,
    PlatformId,
    PostText,
    Schema,
    ShortText,
    UtcTime,
    WebUrl,
)
from shared.schemas.ids import CreatorId, PersonId


class AccountKind(StrEnum):
    """Who stands behind an account."""

    PERSON = "person"
    BRAND = "brand"
    GROUP = "group"
    UNKNOWN = "unknown"


class AccountStatus(StrEnum):
    """What became of an account on its platform."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    MOVED = "moved"
    DELETED = "deleted"
    UNKNOWN = "unknown"


class Contactable(StrEnum):
    """Whether the creator published a way to be reached; `dm_only` is by message on the platform."""

    YES = "yes"
    DM_ONLY = "dm_only"
    UNKNOWN = "unknown"


class ContactKind(StrEnum):
    """A kind of contact route."""

    EMAIL = "email"
    WEBSITE = "website"
    FORM = "form"
    PHONE = "phone"
    AGENCY = "agency"
    DM = "dm"
    OTHER = "other"


class ContactRoute(Schema):
    """A way to reach a creator that the creator published, where and when it was seen."""

    kind: ContactKind
    value: LineText
    source: LineText
    source_url: WebUrl | None = None
    published_at: UtcTime | None = None
    observed_at: UtcTime


class ProfileLink(Schema):
    """A link on a profile; `verified_at` is when the platform checked that it links back."""

    label: ShortText | None = None
    url: LineText
    verified_at: UtcTime | None = None


class CreatorCounts(Schema):
    """The profile's numbers, each with its state; unknown is never zero."""

    followers: Count = NOT_PROVIDED
    following: Count = NOT_PROVIDED
    posts: Count = NOT_PROVIDED
    total_likes: Count = NOT_PROVIDED
    total_views: Count = NOT_PROVIDED


class CreatorRef(Schema):
    """Just enough to name a creator; what platform_id and handle look like is the platform's affair."""

    id: CreatorId
    platform: Platform
    platform_id: PlatformId
    handle: Handle | None = None
    display_name: ShortText | None = None
    url: LineText | None = None


class CreatorProfile(CreatorRef):
    """What a creator's public profile said when it was last seen. Null: not provided by the platform."""

    bio_text: PostText | None = None
    avatar_url: LineText | None = None
    website: LineText | None = None
    links: tuple[ProfileLink, ...] = ()
    language: Language | None = None
    country: Country | None = None
    place: ShortText | None = None
    created_at: UtcTime | None = None
    is_bot: bool | None = None
    is_verified: bool | None = None
    account_kind: AccountKind = AccountKind.UNKNOWN
    status: AccountStatus = AccountStatus.UNKNOWN
    counts: CreatorCounts = CreatorCounts()
    contactable: Contactable = Contactable.UNKNOWN
    contact_routes: tuple[ContactRoute, ...] = ()


class Creator(CreatorProfile):
    """A creator as discovery keeps it: the profile with its source, age and expiry."""

    person_id: PersonId | None = None
    handle_history: tuple[Handle, ...] = ()
    stub: Annotated[
        bool, Field(description="True while only mentioned by others: everything but the identity is unknown.")
    ] = False
    source: Key
    first_seen_at: UtcTime
    observed_at: UtcTime
    expires_at: UtcTime | None = None
    last_posted_at: UtcTime | None = None
