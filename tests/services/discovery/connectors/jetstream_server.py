"""A live stream on loopback: sends scripted frames over real websockets, and remembers what was asked of it."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from atproto_client import models  # type: ignore[import-untyped]  # it ships no py.typed
from atproto_client.models.utils import get_or_create  # type: ignore[import-untyped]  # it ships no py.typed
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from tests.services.discovery.connectors.bluesky_answers import CID, facet, tag

START = 1_795_330_000_000_000  # microseconds; in November 2026


def commit(
    did: str, rkey: str, *, at: int, operation: str = "create", record: Any = None, **fields: Any
) -> dict[str, Any]:
    """A frame of the documented form; a record is checked against the lexicon."""
    body: dict[str, Any] = {
        "rev": f"3m{at - START}",
        "operation": operation,
        "collection": "app.bsky.feed.post",
        "rkey": rkey,
        **fields,
    }
    if record is not None:
        get_or_create(record, models.AppBskyFeedPost.Record, strict=True, strict_string_format=True)
        body |= {"record": record, "cid": CID}
    return {"did": did, "time_us": at, "kind": "commit", "commit": body}


def post(did: str, rkey: str, text: str, *tags: str, at: int, **fields: Any) -> dict[str, Any]:
    record = {
        "$type": "app.bsky.feed.post",
        "text": text,
        "facets": [facet(text, f"#{one}", tag(one)) for one in tags],
        "createdAt": "2026-11-22T08:59:00.000Z",
        **fields,
    }
    return commit(did, rkey, at=at, record=record)


def deletion(did: str, rkey: str, *, at: int) -> dict[str, Any]:
    return commit(did, rkey, at=at, operation="delete")


def account(did: str, *, at: int, active: bool, status: str | None = None) -> dict[str, Any]:
    told = {"active": active, "did": did, "seq": at - START, "time": "2026-11-22T09:00:00.000Z"}
    return {"did": did, "time_us": at, "kind": "account", "account": told | ({"status": status} if status else {})}


def identity(did: str, *, at: int) -> dict[str, Any]:
    told = {"did": did, "handle": "new.example.com", "seq": at - START, "time": "2026-11-22T09:00:00.000Z"}
    return {"did": did, "time_us": at, "kind": "identity", "identity": told}


Frame = dict[str, Any] | str


@dataclass
class Stream:
    """For each connection in turn its frames, then it is closed; or a status with which it is refused.

    With `holds` connections stay open behind their frames, and `tell` goes on.
    """

    script: list[Sequence[Frame] | Response]
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    agents: list[str | None] = field(default_factory=list)
    url: str = ""
    holds: bool = False
    _open: list[ServerConnection] = field(default_factory=list)

    async def tell(self, *frames: Frame) -> None:
        """Send frames over every open connection."""
        for connection in self._open:
            for frame in frames:
                await connection.send(frame if isinstance(frame, str) else json.dumps(frame))

    def _refuse(self, connection: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        assert parts.path == "/subscribe"
        self.asked.append(parse_qs(parts.query))
        self.agents.append(request.headers.get("User-Agent"))
        if self.script and isinstance(self.script[0], Response):
            refusal = self.script.pop(0)
            assert isinstance(refusal, Response)
            return refusal
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        frames = self.script.pop(0) if self.script else []
        assert not isinstance(frames, Response)
        for frame in frames:
            await connection.send(frame if isinstance(frame, str) else json.dumps(frame))
        if self.holds:
            self._open.append(connection)
            await connection.wait_closed()
            self._open.remove(connection)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Stream"]:
        async with serve(self._serve, "127.0.0.1", 0, process_request=self._refuse) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            self.url = f"ws://127.0.0.1:{port}"
            yield self


def refusal(status: int, text: str = "", **headers: str) -> Response:
    from websockets.datastructures import Headers

    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Response(
        status, HTTPStatus(status).phrase, Headers(named | {"Content-Length": str(len(text))}), text.encode()
    )
