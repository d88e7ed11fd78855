"""X through its API v2: described, not called. Every post and account that it returns costs money."""

from datetime import timedelta
from typing import ClassVar

from services.discovery.connector import QuotaRule, offer
from services.discovery.declared import DeclaredConnector, not_offered
from services.discovery.resets import Budget, Rolling
from shared.schemas.platforms import Capability, PermittedUse, Support

QUARTER = timedelta(minutes=15)


class XConnector(DeclaredConnector):
    """What X sells by pay-per-use, and on what terms."""

    name: ClassVar[str] = "X"
    permitted_uses: ClassVar[tuple[PermittedUse, ...]] = (
        PermittedUse.DISCOVERY,
        PermittedUse.AGGREGATE_ANALYTICS,
        PermittedUse.OWN_ACCOUNTS,
    )
    terms_url: ClassVar[str | None] = "https://developer.x.com/en/developer-terms"
    notes: ClassVar[tuple[str, ...]] = (
        "no profiles or psychographic segments of single people, no sensitive inferences",
        "what was deleted or changed on X is deleted or changed here as soon as possible, at a request within 24 hours",
        "nobody is paid for actions on X, and data trains no foundation model",
        "accounts are matched with identities elsewhere by consent or from public data only",
        "a page of 100 posts with 100 authors costs 1.50 USD at worst; without credit calls are refused",
    )
    required: ClassVar[tuple[str, ...]] = (
        "a developer account with credit: 0.005 USD for a post, 0.010 USD for an account",
        "a budget that a person approved",
    )
    refusal: ClassVar[str] = "it costs money that a person must approve, and this connector makes no calls yet"
    published: ClassVar[tuple[QuotaRule, ...]] = (
        QuotaRule(bucket="searches", unit="call", limit=450, reset=Rolling(QUARTER), note="per app; 300 per user"),
        QuotaRule(bucket="archive", unit="call", limit=300, reset=Rolling(QUARTER), note="per app"),
        QuotaRule(bucket="archive", unit="call", limit=1, reset=Rolling(timedelta(seconds=1)), note="per app"),
        QuotaRule(bucket="users", unit="call", limit=300, reset=Rolling(QUARTER), note="per app"),
        QuotaRule(bucket="timelines", unit="call", limit=10_000, reset=Rolling(QUARTER), note="per app"),
        QuotaRule(bucket="engagement", unit="call", limit=75, reset=Rolling(QUARTER), note="per app"),
        QuotaRule(
            bucket="posts", unit="post", limit=3_000_000, reset=Rolling(timedelta(days=31)), note="read in a month"
        ),
        QuotaRule(
            bucket="money", unit="cent", limit=None, reset=Budget("USD"), note="what a person approved, nothing before"
        ),
    )
    offers: ClassVar[tuple[Capability, ...]] = (
        offer(
            "hashtag_search",
            Support.YES,
            "GET /2/tweets/search/recent (7 days) /search/all?query=%23tag -is:retweet lang:en&max_results&next_token",
            "pay-per-use $0.005/post $0.010/user; 450/15min app 300/15min user; all: 1/s 300/15min; "
            "cap 3M post reads/month",
        ),
        offer(
            "comments_with_authors",
            Support.YES,
            "search query=conversation_id:<id> expansions=author_id",
            "same price; recent = 7 days else search/all",
        ),
        offer(
            "profile_followers_count",
            Support.YES,
            "GET /2/users/by?usernames (100) user.fields=public_metrics",
            "$0.010 per user; 300/15min app",
        ),
        offer(
            "author_feed_with_counts",
            Support.YES,
            "GET /2/users/:id/tweets?exclude=replies retweets&max_results<=100",
            "$0.005 per post; 10000/15min app; newest 3200",
        ),
        offer("views", Support.YES, "public_metrics.impression_count", "included"),
        offer(
            "likers_reposters_quotes",
            Support.PARTIAL,
            "/2/tweets/:id/liking_users (user context; max 100 users ever) /retweeted_by /quote_tweets",
            "75/15min; $0.010 per user",
            "of those who liked a post 100 at most, ever",
        ),
        offer(
            "followers_list",
            Support.PARTIAL,
            "/2/users/:id/followers max_results<=1000",
            "$0.010 per user; 300/15min",
            "each account read costs",
        ),
        *not_offered("posts", "mentions", "quotes", "hashtag_stream", reason="this connector does not describe it"),
    )
