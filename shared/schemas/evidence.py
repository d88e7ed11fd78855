"""Evidence bundles: what discovery knows of one candidate, as scoring pulls it (one bundle a line)."""

import hashlib
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.schemas.audience_reports import AudienceReport
from shared.schemas.base import (
    Count,
    Country,
    Key,
    Language,
    LineText,
    Natural,
    Platform,
    PlatformId,
    PostText,
    Schema,
    ShortText,
    SmallNatural,
    UtcTime,
)
from shared.schemas.creators import CreatorProfile
from shared.schemas.ids import CreatorId, PostId, SearchId
from shared.schemas.posts import Engagement, Media, PostHashtag, PostKind, PostMention
from shared.schemas.searches import Provenance

BUNDLE_VERSION = 1

# A commenter who is no candidate: a keyed hash, the same in all bundles of a workspace, reversible by nobody.
Pseudonym = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class EvidencePost(Schema):
    """A post of the candidate. `paid_partnership` is null where the platform does not say."""

    id: PostId
    platform_id: PlatformId
    url: LineText | None = None
    kind: PostKind = PostKind.POST
    text: PostText | None = None
    language: Language | None = None
    created_at: UtcTime | None = None
    edited_at: UtcTime | None = None
    hashtags: tuple[PostHashtag, ...] = ()
    mentions: tuple[PostMention, ...] = ()
    links: tuple[LineText, ...] = ()
    media: tuple[Media, ...] = ()
    is_sensitive: bool | None = None
    paid_partnership: bool | None = None
    sponsorship_labels: tuple[ShortText, ...] = ()
    counts: Engagement = Engagement()
    observed_at: UtcTime


class SampledComment(Schema):
    """A comment under one of the candidate's posts.

    `parent` is the position, in the bundle's list, of the comment answered; `creator_replied_at` is when the candidate
    answered this one, null when no answer was seen (whether all answers were read: `sampling.replies_complete`).
    """

    post_id: PostId
    commenter: Pseudonym
    text: PostText | None = None
    language: Language | None = None
    created_at: UtcTime | None = None
    parent: SmallNatural | None = None
    is_reply_by_creator: bool = False
    creator_replied_at: UtcTime | None = None
    likes: Count = Count()


class Commenter(Schema):
    """An account that commented on the candidate, by pseudonym, with what is publicly known of it.

    `creator_id` is set only where the account is itself a candidate. Counts of comments and creators are over all that
    the workspace has read. Null and unknown counts mean: nobody looked, or the platform does not say.
    """

    pseudonym: Pseudonym
    creator_id: CreatorId | None = None
    comments_here: Natural
    posts_seen: Natural
    comments_everywhere: Natural | None = None
    creators_commented: Natural | None = None
    first_at: UtcTime | None = None
    last_at: UtcTime | None = None
    account_created_at: UtcTime | None = None
    followers: Count = Count()
    following: Count = Count()
    posts: Count = Count()
    has_avatar: bool | None = None
    has_bio: bool | None = None
    is_bot: bool | None = None
    language: Language | None = None
    country: Country | None = None
    place: ShortText | None = None
    hashtags: tuple[ShortText, ...] = ()
    creator_commented_back: Annotated[
        Natural | None, Field(description="Comments of the candidate under this account's posts.")
    ] = None


class Interaction(Schema):
    """Comments of one account under the posts of another, both in this bundle; `creator` is the candidate itself.

    These edges, with the commenters' own, are what reciprocal groups are read from.
    """

    source: Pseudonym
    target: Pseudonym
    comments: Natural
    posts: Natural
    first_at: UtcTime | None = None
    last_at: UtcTime | None = None


# The candidate's own place in `Interaction`.
SELF = "creator"


class MentionKind(StrEnum):
    """What of the brief was mentioned."""

    BRAND = "brand"
    HANDLE = "handle"
    PRODUCT = "product"
    HASHTAG = "hashtag"
    COMPETITOR = "competitor"


class BrandMention(Schema):
    """A mention of the brand or a competitor in a post of the candidate, or in a comment under the brand's posts."""

    kind: MentionKind
    term: ShortText
    post_id: PostId | None = None
    in_comment: bool = False
    excerpt: LineText | None = None
    created_at: UtcTime | None = None
    paid: bool | None = None
    giveaway: bool | None = None


class MetricSnapshot(Schema):
    """One number of the profile at one time; days without one are gaps, not zeros."""

    metric: Key
    count: Count
    at: UtcTime


class OwnCommenting(Schema):
    """What the candidate itself commented elsewhere, within the window of the sampling."""

    comments: Natural
    creators: Natural
    last_at: UtcTime | None = None


class Sampling(Schema):
    """How the bundle was drawn, and what it leaves out. Null: not known."""

    window_from: UtcTime | None = None
    window_to: UtcTime | None = None
    posts_known: Natural
    posts_included: Natural
    posts_complete: Annotated[bool | None, Field(description="All posts of the window were read.")] = None
    comments_existing: Annotated[Count, Field(description="As the platform counts them, over the included posts.")] = (
        Count()
    )
    comments_known: Natural
    comments_sampled: Natural
    commenters_known: Natural
    commenters_sampled: Natural
    replies_complete: bool | None = None
    followers_read: Annotated[
        bool, Field(description="Follower lists were read; otherwise say sampled commenters.")
    ] = False
    method: LineText
    notes: tuple[LineText, ...] = ()


class EvidenceSource(Schema):
    """Where a part of the evidence came from, and how long it may be kept."""

    platform: Platform
    source: Key
    connector_version: ShortText | None = None
    endpoint: LineText | None = None
    fetched_at: UtcTime
    expires_at: UtcTime | None = None


class EvidenceBundle(Schema):
    """What discovery knows of one candidate at one time. It may be kept until `expires_at`, and no longer."""

    version: SmallNatural = BUNDLE_VERSION
    search_id: SearchId
    creator: CreatorProfile
    provenance: Provenance
    observed_at: UtcTime
    expires_at: UtcTime
    sources: tuple[EvidenceSource, ...] = ()
    posts: tuple[EvidencePost, ...] = ()
    comments: tuple[SampledComment, ...] = ()
    commenters: tuple[Commenter, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    mentions: tuple[BrandMention, ...] = ()
    snapshots: tuple[MetricSnapshot, ...] = ()
    audience_reports: tuple[AudienceReport, ...] = ()
    own_commenting: OwnCommenting | None = None
    other_accounts: tuple[CreatorProfile, ...] = ()
    sampling: Sampling


def bundle_bytes(bundle: EvidenceBundle) -> bytes:
    """The bundle's one JSON form, in the order of the fields; what is stored and hashed."""
    return bundle.model_dump_json().encode()


def bundle_hash(bundle: EvidenceBundle) -> str:
    """SHA-256, in hex, of `bundle_bytes`."""
    return hashlib.sha256(bundle_bytes(bundle)).hexdigest()
