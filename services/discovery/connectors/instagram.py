"""Instagram through Meta's Graph API: described, not called. Its hashtag search never names an author."""

from datetime import timedelta
from typing import ClassVar

from services.discovery.connector import QuotaRule, offer
from services.discovery.declared import DeclaredConnector, not_offered
from services.discovery.resets import Rolling, RollingKeys
from shared.schemas.platforms import Capability, PermittedUse, Support

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class InstagramConnector(DeclaredConnector):
    """What Meta admits an approved app to, and what that takes."""

    name: ClassVar[str] = "Instagram"
    permitted_uses: ClassVar[tuple[PermittedUse, ...]] = (
        PermittedUse.AGGREGATE_ANALYTICS,
        PermittedUse.OWN_ACCOUNTS,
    )
    terms_url: ClassVar[str | None] = "https://developers.facebook.com/terms/"
    notes: ClassVar[tuple[str, ...]] = (
        "public content is for own hashtag campaigns and de-identified, aggregated analytics, not for single profiles",
        "creators are found through the Creator Marketplace API, by brands that were admitted to it",
        "data is not sold, licensed or bought, also not what was derived from it; it goes when it is no longer needed",
        "posts, stories and numbers can be entered by hand",
    )
    required: ClassVar[tuple[str, ...]] = (
        "a Business or Creator account that is linked to a Facebook Page",
        "Meta's App Review, for hashtags with the feature Instagram Public Content Access",
        "for the Creator Marketplace: a brand that was onboarded, and advanced access",
        "a login of the account's owner; consumer accounts are never readable",
    )
    refusal: ClassVar[str] = "Meta's App Review is needed, and this connector makes no calls yet"
    published: ClassVar[tuple[QuotaRule, ...]] = (
        QuotaRule(
            bucket="hashtags",
            unit="hashtag",
            limit=30,
            reset=RollingKeys(timedelta(days=7)),
            note="different ones per account in 7 days; asking the same one again is free and prolongs nothing",
        ),
        QuotaRule(
            bucket="platform",
            unit="call",
            limit=200,
            reset=Rolling(HOUR),
            note="times the app's users; hashtag search and business discovery",
        ),
        QuotaRule(
            bucket="business",
            unit="call",
            limit=None,
            reset=Rolling(DAY),
            note="4,800 times the account's impressions in 24 hours; headers tell what is used in percent",
        ),
        QuotaRule(bucket="marketplace", unit="query", limit=1_000, reset=Rolling(HOUR), note="per user"),
    )
    offers: ClassVar[tuple[Capability, ...]] = (
        offer(
            "hashtag_search",
            Support.PARTIAL,
            "GET /ig_hashtag_search?user_id&q then /{hashtag-id}/recent_media|top_media?user_id&fields",
            "30 unique hashtags/rolling 7 days/account; recent = last 24h; limit 50; BUC 4800*impressions/24h; "
            "App Review Public Content Access",
            "it shows media without their authors",
        ),
        offer("hashtag_author", Support.NO, reason="username/owner cannot be requested on hashtag media"),
        offer(
            "comments_with_authors",
            Support.PARTIAL,
            "GET /{ig-media-id}/comments?fields=id text timestamp username from like_count replies",
            "only media of the app user (or mentioned_*)",
            "only under the media of the account that logged in, or where it is mentioned",
        ),
        offer(
            "profile_followers_count",
            Support.PARTIAL,
            "GET /{ig-user-id}?fields=business_discovery.username(x){followers_count media_count biography website}",
            "professional accounts only; age-gated excluded; exact username needed",
            "only professional accounts, by their exact names",
        ),
        offer(
            "author_feed_with_counts",
            Support.PARTIAL,
            "business_discovery.username(x){media.limit(25){id caption like_count comments_count timestamp permalink "
            "media_type}}",
            "like_count omitted when hidden",
            "only of professional accounts; owners may hide their likes",
        ),
        offer(
            "creator_marketplace",
            Support.PARTIAL,
            "GET /{ig-user-id}/creator_marketplace_creators?query&creator_min_followers..&similar_to_creators",
            "brand must be onboarded; advanced access; 1000 queries/user/hour (2026-03-30)",
            "only for brands that were admitted",
        ),
        offer("followers_list", Support.NO, reason="not available"),
        *not_offered("posts", reason="media of others are seen through their account's feed only"),
        *not_offered("mentions", reason="only the account that logged in sees where it is mentioned"),
        *not_offered("quotes", "likers_reposters_quotes", "hashtag_stream"),
    )
