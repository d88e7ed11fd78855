"""Discovery's HTTP as scoring calls it, served from bundles that a test gives, at the client's transport."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import httpx

from shared.schemas.base import JobStatus, Unknown
from shared.schemas.brief import BRIEF_VERSION, Brief, brief_hash
from shared.schemas.creators import Creator
from shared.schemas.events import EventFeed
from shared.schemas.evidence import EvidenceBundle, bundle_bytes
from shared.schemas.ids import encode
from shared.schemas.searches import Search, SearchLimits
from tests.services.scoring.made import NOW


@dataclass
class StubDiscovery(httpx.AsyncBaseTransport):
    """Answers for one search; counts its calls, and fails the next `failures` of them."""

    brief: Brief
    bundles: Sequence[EvidenceBundle]
    search_id: UUID
    permitted_uses: dict[str, list[str]] = field(default_factory=dict)
    status: JobStatus = JobStatus.COMPLETED
    failures: int = 0
    calls: list[str] = field(default_factory=list)
    cut_after: int | None = None
    events: EventFeed | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request.url.path)
        if not request.headers["authorization"].startswith("Bearer gst_"):
            return httpx.Response(401)
        if self.failures:
            self.failures -= 1
            raise httpx.ConnectError("discovery is away")
        base = f"/v1/searches/{encode('sch', self.search_id)}"
        if request.url.path == base:
            return httpx.Response(200, content=self._search().model_dump_json())
        if request.url.path == "/v1/platforms":
            return httpx.Response(200, json={"items": [self._platform(name) for name in self.permitted_uses]})
        if request.url.path == f"{base}/evidence":
            return self._evidence(request.url.params)
        if request.url.path == "/v1/events" and self.events is not None:
            seen = request.url.params.get("after") == self.events.after
            found = EventFeed(items=() if seen else self.events.items, after=self.events.after)
            return httpx.Response(200, content=found.model_dump_json())
        for bundle in self.bundles:
            if request.url.path == f"/v1/creators/{encode('crt', bundle.creator.id)}":
                return httpx.Response(200, content=_creator(bundle).model_dump_json())
        return httpx.Response(
            404,
            json={"type": "about:blank", "title": "Not found", "status": 404, "code": "not_found", "detail": "none"},
        )

    def _search(self) -> Search:
        return Search(
            id=self.search_id, name="a test's", status=self.status, brief=self.brief, brief_version=BRIEF_VERSION,
            brief_hash=brief_hash(self.brief), sources=("archive",), limits=SearchLimits(), hashtags=True,
            comments=True, unknown=Unknown.INCLUDE, created_at=NOW,
        )  # fmt: skip

    def _platform(self, name: str) -> dict[str, object]:
        return {
            "platform": name, "name": name, "connected": True, "capabilities": [],
            "permitted_uses": self.permitted_uses[name],
        }  # fmt: skip

    def _evidence(self, params: httpx.QueryParams) -> httpx.Response:
        start, limit = int(params.get("cursor", "0")), int(params["limit"])
        page = self.bundles[start : start + limit]
        lines = b"".join(bundle_bytes(bundle) + b"\n" for bundle in page)
        more = start + limit < len(self.bundles)
        headers = {"content-type": "application/x-ndjson", **({"next-cursor": str(start + limit)} if more else {})}
        if self.cut_after is not None and start >= self.cut_after:
            self.cut_after = None
            return httpx.Response(200, headers=headers, stream=_Cut(lines))
        return httpx.Response(200, headers=headers, content=lines)


def _creator(bundle: EvidenceBundle) -> Creator:
    return Creator(
        **bundle.creator.model_dump(), source="archive", first_seen_at=bundle.observed_at,
        observed_at=bundle.observed_at,
    )  # fmt: skip


class _Cut(httpx.AsyncByteStream):
    """A body that ends in the middle of a line because the connection broke."""

    def __init__(self, whole: bytes) -> None:
        self._whole = whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._whole[: len(self._whole) // 2]
        raise httpx.RemoteProtocolError("peer closed the connection")
