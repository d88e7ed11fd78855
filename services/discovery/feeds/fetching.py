"""Fetches feeds politely: robots.txt, validators, redirects one by one, and what each status means."""

import json
from collections import OrderedDict
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from services.discovery.connector import PlatformFault, Unsupported
from services.discovery.feeds.robots import Robots
from services.discovery.html_text import web_address
from services.discovery.platform_http import PlatformHttp
from services.discovery.records import Origin
from shared.kit.http import HttpResponse

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/json;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.9, text/html;q=0.5"
)
LONGEST_FEED = 3_000_000
"""Bytes; the parser needs some four seconds for so much."""
MOST_REDIRECTS = 5
REMEMBERED = 200
_MOVES = frozenset({301, 302, 303, 307, 308})
_FOR_GOOD = frozenset({301, 308})
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document: where it came from in the end, the address it has `moved_to` for good, and its bytes.

    `unchanged`: the site said that it is what it was when last fetched here.
    """

    url: str
    moved_to: str | None
    content: bytes
    content_type: str
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    etag: str | None
    modified: str | None
    document: Fetched


class Fetcher:
    """Fetches for one connector; remembers the validators and bytes of the documents read last."""

    def __init__(self, http: PlatformHttp) -> None:
        self.http = http
        self._robots = Robots(http)
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def origin(self, endpoint: str) -> Origin:
        """Where and when what is read now was read."""
        return Origin(self.http.platform, endpoint, self.http.clock())

    async def fetch(self, url: str, *, endpoint: str) -> Fetched:
        """A document. Raises NotFound for 404 and 410, NotPermitted where robots.txt or the guard forbids it."""
        kept = self._kept.get(url)
        headers = {"Accept": ACCEPT}
        if kept is not None and kept.etag:
            headers["If-None-Match"] = kept.etag
        if kept is not None and kept.modified:
            headers["If-Modified-Since"] = kept.modified
        answer, found, moved_to = await self._follow(url, headers, endpoint)
        if answer.status_code == 304 and kept is not None:
            return Fetched(found, moved_to, kept.document.content, kept.document.content_type, unchanged=True)
        if answer.status_code != 200:
            raise self.http.failure(answer, endpoint=endpoint, reason="", signed_in=False)
        document = Fetched(found, moved_to, answer.content, answer.headers.get("content-type", ""))
        self._remember(url, answer, document)
        return document

    def _remember(self, url: str, answer: HttpResponse, document: Fetched) -> None:
        etag, modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        self._kept.pop(url, None)
        if etag or modified:
            self._kept[url] = _Kept(etag, modified, document)
            if len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)

    async def json(self, url: str, *, endpoint: str) -> tuple[HttpResponse, Any]:
        """The answer of a site's API whatever its status, and its JSON, None where it is none."""
        answer, _, _ = await self._follow(url, {"Accept": "application/json"}, endpoint)
        try:
            return answer, json.loads(answer.content)
        except (ValueError, RecursionError):
            return answer, None

    async def _follow(self, url: str, headers: dict[str, str], endpoint: str) -> tuple[HttpResponse, str, str | None]:
        """The first answer that is no redirect, its address, and the one that the asked one has for good."""
        moved_to, for_good = None, True
        for _ in range(MOST_REDIRECTS + 1):
            if web_address(url, longest=2_048) is None:
                raise Unsupported(self.http.platform, endpoint, "not an http or https address")
            await self._robots.check(url)
            answer = await self.http.send(url, endpoint=endpoint, headers=headers, longest=LONGEST_FEED)
            location = answer.headers.get("location")
            if answer.status_code not in _MOVES or not location:
                return answer, url, moved_to
            for_good = for_good and answer.status_code in _FOR_GOOD
            url = urljoin(url, location)
            moved_to = url if for_good else moved_to
        raise PlatformFault(self.http.platform, endpoint, "it redirects without end", transient=False)


def feed_link(document: Fetched) -> str | None:
    """The feed that a page names in its head (`link rel="alternate"`), the first one that is no feed of comments."""
    if "html" not in document.content_type and b"<html" not in document.content[:2_000].lower():
        return None
    reader = _Head()
    reader.feed(document.content[:200_000].decode("utf-8", "replace"))
    found = [urljoin(document.url, href) for href, title in reader.feeds if "comment" not in title.lower()]
    return next((address for one in found if (address := web_address(one, longest=500))), None)


class _Head(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.feeds: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        kind = given.get("type", "").partition(";")[0].strip().lower()
        if tag == "link" and "alternate" in given.get("rel", "").lower().split() and kind in _FEED_TYPES:
            self.feeds.append((given.get("href", ""), given.get("title", "")))
