"""A WordPress blog: its feed, its API of comments and its feed of them."""

from typing import ClassVar

import httpx

from services.discovery.references import pack
from tests.contracts.platforms.world import World
from tests.services.discovery.connectors.blog_sites import FEED, GUID, SITE, item, rss

API = f"{SITE}/wp-json/wp/v2"
COMMENTS = f"{SITE}/hill-12/feed/"


class Blogs(World):
    """A site without rules for robots."""

    account: ClassVar[str] = FEED
    post: ClassVar[str] = pack(GUID, FEED, COMMENTS, API, "12")
    lists: ClassVar[frozenset[str]] = frozenset({"comments_with_authors"})
    paged: ClassVar[frozenset[str]] = frozenset({"author_feed_with_counts"})

    def post_id(self, number: int) -> str:
        return f"{SITE}/?p={number}"

    def account_id(self, number: int) -> str:
        return f"{SITE}/feed-{number}"

    def aside(self, request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(404) if request.url.path == "/robots.txt" else None

    def page(self, request: httpx.Request, cursor: str | None) -> httpx.Response:
        path = request.url.path
        if path.startswith("/wp-json/"):
            comments = [
                {"id": number, "author_name": f"Name {number}", "content": {"rendered": "<p>Yes</p>"}, "parent": 0}
                for number in self.items
            ]
            return httpx.Response(200, json=comments, headers={"X-WP-TotalPages": "1"})
        if path.startswith("/feed-") and int(path.removeprefix("/feed-")) not in self.items:
            return httpx.Response(410)
        older = f'<atom:link rel="next" href="{SITE}/page/{cursor}/"/>' if cursor else ""
        counted = "" if self.counters is None else str(self.counters)
        feed = rss(*(item(number, slash__comments=counted) for number in self.items), more=older)
        return httpx.Response(200, content=feed, headers={"Content-Type": "application/xml"})
