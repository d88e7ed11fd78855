"""Evidence bundles of a page of candidates: profile, posts, sampled comments, commenters as keyed pseudonyms."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.searches import evidence_sql as sql
from services.discovery.searches import provenance, repository
from services.discovery.searches.references import parse
from services.discovery.searches.repository import CandidateRow, SearchRow
from services.discovery.searches.wire import CREATORS, counts_of, creator_of
from services.discovery.settings import DiscoverySettings
from shared.kit.runtime import Runtime
from shared.schemas.base import Count, CountState
from shared.schemas.brief import Brief
from shared.schemas.creators import CreatorCounts, CreatorProfile
from shared.schemas.evidence import (
    SELF,
    BrandMention,
    Commenter,
    EvidenceBundle,
    EvidencePost,
    EvidenceSource,
    Interaction,
    MentionKind,
    OwnCommenting,
    SampledComment,
    Sampling,
    bundle_bytes,
)
from shared.schemas.posts import Engagement
from shared.schemas.searches import Provenance

METHOD = (
    f"the {sql.POSTS} newest posts that were read; of the comments read under them at most {sql.COMMENTS}, "
    "chosen by a hash of their identifiers"
)
EXCERPT = 120


@dataclass
class _Page:
    """What the database knows of a page of candidates."""

    creators: dict[UUID, Any]
    posts: dict[UUID, list[Any]]
    comments: dict[UUID, list[Any]]
    commenters: dict[UUID, list[Any]]
    people: dict[UUID, Any]
    everywhere: dict[UUID, Any]
    between: dict[UUID, list[Any]]
    candidates: set[UUID]
    complete: set[UUID]
    provenances: dict[UUID, Provenance]
    pseudonyms: dict[UUID, str] = field(default_factory=dict)


async def lines(
    session: AsyncSession, *, runtime: Runtime, row: SearchRow, candidates: Sequence[CandidateRow]
) -> list[bytes]:
    """The bundles in the candidates' order, each as one line of JSON."""
    page = await _read(session, row, candidates)
    for one in page.people:
        page.pseudonyms[one] = runtime.secrets.digest("commenter", f"{row.workspace_id}:{one}")
    settings = runtime.settings
    days = settings.evidence_days if isinstance(settings, DiscoverySettings) else 30
    return [bundle_bytes(_bundle(page, row, one, days)) for one in candidates if one.creator_id in page.creators]


def _grouped(rows: Sequence[Any], key: str) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found


async def _read(session: AsyncSession, row: SearchRow, candidates: Sequence[CandidateRow]) -> _Page:
    ids = [one.creator_id for one in candidates]
    workspace = {"workspace_id": row.workspace_id}
    search = {**workspace, "search_id": row.id}
    posts = await repository.rows_of(session, sql.NEWEST_POSTS, {**workspace, "ids": ids})
    under = {**workspace, "posts": [one.id for one in posts]}
    comments = await repository.rows_of(session, sql.SAMPLED_COMMENTS, under)
    sampled = {(one.creator_id, one.author_id) for one in comments if one.author_id is not None}
    commenters = [
        one
        for one in await repository.rows_of(session, sql.COMMENTERS, under)
        if (one.creator_id, one.author_id) in sampled
    ]
    people = list({one.author_id for one in commenters} | set(ids))
    everybody = {**workspace, "ids": people}
    creators = {one.id: one for one in await repository.rows_of(session, CREATORS, {**workspace, "ids": ids})}
    return _Page(
        creators=creators,
        posts=_grouped(posts, "author_id"),
        comments=_grouped(comments, "creator_id"),
        commenters=_grouped(commenters, "creator_id"),
        people={one.id: one for one in await repository.rows_of(session, sql.PEOPLE, everybody)},
        everywhere={one.author_id: one for one in await repository.rows_of(session, sql.EVERYWHERE, everybody)},
        between=_grouped(await repository.rows_of(session, sql.BETWEEN, everybody), "source"),
        candidates={
            one.creator_id for one in await repository.rows_of(session, sql.CANDIDATES_AMONG, {**search, "ids": people})
        },
        complete={
            one.creator_id for one in await repository.rows_of(session, sql.FEEDS_COMPLETE, {**search, "ids": ids})
        },
        provenances=await provenance.told(
            session,
            workspace_id=row.workspace_id,
            rows=candidates,
            platforms={one.id: one.platform for one in creators.values()},
        ),
    )


def _bundle(page: _Page, row: SearchRow, candidate: CandidateRow, days: int) -> EvidenceBundle:
    own = candidate.creator_id
    stored = page.creators[own]
    creator = creator_of(stored)
    posts = page.posts.get(own, [])
    comments = _comments(page, own)
    seen = page.commenters.get(own, [])
    since = max(stored.observed_at, row.started_at or stored.observed_at)
    expires_at = min(since + timedelta(days=days), stored.expires_at or datetime.max.replace(tzinfo=since.tzinfo))
    elsewhere = page.everywhere.get(own)
    return EvidenceBundle(
        search_id=row.id,
        creator=CreatorProfile.model_validate(creator.model_dump()),
        provenance=page.provenances[own],
        observed_at=stored.observed_at,
        expires_at=expires_at,
        sources=(
            EvidenceSource(
                platform=stored.platform, source=stored.source, fetched_at=stored.observed_at,
                expires_at=stored.expires_at,
            ),
        ),
        posts=tuple(_post(one) for one in posts),
        comments=tuple(comments),
        commenters=tuple(_commenter(page, own, one) for one in seen if one.author_id in page.people),
        interactions=tuple(_interactions(page, own, seen)),
        mentions=tuple(_mentions(Brief.model_validate(row.brief), posts)),
        own_commenting=OwnCommenting(
            comments=elsewhere.comments, creators=elsewhere.creators, last_at=elsewhere.last_at
        ) if elsewhere else None,
        sampling=_sampling(page, own, posts, comments, seen),
    )  # fmt: skip


def _post(row: Any) -> EvidencePost:  # noqa: ANN401  # a row
    return EvidencePost.model_validate({
        "id": row.id, "platform_id": row.platform_id, "url": row.url[:1_000] if row.url else None,
        "kind": row.kind or "post", "text": row.text, "language": row.language, "created_at": row.created_at,
        "edited_at": row.edited_at, "hashtags": row.hashtags or (), "mentions": row.mentions or (),
        "links": row.links or (), "media": row.media or (), "is_sensitive": row.is_sensitive,
        "paid_partnership": row.paid_partnership, "sponsorship_labels": row.sponsorship_labels or (),
        "counts": counts_of(Engagement, row), "observed_at": row.observed_at,
    })  # fmt: skip


def _comments(page: _Page, own: UUID) -> list[SampledComment]:
    rows = [one for one in page.comments.get(own, []) if one.author_id == own or one.author_id in page.people]
    place = {one.platform_id: number for number, one in enumerate(rows)}
    replied: dict[str, datetime] = {}
    for one in rows:
        if one.author_id == own and one.parent_id and one.created_at is not None:
            replied[one.parent_id] = min(replied.get(one.parent_id, one.created_at), one.created_at)
    return [
        SampledComment(
            post_id=one.post_id, commenter=SELF if one.author_id == own else page.pseudonyms[one.author_id],
            text=one.text, language=one.language, created_at=one.created_at,
            parent=place.get(one.parent_id) if one.parent_id else None, is_reply_by_creator=one.author_id == own,
            creator_replied_at=replied.get(one.platform_id),
            likes=Count.of(one.likes) if one.likes_state is None
            else Count(value=one.likes, state=CountState(one.likes_state)),
        )
        for one in rows
    ]  # fmt: skip


def _commenter(page: _Page, own: UUID, row: Any) -> Commenter:  # noqa: ANN401  # a row
    person = page.people[row.author_id]
    counts: CreatorCounts = counts_of(CreatorCounts, person)
    everywhere = page.everywhere.get(row.author_id)
    back = [one.comments for one in page.between.get(own, []) if one.target == row.author_id]
    return Commenter(
        pseudonym=page.pseudonyms[row.author_id],
        creator_id=row.author_id if row.author_id in page.candidates else None,
        comments_here=row.comments, posts_seen=row.posts,
        comments_everywhere=everywhere.comments if everywhere else None,
        creators_commented=everywhere.creators if everywhere else None,
        first_at=row.first_at, last_at=row.last_at, account_created_at=person.account_created_at,
        followers=counts.followers, following=counts.following, posts=counts.posts,
        has_avatar=None if person.stub else bool(person.avatar_url),
        has_bio=None if person.stub else bool(person.bio_text),
        is_bot=person.is_bot, language=person.language, country=person.country,
        place=person.place[:200] if person.place else None, creator_commented_back=sum(back),
    )  # fmt: skip


def _interactions(page: _Page, own: UUID, seen: Sequence[Any]) -> list[Interaction]:
    names = {one.author_id: page.pseudonyms[one.author_id] for one in seen if one.author_id in page.people}
    names[own] = SELF
    found = [
        Interaction(
            source=names[source], target=names[one.target], comments=one.comments, posts=one.posts,
            first_at=one.first_at, last_at=one.last_at,
        )
        for source in names
        for one in page.between.get(source, [])
        if one.target in names
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.source, one.target))


def _mentions(brief: Brief, posts: Sequence[Any]) -> list[BrandMention]:
    """Where the candidate's posts name the brand, its handles and products, or a competitor."""
    terms = [
        (MentionKind.BRAND, brief.brand.name),
        *((MentionKind.HANDLE, parse(handle).name) for handle in brief.brand.handles),
        *((MentionKind.PRODUCT, product) for product in brief.brand.products),
        *((MentionKind.COMPETITOR, competitor) for competitor in brief.brand.competitors),
    ]
    patterns = [(kind, term, re.compile(rf"(?<!\w){re.escape(term)}(?!\w)", re.IGNORECASE)) for kind, term in terms]
    found = []
    for post in posts:
        for kind, term, pattern in patterns:
            match = pattern.search(post.text or "")
            if match is not None:
                start = max(0, match.start() - EXCERPT)
                found.append(
                    BrandMention(
                        kind=kind, term=term[:200], post_id=post.id, created_at=post.created_at,
                        excerpt=post.text[start : match.end() + EXCERPT][:1_000], paid=post.paid_partnership,
                    )
                )  # fmt: skip
    return found


def _sampling(
    page: _Page, own: UUID, posts: Sequence[Any], comments: Sequence[SampledComment], seen: Sequence[Any]
) -> Sampling:
    times = [one.created_at for one in posts if one.created_at is not None]
    counts = [counts_of(Engagement, one).comments.value for one in posts]
    known = [count for count in counts if count is not None]
    existing = Count()
    if known:
        state = CountState.EXACT if len(known) == len(counts) else CountState.LOWER_BOUND
        existing = Count(value=sum(known), state=state)
    rows = page.comments.get(own, [])
    return Sampling(
        window_from=min(times, default=None),
        window_to=max(times, default=None),
        posts_known=posts[0].known if posts else 0,
        posts_included=len(posts),
        posts_complete=True if own in page.complete else None,
        comments_existing=existing,
        comments_known=rows[0].known if rows else 0,
        comments_sampled=len(comments),
        commenters_known=len(seen),
        commenters_sampled=len(seen),
        method=METHOD,
        notes=("followers were not read: commenters are a sample of who talks, not of who follows",),
    )
