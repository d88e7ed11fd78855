"""Stored creators as what goes over the wire."""

from typing import Any, TypeVar

from pydantic import BaseModel

from services.discovery.creators.contacts import contactable_by, routes_of
from shared.schemas.creators import ContactRoute, Creator, CreatorCounts
from shared.schemas.posts import Engagement, Post

Counts = TypeVar("Counts", bound=BaseModel)


def creator_of(row: Any) -> Creator:  # noqa: ANN401  # a row with a creator's columns and `last_posted_at`
    """A creator as stored; a count that is not known says why."""
    routes = contact_routes(row)
    return Creator.model_validate({
        "id": row.id, "platform": row.platform, "platform_id": row.platform_id, "handle": row.handle,
        "display_name": _cut(row.display_name, 200), "url": _cut(row.url), "bio_text": row.bio_text,
        "avatar_url": _cut(row.avatar_url), "website": _cut(row.website), "links": row.links or (),
        "language": row.language, "country": row.country, "place": _cut(row.place, 200),
        "created_at": row.account_created_at, "is_bot": row.is_bot, "is_verified": row.is_verified,
        "account_kind": row.account_kind or "unknown", "status": row.status or "unknown",
        "counts": counts_of(CreatorCounts, row),
        "contactable": contactable_by(routes), "contact_routes": routes,
        "handle_history": row.handle_history or (), "stub": row.stub, "source": row.source,
        "first_seen_at": row.first_seen_at, "observed_at": row.observed_at, "expires_at": row.expires_at,
        "last_posted_at": row.last_posted_at, "person_id": row.person_id,
    })  # fmt: skip


def post_of(row: Any) -> Post:  # noqa: ANN401  # a row with a post's columns
    """A post as stored; a count that is not known says why."""
    return Post.model_validate({
        "id": row.id, "platform": row.platform, "platform_id": row.platform_id, "url": _cut(row.url),
        "author_id": row.author_id, "kind": row.kind or "post", "text": row.text, "language": row.language,
        "created_at": row.created_at, "edited_at": row.edited_at, "hashtags": row.hashtags or (),
        "mentions": row.mentions or (), "links": row.links or (), "media": row.media or (),
        "in_reply_to": row.in_reply_to, "is_sensitive": row.is_sensitive, "paid_partnership": row.paid_partnership,
        "sponsorship_labels": row.sponsorship_labels or (), "counts": counts_of(Engagement, row),
        "observed_at": row.observed_at, "expires_at": row.expires_at,
    })  # fmt: skip


def contact_routes(row: Any) -> tuple[ContactRoute, ...]:  # noqa: ANN401  # a row with a creator's columns
    """What the profile offers to reach its owner by."""
    return routes_of(
        bio=row.bio_text, website=row.website, links=row.links, source=row.platform, url=row.url,
        observed_at=row.observed_at, takes_messages=row.takes_messages,
    )  # fmt: skip


def counts_of(kind: type[Counts], row: Any) -> Counts:  # noqa: ANN401  # rows of creators and posts
    """Counts by name: known ones, and for the others the reason of their absence."""
    names = kind.model_fields
    withheld = {name: {**value, "value": None} for name, value in row.withheld.items() if name in names}
    return kind.model_validate({**withheld, **{name: value for name, value in row.counts.items() if name in names}})


def _cut(text: str | None, longest: int = 1_000) -> str | None:
    return text[:longest] if text else None
