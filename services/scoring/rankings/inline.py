"""Creators given inline, as evidence bundles: the same criteria read them as read what discovery found."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.rules.hashtags import extract, normalise_all
from shared.schemas.audience_reports import AudienceReport
from shared.schemas.base import Count
from shared.schemas.creators import CreatorCounts, CreatorProfile
from shared.schemas.evidence import Commenter, EvidenceBundle, EvidencePost, EvidenceSource, SampledComment, Sampling
from shared.schemas.imports import CommentLine, CreatorLine, PostLine
from shared.schemas.posts import Engagement, HashtagSource, PostHashtag, PostMention
from shared.schemas.scores import InlineCreatorCreate
from shared.schemas.searches import Provenance

# A bundle that is not stored; it is over when the answer is.
LIFETIME = timedelta(hours=1)
_SEARCH = UUID(int=0)

Pseudonym = Callable[[str], str]


def _id(kind: str, platform: str, platform_id: str) -> UUID:
    """The same creator or post given twice has the same identifier."""
    return uuid5(NAMESPACE_URL, f"{kind}:{platform}:{platform_id}")


def bundle_of(given: InlineCreatorCreate, *, as_of: datetime, pseudonym: Pseudonym) -> EvidenceBundle:
    """The evidence bundle of one inline creator; `pseudonym` hides who commented. Pure but for it."""
    line = given.creator
    posts = [_post(post, as_of) for post in given.posts if post.author_id == line.platform_id]
    ids = {post.platform_id: post.id for post in posts}
    comments = _comments(given.comments, line, ids, pseudonym)
    commenters = _commenters([comment for comment in comments if not comment.is_reply_by_creator])
    return EvidenceBundle(
        search_id=_SEARCH,
        creator=_creator(line),
        provenance=Provenance(),
        observed_at=as_of,
        expires_at=as_of + LIFETIME,
        sources=(EvidenceSource(platform=line.platform, source="request", fetched_at=as_of),),
        posts=tuple(posts),
        comments=tuple(comments),
        commenters=tuple(commenters),
        audience_reports=tuple(
            AudienceReport(**report.model_dump(), received_at=as_of) for report in given.audience_reports
        ),
        sampling=Sampling(
            posts_known=len(posts), posts_included=len(posts), posts_complete=given.posts_complete,
            comments_known=len(comments), comments_sampled=len(comments), commenters_known=len(commenters),
            commenters_sampled=len(commenters), method="given inline",
        ),
    )  # fmt: skip


def _creator(line: CreatorLine) -> CreatorProfile:
    return CreatorProfile(
        id=_id("creator", line.platform, line.platform_id), platform=line.platform, platform_id=line.platform_id,
        handle=line.handle, display_name=line.display_name, url=line.url, bio_text=line.bio_text,
        avatar_url=line.avatar_url, website=line.website, language=line.language, country=line.country,
        place=line.place, created_at=line.created_at, is_bot=line.is_bot, is_verified=line.is_verified,
        account_kind=line.account_kind,
        counts=CreatorCounts(
            followers=line.followers, following=line.following, posts=line.posts, total_likes=line.total_likes,
            total_views=line.total_views,
        ),
    )  # fmt: skip


def _post(line: PostLine, as_of: datetime) -> EvidencePost:
    tags = normalise_all(line.hashtags)
    source = HashtagSource.FIELD
    if not tags and line.text:
        tags, source = extract(line.text[:20_000], platform=line.platform), HashtagSource.TEXT
    return EvidencePost(
        id=_id("post", line.platform, line.platform_id), platform_id=line.platform_id, url=line.url,
        kind=line.post_kind, text=line.text, language=line.language, created_at=line.created_at,
        hashtags=tuple(PostHashtag(display=tag.display, key=tag.key, source=source) for tag in tags),
        mentions=tuple(PostMention(handle=handle) for handle in line.mentions), links=line.links,
        paid_partnership=line.paid_partnership, sponsorship_labels=line.sponsorship_labels,
        counts=Engagement(
            likes=line.likes, comments=line.comments, shares=line.shares, reposts=line.reposts, quotes=line.quotes,
            saves=line.saves, views=line.views, score=line.score,
        ),
        observed_at=line.observed_at or as_of,
    )  # fmt: skip


def _comments(
    lines: Sequence[CommentLine], creator: CreatorLine, posts: dict[str, UUID], pseudonym: Pseudonym
) -> list[SampledComment]:
    kept = [line for line in lines if line.post_id in posts]
    positions = {line.platform_id: index for index, line in enumerate(kept) if line.platform_id is not None}
    answered: dict[str, datetime] = {}
    for line in kept:
        if line.author_id == creator.platform_id and line.parent_id is not None and line.created_at is not None:
            answered[line.parent_id] = min(answered.get(line.parent_id, line.created_at), line.created_at)
    return [
        SampledComment(
            post_id=posts[line.post_id], commenter=pseudonym(f"{line.platform}:{line.author_id}"), text=line.text,
            language=line.language, created_at=line.created_at,
            parent=positions.get(line.parent_id) if line.parent_id is not None else None,
            is_reply_by_creator=line.author_id == creator.platform_id,
            creator_replied_at=answered.get(line.platform_id) if line.platform_id is not None else None,
            likes=line.likes,
        )
        for line in kept
    ]  # fmt: skip


def _commenters(comments: Sequence[SampledComment]) -> list[Commenter]:
    by_name: dict[str, list[SampledComment]] = defaultdict(list)
    for comment in comments:
        by_name[comment.commenter].append(comment)
    return [
        Commenter(
            pseudonym=name,
            comments_here=len(mine),
            posts_seen=len({comment.post_id for comment in mine}),
            first_at=min((one.created_at for one in mine if one.created_at is not None), default=None),
            last_at=max((one.created_at for one in mine if one.created_at is not None), default=None),
            followers=Count(),
        )
        for name, mine in by_name.items()
    ]
