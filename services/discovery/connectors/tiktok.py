"""TikTok through its Research and Display APIs: described, not called. Commercial users are admitted to the second."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

from services.discovery.connector import QuotaRule, offer
from services.discovery.declared import DeclaredConnector, not_offered
from services.discovery.resets import DayBoundary, Rolling
from shared.schemas.platforms import Capability, PermittedUse, Support

RESEARCHERS_ONLY = "for academic and non-profit research only"


class TiktokConnector(DeclaredConnector):
    """What TikTok tells researchers, and what it tells a creator about the own account."""

    name: ClassVar[str] = "TikTok"
    permitted_uses: ClassVar[tuple[PermittedUse, ...]] = (PermittedUse.OWN_ACCOUNTS,)
    retain_days: ClassVar[int | None] = 15
    terms_url: ClassVar[str | None] = "https://www.tiktok.com/legal/page/global/terms-of-service-research-api/en"
    notes: ClassVar[tuple[str, ...]] = (
        "who comments is told to nobody: comments come without their authors",
        "research data is refreshed every 15 days, and what was removed is deleted",
        "creators can take part by their own login, which shows their own profile and videos",
        "posts and numbers can be entered by hand",
    )
    required: ClassVar[tuple[str, ...]] = (
        "for the Research API: an academic or non-profit institution; commercial users are not eligible",
        "for the Display API: the consent of each creator, by a login",
    )
    refusal: ClassVar[str] = "TikTok admits no commercial users to its Research API, and this connector makes no calls"
    by_token: ClassVar[Mapping[str, str]] = {
        "display_own_profile_and_videos": "each creator must log in, and this connector makes no calls yet"
    }
    published: ClassVar[tuple[QuotaRule, ...]] = (
        QuotaRule(bucket="research", unit="call", limit=1_000, reset=DayBoundary("UTC"), note="per project"),
        QuotaRule(bucket="records", unit="record", limit=100_000, reset=DayBoundary("UTC"), note="per project"),
        QuotaRule(bucket="followers", unit="call", limit=20_000, reset=DayBoundary("UTC"), note="2,000,000 records"),
        QuotaRule(bucket="display", unit="call", limit=600, reset=Rolling(timedelta(minutes=1)), note="per endpoint"),
    )
    offers: ClassVar[tuple[Capability, ...]] = (
        offer(
            "hashtag_search",
            Support.PARTIAL,
            "POST /v2/research/video/query/ {query:{and:[{operation:EQ field_name:hashtag_name}]}}",
            "1000 requests & 100000 records/day UTC; window <=30 days; academic/non-profit only",
            RESEARCHERS_ONLY,
        ),
        offer(
            "comments_with_authors",
            Support.NO,
            "POST /v2/research/video/comment/list/ (comments yes; author field does not exist)",
            "max_count<=100; same quota",
            "comments come without their authors",
        ),
        offer(
            "profile_followers_count",
            Support.PARTIAL,
            "POST /v2/research/user/info/ {username}",
            "eligibility: not for commercial users",
            RESEARCHERS_ONLY,
        ),
        offer(
            "author_feed_with_counts",
            Support.PARTIAL,
            "POST /v2/research/video/query/ with username EQ",
            "views likes comments shares favorites; eligibility",
            RESEARCHERS_ONLY,
        ),
        offer(
            "followers_list",
            Support.PARTIAL,
            "POST /v2/research/user/followers/",
            "20000 calls & 2M records/day; eligibility",
            RESEARCHERS_ONLY,
        ),
        offer(
            "display_own_profile_and_videos",
            Support.PARTIAL,
            "GET /v2/user/info/ ; POST /v2/video/list/ (max_count 20) ; /v2/video/query/",
            "600 req/min per endpoint; only the creator who logged in",
            "only the own account of each creator who logs in",
        ),
        offer("display_hashtag_search", Support.NO, reason="not available"),
        *not_offered("posts", "mentions", "quotes", "likers_reposters_quotes", "hashtag_stream"),
    )
