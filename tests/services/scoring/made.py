"""Evidence bundles made for tests: every field can be given, all the rest is unknown."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.rules.hashtags import normalise_all
from shared.schemas.base import Count
from shared.schemas.brief import Brief
from shared.schemas.creators import CreatorCounts, CreatorProfile
from shared.schemas.evidence import Commenter, EvidenceBundle, EvidencePost, SampledComment, Sampling
from shared.schemas.posts import Engagement, PostHashtag
from shared.schemas.searches import Provenance

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SEARCH = UUID(int=1)


def brief(**fields: Any) -> Brief:
    return Brief.model_validate(
        {
            "brand": {"name": "Fellside Shoes", "products": ["Fellrunner 3"], "competitors": ["Nordtrail"]},
            "topics": ["trail running"],
            "hashtags": ["trailrunning", "fellrunning"],
            **fields,
        }
    )


def post(
    number: int = 1, text: str | None = "Long trail running day above the valley", *, days_ago: float | None = 3.0,
    tags: Iterable[str] = (), language: str | None = "en", counts: dict[str, int | None] | None = None, **fields: Any,
) -> EvidencePost:  # fmt: skip
    return EvidencePost(
        id=UUID(int=1_000 + number), platform_id=f"p{number}", url=f"https://bsky.app/profile/a/post/{number}",
        text=text, language=language,
        created_at=None if days_ago is None else NOW - timedelta(days=days_ago),
        hashtags=tuple(PostHashtag(display=tag.display, key=tag.key) for tag in normalise_all(tags)),
        counts=engagement(**(counts or {})), observed_at=NOW, **fields,
    )  # fmt: skip


def engagement(**counts: int | None) -> Engagement:
    return Engagement(**{name: Count.of(value) for name, value in counts.items()})


def comment(
    number: int, text: str | None = "Which shoes were these?", *, by: str | None = None, **fields: Any
) -> SampledComment:
    values: dict[str, Any] = {
        "post_id": UUID(int=1_001), "commenter": by or f"c{number}", "text": text, "language": "en",
        "created_at": NOW - timedelta(days=2), **fields,
    }  # fmt: skip
    return SampledComment(**values)


def commenter(name: str, **fields: Any) -> Commenter:
    values: dict[str, Any] = {"pseudonym": name, "comments_here": 1, "posts_seen": 1, **fields}
    return Commenter(**values)


def bundle(
    posts: Sequence[EvidencePost] = (), *, followers: int | None = 8_000, platform: str = "bluesky", number: int = 1,
    comments: Sequence[SampledComment] = (), commenters: Sequence[Commenter] = (), posts_complete: bool | None = None,
    replies_complete: bool | None = None, creator: dict[str, Any] | None = None, **fields: Any,
) -> EvidenceBundle:  # fmt: skip
    return EvidenceBundle(
        search_id=SEARCH,
        creator=CreatorProfile(
            **{
                "id": UUID(int=number), "platform": platform, "platform_id": f"did:plc:{number}",
                "handle": f"runner{number}.example", "counts": CreatorCounts(followers=Count.of(followers)),
                **(creator or {}),
            }
        ),
        provenance=Provenance(),
        observed_at=NOW,
        expires_at=NOW + timedelta(days=36_500),
        posts=tuple(posts),
        comments=tuple(comments),
        commenters=tuple(commenters),
        sampling=Sampling(
            posts_known=len(posts), posts_included=len(posts), posts_complete=posts_complete,
            comments_known=len(comments), comments_sampled=len(comments), commenters_known=len(commenters),
            commenters_sampled=len(commenters), replies_complete=replies_complete, method="made for a test",
        ),
        **fields,
    )  # fmt: skip
