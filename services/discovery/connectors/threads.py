"""Threads through Meta's API: described, not called."""

from datetime import timedelta
from typing import ClassVar

from services.discovery.connector import QuotaRule, offer
from services.discovery.declared import DeclaredConnector, not_offered
from services.discovery.resets import Rolling
from shared.schemas.platforms import Capability, PermittedUse, Support

DAY = timedelta(days=1)


class ThreadsConnector(DeclaredConnector):
    """What Meta admits an approved app to, and what that takes."""

    name: ClassVar[str] = "Threads"
    permitted_uses: ClassVar[tuple[PermittedUse, ...]] = (
        PermittedUse.AGGREGATE_ANALYTICS,
        PermittedUse.OWN_ACCOUNTS,
    )
    terms_url: ClassVar[str | None] = "https://developers.facebook.com/terms/"
    notes: ClassVar[tuple[str, ...]] = (
        "the numbers under other people's posts are not permitted to be read",
        "sensitive words are answered with an empty list, which says nothing",
        "a post has one topic tag, of 1 to 50 characters without '.' and '&'",
        "data is not sold, licensed or bought; it goes when it is no longer needed",
    )
    required: ClassVar[tuple[str, ...]] = (
        "a login of a Threads user, renewed every 60 days",
        "Meta's App Review for keyword search, profile discovery and replies; without it one's own posts are searched",
    )
    refusal: ClassVar[str] = "Meta's App Review is needed, and this connector makes no calls yet"
    published: ClassVar[tuple[QuotaRule, ...]] = (
        QuotaRule(
            bucket="searches",
            unit="query",
            limit=2_200,
            reset=Rolling(DAY, free_when_empty=True),
            note="per user over all apps; answers without a result do not count",
        ),
        QuotaRule(
            bucket="calls",
            unit="call",
            limit=None,
            reset=Rolling(DAY),
            note="4,800 times the user's impressions in 24 hours",
        ),
    )
    offers: ClassVar[tuple[Capability, ...]] = (
        offer(
            "hashtag_search",
            Support.PARTIAL,
            "GET /keyword_search?q&search_mode=TAG&search_type=RECENT&since&until&limit<=100",
            "2200 queries/24h/user across apps (empty results free); App Review; one topic tag per post",
            "without approval only one's own posts are searched",
        ),
        offer(
            "comments_with_authors",
            Support.PARTIAL,
            "GET /{media-id}/replies | /conversation",
            "documented for the user's own threads; no like counts",
            "only under the posts of the user who logged in",
        ),
        offer(
            "profile_followers_count",
            Support.PARTIAL,
            "GET /profile_lookup?username= (threads_profile_discovery)",
            "standard access: only official Meta accounts; advanced: public >=100 followers (secondary source)",
            "only public accounts, by their exact names",
        ),
        offer(
            "author_feed_with_counts",
            Support.PARTIAL,
            "GET /profile_posts?username=&fields=",
            "no like/reply/view counts for other people's posts",
            "without any numbers",
        ),
        offer("engagement_counts_of_others", Support.NO, reason="insights only for own posts"),
        *not_offered("posts", "mentions", "quotes", "likers_reposters_quotes", "followers_list", "hashtag_stream"),
    )
