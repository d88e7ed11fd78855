"""Scripted web sites behind httpx's transport, and feeds of each kind to put on them."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.discovery.connector import CallMeter
from services.discovery.connectors.blogs import BlogsConnector
from shared.kit.http import GuardedTransport
from tests.services.discovery.connectors.recorder import NOW

SITE = "https://blog.example.com"
FEED = f"{SITE}/feed/"
GUID = f"{SITE}/?p=12"

_RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>Mud &amp; Hills</title><link>{site}</link><description>Running in the hills</description>
<language>en-GB</language><generator>{generator}</generator>{more}{items}</channel></rss>"""


def rss(*items: str, more: str = "", generator: str = "https://wordpress.org/?v=6.8") -> bytes:
    return _RSS.format(site=SITE, generator=generator, more=more, items="".join(items)).encode()


def item(number: int = 12, told: str = "<p>Up &amp; down #mud</p>", author: str = "Anna", **parts: str) -> str:
    """An RSS entry as WordPress writes it; an empty part is left out."""
    found = {
        "title": f"Hill {number}",
        "link": f"{SITE}/hill-{number}/",
        "dc:creator": f"<![CDATA[{author}]]>",
        "pubDate": "Sun, 22 Nov 2026 08:00:00 +0100",
        "category": "<![CDATA[Trail Running]]>",
        "guid": f"{SITE}/?p={number}",
        "content:encoded": f"<![CDATA[{told}]]>",
        "wfw:commentRss": f"{SITE}/hill-{number}/feed/",
        "slash:comments": "3",
        **{name.replace("__", ":"): value for name, value in parts.items()},
    }
    return "<item>" + "".join(f"<{name}>{value}</{name}>" for name, value in found.items() if value) + "</item>"


ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">
<title>Ridge</title><id>urn:ridge</id><updated>2026-11-22T08:00:00Z</updated><author><name>Bo</name></author>
<link rel="next" href="/older.atom"/>
<entry><title type="html">A &lt;b&gt;ridge&lt;/b&gt;</title><id>tag:blog.example.com,2026:1</id>
<updated>2026-11-22T08:00:00Z</updated><published>2026-11-21T08:00:00Z</published><link href="/ridge"/>
<link rel="replies" type="text/html" href="/ridge#comments"/>
<link rel="replies" type="application/atom+xml" href="/ridge/comments.atom" thr:count="4"/>
<category term="trail"/><content type="html">&lt;p&gt;Rock&lt;/p&gt;&lt;img src="/r.jpg"&gt;</content></entry>
<entry><title>Bare</title><link href="{SITE}/bare?utm_source=feed&amp;a=1#top"/><updated>2026-11-20T08:00:00Z</updated>
<author><name>Cleo</name></author></entry>
</feed>""".encode()

COMMENTS_ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">
<title>Comments</title><id>urn:c</id><updated>2026-11-22T08:00:00Z</updated>
<entry><title>c</title><id>tag:blog.example.com,2026:1.c1</id><updated>2026-11-22T08:00:00Z</updated>
<author><name>Dee</name><uri>https://Dee.example.com/?utm_source=x</uri></author>
<thr:in-reply-to ref="tag:blog.example.com,2026:1"/><content type="html">&lt;p&gt;Nice&lt;/p&gt;</content></entry>
<entry><title>c</title><id>tag:blog.example.com,2026:1.c2</id><updated>2026-11-22T09:00:00Z</updated>
<author><name>Eve</name></author>
<thr:in-reply-to ref="tag:blog.example.com,2026:1.c1"/><content>Yes</content></entry></feed>"""


def json_feed(*items: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "Fells", "items": list(items), **fields}
    ).encode()


@dataclass
class Sites:
    """Answers each call with the next one scripted for its address; an unscripted call fails the test.

    There is no robots.txt unless one is given by site. Calls go through the guard, which knows two public names.
    """

    robots: dict[str, httpx.Response] = field(default_factory=dict)
    script: dict[str, list[httpx.Response | Exception]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    robots_asked: list[str] = field(default_factory=list)

    def answer(self, url: str, *answers: bytes | httpx.Response | Exception) -> None:
        self.script.setdefault(url, []).extend(
            httpx.Response(200, content=one, headers={"Content-Type": "application/xml"})
            if isinstance(one, bytes)
            else one
            for one in answers
        )

    def asked(self, url: str) -> list[httpx.Request]:
        return [one for one in self.requests if _address(one) == url]

    def handle(self, request: httpx.Request) -> httpx.Response:
        url = _address(request)
        if request.url.path == "/robots.txt":
            self.robots_asked.append(url)
            return self.robots.get(url.removesuffix("/robots.txt"), httpx.Response(404))
        self.requests.append(request)
        assert self.script.get(url), f"unexpected call of {url}"
        scripted = self.script[url].pop(0)
        if isinstance(scripted, Exception):
            raise scripted
        return scripted

    def connector(self, meter: CallMeter | None = None) -> BlogsConnector:
        async def resolve(host: str, port: int) -> list[str]:
            return ["10.0.0.5"] if host == "inside.example.com" else ["93.184.215.14"]

        guard = GuardedTransport(resolve=resolve, inner=httpx.MockTransport(self.handle))
        return BlogsConnector.create(httpx.AsyncClient(transport=guard), {}, meter=meter, clock=lambda: NOW)


def _address(request: httpx.Request) -> str:
    """The address by name: the guard has put a number in the place of the host."""
    return str(request.url.copy_with(host=request.headers["Host"]))
