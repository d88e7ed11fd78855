"""What Fediverse servers offer by their documentation: Mastodon's rows, then those of Pixelfed and GoToSocial."""

from services.discovery.connector import offer
from shared.schemas.platforms import Capability, Support

ONE_VIEW = "each server shows what it knows, and nobody knows all"

OFFERS: tuple[Capability, ...] = (
    offer(
        "hashtag_search",
        Support.PARTIAL,
        "GET /api/v1/timelines/tag/:hashtag?any[]&all[]&none[]&local&remote&only_media&limit<=40&max_id",
        "300 req/5min per IP or token; paging requests 300/15min; per-server view; may need user token (401)",
        ONE_VIEW,
    ),
    offer(
        "hashtag_stream",
        Support.PARTIAL,
        "GET /api/v1/streaming/hashtag?tag=",
        "user token + read:statuses since 4.2.0",
        "servers stream to user tokens only",
    ),
    offer(
        "comments_with_authors",
        Support.PARTIAL,
        "GET /api/v1/statuses/:id/context",
        "unauth 40 ancestors/60 descendants/depth 20; user token 4096/4096; only replies known to that server",
        "a server shows the answers that reached it, without a token 60 of them",
    ),
    offer(
        "profile_followers_count",
        Support.YES,
        "GET /api/v1/accounts/:id ; /api/v1/accounts/lookup?acct= ; /api/v1/accounts?id[]= (4.3+)",
        "300/5min",
        "of other servers' accounts a server knows at least so many followers",
    ),
    offer(
        "author_feed_with_counts",
        Support.YES,
        "GET /api/v1/accounts/:id/statuses?exclude_replies&exclude_reblogs&only_media&tagged&limit<=40",
        "300/5min; favourites/reblogs/replies(+quotes 4.5)",
    ),
    offer("views", Support.NO, reason="no field"),
    offer(
        "likers_reposters_quotes",
        Support.YES,
        "/statuses/:id/favourited_by /reblogged_by /quotes limit<=80 Link header",
        "300/5min; server-local knowledge",
    ),
    offer(
        "followers_list",
        Support.PARTIAL,
        "/accounts/:id/followers limit<=80 Link header",
        "empty when hide_collections; remote accounts partial",
        "accounts may hide their followers, and of other servers' accounts a server knows a part",
    ),
    offer(
        "posts",
        Support.YES,
        "GET /api/v1/statuses?id[]= (4.3+)",
        "300/5min",
        "posts of servers that are not read are asked about by reference, or with a token",
    ),
    offer("quotes", Support.PARTIAL, "GET /api/v1/statuses/:id/quotes (4.5+)", "300/5min", "newer servers only"),
    offer("mentions", Support.NO, reason="servers tell an account's mentions to that account only"),
    offer(
        "pixelfed_hashtag_search",
        Support.PARTIAL,
        "GET /api/v1/timelines/tag/{hashtag}?limit<=40&min_id|max_id",
        "user OAuth token mandatory; no Link header; ids older than 6 months -> []; only_media default true",
        "with a user token, the newest 100 posts",
    ),
    offer(
        "pixelfed_comments_with_authors",
        Support.PARTIAL,
        "GET /api/v1/statuses/{id}/context",
        "token; first 20 direct replies only; unordered",
        "with a user token, the first 20 direct answers",
    ),
    offer("pixelfed_profile_followers_count", Support.YES, "GET /api/v1/accounts/{id}", "token"),
    offer(
        "pixelfed_author_feed_with_counts",
        Support.YES,
        "GET /api/v1/accounts/{id}/statuses",
        "token; replies and reblogs excluded",
    ),
    offer(
        "gotosocial_hashtag_search",
        Support.PARTIAL,
        "GET /api/v1/timelines/tag/{tag_name}",
        "user token; 300/5min/IP; 503 + Retry-After: 30 when throttled",
        "with a user token",
    ),
)
