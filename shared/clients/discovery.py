"""The client of the discovery service."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from shared.clients.base import ServiceClient
from shared.kit.errors import BadGateway
from shared.kit.http import HttpResponse
from shared.kit.runtime import Runtime
from shared.schemas.creators import Creator
from shared.schemas.events import EventFeed
from shared.schemas.evidence import EvidenceBundle
from shared.schemas.identity import Scope
from shared.schemas.ids import encode
from shared.schemas.platforms import PlatformInfo
from shared.schemas.rankings import ExportFormat
from shared.schemas.searches import Search
from shared.schemas.watches import Watch, WatchChange, WatchCreate

T = TypeVar("T", Search, EvidenceBundle, EventFeed, Watch, Creator)
NDJSON = "application/x-ndjson"
# The header in which an NDJSON list says where its next page begins; missing on the last page.
NEXT_CURSOR = "Next-Cursor"


@dataclass(frozen=True)
class EvidencePage:
    """Some candidates' bundles, in the order of the search's candidates; `next_cursor` is None on the last page."""

    bundles: Sequence[EvidenceBundle]
    next_cursor: str | None


class DiscoveryClient:
    """Discovery as one workspace sees it. Every method raises NotFound, NotPermitted, Invalid, NotSupported,
    Conflict, Unavailable or BadGateway."""

    def __init__(self, runtime: Runtime, *, workspace_id: UUID, key_id: UUID | None = None) -> None:
        self._service = ServiceClient(runtime, "discovery", workspace_id, key_id)

    async def search(self, search_id: UUID) -> Search:
        """`GET /v1/searches/{id}`."""
        answer = await self._service.call("GET", f"/v1/searches/{encode('sch', search_id)}")
        return _read(Search, answer.content)

    async def creator(self, creator_id: UUID) -> Creator:
        """`GET /v1/creators/{id}`."""
        answer = await self._service.call("GET", f"/v1/creators/{encode('crt', creator_id)}")
        return _read(Creator, answer.content)

    async def export(self, search_id: UUID, *, kind: ExportFormat) -> AsyncIterator[bytes]:
        """The bytes of `GET /v1/searches/{id}/export` as they come. Raises Unavailable when they were cut short."""
        async with self._service.stream(
            "GET", f"/v1/searches/{encode('sch', search_id)}/export", params={"format": kind},
            scopes=(Scope.READ, Scope.EXPORT),
        ) as answer:  # fmt: skip
            async for part in answer.aiter_bytes():
                yield part

    async def platforms(self) -> Sequence[PlatformInfo]:
        """Every platform of `GET /v1/platforms`, all pages."""
        found: list[PlatformInfo] = []
        cursor: str | None = None
        while True:
            params: dict[str, str | int] = {} if cursor is None else {"cursor": cursor}
            answer = await self._service.call("GET", "/v1/platforms", params=params)
            body = answer.json()
            found.extend(PlatformInfo.model_validate(item) for item in body["items"])
            cursor = body.get("next_cursor")
            if cursor is None:
                return found

    async def create_watch(self, body: WatchCreate) -> Watch:
        """`POST /v1/watches`. NotSupported names every account that its platform does not let be watched."""
        answer = await self._send("POST", "/v1/watches", body)
        return _read(Watch, answer.content)

    async def watch(self, watch_id: UUID) -> Watch:
        """`GET /v1/watches/{id}`."""
        answer = await self._service.call("GET", f"/v1/watches/{encode('wch', watch_id)}")
        return _read(Watch, answer.content)

    async def watches(self) -> Sequence[Watch]:
        """Every watch of `GET /v1/watches`, all pages."""
        found: list[Watch] = []
        cursor: str | None = None
        while True:
            params: dict[str, str | int] = {} if cursor is None else {"cursor": cursor}
            body = (await self._service.call("GET", "/v1/watches", params=params)).json()
            found.extend(Watch.model_validate(item) for item in body["items"])
            cursor = body.get("next_cursor")
            if cursor is None:
                return found

    async def change_watch(self, watch_id: UUID, body: WatchChange) -> Watch:
        """`PATCH /v1/watches/{id}`, whatever its state was."""
        path = f"/v1/watches/{encode('wch', watch_id)}"
        known = await self._service.call("GET", path)
        answer = await self._send("PATCH", path, body, headers={"If-Match": known.headers["etag"]})
        return _read(Watch, answer.content)

    async def delete_watch(self, watch_id: UUID) -> None:
        """`DELETE /v1/watches/{id}`: nothing is asked any more, events that were told stay told."""
        await self._service.call("DELETE", f"/v1/watches/{encode('wch', watch_id)}", scopes=(Scope.WRITE,))

    async def _send(
        self, method: str, path: str, body: BaseModel, *, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        return await self._service.call(
            method, path, content=body.model_dump_json(exclude_unset=True).encode(), scopes=(Scope.WRITE,),
            headers={"Content-Type": "application/json", **(headers or {})},
        )  # fmt: skip

    async def events(self, *, after: str | None, limit: int = 100) -> EventFeed:
        """A page of `GET /v1/events`, in commit order, behind `after`."""
        params: dict[str, str | int] = {"limit": limit} if after is None else {"limit": limit, "after": after}
        answer = await self._service.call("GET", "/v1/events", params=params)
        return _read(EventFeed, answer.content)

    async def evidence_page(self, search_id: UUID, *, cursor: str | None, limit: int) -> EvidencePage:
        """One page of `GET /v1/searches/{id}/evidence`: NDJSON, a bundle a line, the next page's cursor in a header.

        `limit` is in candidates. A stream that was cut raises Unavailable, and nothing of its page counts.
        """
        params: dict[str, str | int] = {"limit": limit}
        if cursor is not None:
            params["cursor"] = cursor
        bundles: list[EvidenceBundle] = []
        async with self._service.stream(
            "GET", f"/v1/searches/{encode('sch', search_id)}/evidence", params=params, headers={"Accept": NDJSON},
            scopes=(Scope.READ, Scope.EVIDENCE),
        ) as answer:  # fmt: skip
            bundles.extend([_read(EvidenceBundle, line) async for line in _lines(answer.aiter_bytes())])
            next_cursor = answer.headers.get(NEXT_CURSOR)
        return EvidencePage(bundles=bundles, next_cursor=next_cursor)

    async def evidence_pages(
        self, search_id: UUID, *, cursor: str | None = None, limit: int = 25
    ) -> AsyncIterator[EvidencePage]:
        """All pages behind `cursor`; whoever stores a page with its `next_cursor` can go on from there."""
        while True:
            page = await self.evidence_page(search_id, cursor=cursor, limit=limit)
            yield page
            if page.next_cursor is None:
                return
            cursor = page.next_cursor


async def _lines(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines by the byte 0x0A only: texts may hold other line ends, such as U+2028."""
    rest = b""
    async for part in parts:
        *whole, rest = (rest + part).split(b"\n")
        for line in whole:
            if line.strip():
                yield line
    if rest.strip():
        yield rest


def _read(kind: type[T], body: bytes) -> T:
    try:
        return kind.model_validate_json(body)
    except ValueError as error:
        raise BadGateway(f"the discovery service answered with no {kind.__name__}") from error
