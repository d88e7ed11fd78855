"""A Mastodon server, its answers checked against the documented fields."""

from typing import Any, ClassVar

import httpx

from tests.contracts.platforms.world import World, at
from tests.services.discovery.connectors import fediverse_answers as answers
from tests.services.discovery.connectors.fediverse_answers import OWN


class Mastodon(World):
    """One server that is read with a token."""

    options: ClassVar[dict[str, str]] = {"servers": OWN, "access_tokens": f"{OWN}=a-token"}
    secret: ClassVar[str] = "a-token"
    account: ClassVar[str] = f"alice@{OWN}"
    post: ClassVar[str] = answers.uri("9")
    paged: ClassVar[frozenset[str]] = frozenset(
        {"hashtag_search", "author_feed_with_counts", "quotes", "likers_reposters_quotes", "followers_list"}
    )
    lists: ClassVar[frozenset[str]] = frozenset({"hashtag_search", "quotes", "likers_reposters_quotes", "posts"})

    def post_id(self, number: int) -> str:
        return answers.uri(str(number))

    def account_id(self, number: int) -> str:
        return f"name{number}@{OWN}"

    def aside(self, request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(404) if request.url.path == "/.well-known/nodeinfo" else None

    def page(self, request: httpx.Request, cursor: str | None) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1/")
        asked = request.url.params.get_list("id[]")
        if path == "accounts/lookup":
            name = request.url.params["acct"]
            known = name == "alice" or name in [f"name{number}" for number in self.items]
            return httpx.Response(200, json=self._account(name)) if known else httpx.Response(404, json={"error": ""})
        if path == "statuses":
            return self._list([self._status(one) for one in self.items if str(one) in asked], None)
        if path.endswith("/context"):
            replies = [self._status(one, in_reply_to_id="9") for one in self.items]
            return httpx.Response(200, json=answers.context(*replies))
        if path.startswith("timelines/tag/") or path.endswith(("/statuses", "/quotes")):
            return self._list([self._status(one) for one in self.items], cursor)
        assert path.endswith(("/favourited_by", "/reblogged_by", "/followers")), path
        return self._list([self._account(f"name{one}") for one in self.items], cursor)

    def _list(self, body: list[dict[str, Any]], cursor: str | None) -> httpx.Response:
        link = {"Link": f'<https://{OWN}/page?max_id={cursor}>; rel="next"'} if cursor else {}
        return httpx.Response(200, json=body, headers=link)

    def _account(self, name: str) -> dict[str, Any]:
        return self._counted(answers.account(name), "followers_count", "following_count", "statuses_count")

    def _status(self, number: int, **more: Any) -> dict[str, Any]:
        by = self._account("alice")
        found = answers.status(str(number), "TrailRunning", by=by, created_at=at(number), **more)
        return self._counted(found, "replies_count", "reblogs_count", "favourites_count")

    def _counted(self, source: dict[str, Any], *names: str) -> dict[str, Any]:
        if self.counters is None:
            return {name: value for name, value in source.items() if name not in names}
        return source | dict.fromkeys(names, self.counters)
