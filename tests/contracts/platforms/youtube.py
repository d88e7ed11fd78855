"""The YouTube Data API, its calls and answers checked against its discovery document."""

from typing import Any, ClassVar

import httpx

from tests.contracts.platforms.world import World
from tests.services.discovery.connectors import youtube_answers as answers

KEY = "an-api-key"


class Youtube(World):
    """The API with a key that it accepts."""

    options: ClassVar[dict[str, str]] = {"api_key": KEY}
    secret: ClassVar[str] = KEY
    account: ClassVar[str] = answers.CHANNEL
    post: ClassVar[str] = answers.video_id(9)
    paged: ClassVar[frozenset[str]] = frozenset({"hashtag_search", "comments_with_authors", "author_feed_with_counts"})
    may_lack_lists: ClassVar[bool] = True

    def post_id(self, number: int) -> str:
        return answers.video_id(number)

    def account_id(self, number: int) -> str:
        return f"UC{number:022d}"

    def page(self, request: httpx.Request, cursor: str | None) -> httpx.Response:
        path, params = request.url.path.removeprefix("/youtube/v3/"), request.url.params
        answers.checked_call(path, dict(params))
        return httpx.Response(200, json=answers.checked(path, self._answer(path, params, cursor)))

    def _answer(self, path: str, params: httpx.QueryParams, cursor: str | None) -> dict[str, Any]:
        token = {"nextPageToken": cursor} if cursor else {}
        asked = params.get("id", "").split(",")
        match path:
            case "search":
                return answers.search(self.items) | token
            case "videos":
                return answers.videos(*(self._video(one) for one in self.items if self.post_id(one) in asked))
            case "videos:batchGetStats":
                some = [answers.stats(one) | self._statistics() for one in self.items if self.post_id(one) in asked]
                return answers.batch(*some)
            case "commentThreads":
                return answers.threads(*(self._thread(number) for number in self.items)) | token
            case "playlistItems":
                return answers.playlist(self.items) | token
            case "channels":
                if params["part"] == "contentDetails":
                    return answers.channels(answers.channel())
                known = [one for one in self.items if self.account_id(one) in asked]
                return answers.channels(*(self._channel(self.account_id(one)) for one in known))
        raise AssertionError(path)

    def _statistics(self) -> dict[str, Any]:
        names = ("viewCount", "likeCount", "commentCount")
        return {"statistics": {} if self.counters is None else dict.fromkeys(names, str(self.counters))}

    def _video(self, number: int) -> dict[str, Any]:
        return answers.video(number, **self._statistics())

    def _channel(self, channel_id: str) -> dict[str, Any]:
        names = ("subscriberCount", "videoCount", "viewCount")
        counts = {} if self.counters is None else dict.fromkeys(names, str(self.counters))
        return answers.channel(channel_id) | {"statistics": counts}

    def _thread(self, number: int) -> dict[str, Any]:
        found = answers.thread(number, total=None if self.counters is None else 0)
        snippet = found["snippet"]["topLevelComment"]["snippet"]
        del snippet["likeCount"]
        if self.counters is not None:
            snippet["likeCount"] = self.counters
        return found
