"""Reddit through its Data API: described, not called. It has no hashtags and no dependable followers."""

from datetime import timedelta
from typing import ClassVar

from services.discovery.connector import QuotaRule, offer
from services.discovery.declared import DeclaredConnector, not_offered
from services.discovery.resets import Rolling
from shared.schemas.platforms import Capability, PermittedUse, Support


class RedditConnector(DeclaredConnector):
    """What Reddit approves, and on what terms."""

    name: ClassVar[str] = "Reddit"
    permitted_uses: ClassVar[tuple[PermittedUse, ...]] = ()
    terms_url: ClassVar[str | None] = "https://support.reddithelp.com/hc/en-us/articles/42728983564564"
    notes: ClassVar[tuple[str, ...]] = (
        "no use is permitted before Reddit approved it; commercial uses need an agreement",
        "deleted posts and comments, and all data of deleted accounts, must go",
        "scores are blurred by the platform on purpose",
    )
    required: ClassVar[tuple[str, ...]] = (
        "Reddit's explicit approval of the app and its purpose (Responsible Builder Policy)",
        "for commercial purposes an agreement with Reddit, which may cost money",
        "an OAuth client with a user agent that names the app and its operator",
    )
    refusal: ClassVar[str] = "Reddit's explicit approval is needed, and this connector makes no calls yet"
    published: ClassVar[tuple[QuotaRule, ...]] = (
        QuotaRule(
            bucket="calls",
            unit="call",
            limit=1_000,
            reset=Rolling(timedelta(minutes=10)),
            note="100 a minute per OAuth client, averaged over 10 minutes; headers tell the seconds to the end",
        ),
    )
    offers: ClassVar[tuple[Capability, ...]] = (
        offer("hashtag_search", Support.NO, reason="no hashtags on the platform"),
        offer(
            "keyword_search",
            Support.PARTIAL,
            "GET https://oauth.reddit.com/r/{sub}/search?q&sort=new&restrict_sr&t&limit<=100&after",
            "100 QPM per OAuth client (10-min window); explicit approval; commercial needs contract",
            "by words, within a subreddit",
        ),
        offer(
            "comments_with_authors",
            Support.PARTIAL,
            "GET /comments/{id}?depth&limit&sort + POST/GET /api/morechildren",
            "100 QPM; approval",
            "the rest of a large thread comes 100 comments at a time",
        ),
        offer(
            "profile_followers_count",
            Support.PARTIAL,
            "GET /user/{name}/about",
            "karma yes; follower number not reliable",
            "karma and age, no dependable followers",
        ),
        offer(
            "author_feed_with_counts",
            Support.PARTIAL,
            "GET /user/{name}/submitted?limit<=100&after",
            "score ratio num_comments; listings stop near 1000",
            "the newest 1,000 posts or so",
        ),
        offer("views_shares", Support.NO, reason="not exposed"),
        *not_offered("posts", "mentions", "quotes", "likers_reposters_quotes", "followers_list", "hashtag_stream"),
    )
