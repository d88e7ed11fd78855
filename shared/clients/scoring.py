"""The client of the scoring service: rankings, their scores and receipts."""

from collections.abc import AsyncIterator
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.clients.base import ServiceClient
from shared.kit.errors import BadGateway
from shared.kit.runtime import Runtime
from shared.schemas.identity import Scope
from shared.schemas.ids import encode
from shared.schemas.rankings import Ranking, RankingCreate, Score
from shared.schemas.receipts import Receipt
from shared.schemas.scores import Scores, ScoresCreate
from shared.schemas.sensitivity import WhatIf, WhatIfCreate

Answer = TypeVar("Answer", bound=BaseModel)
_JSON = {"Content-Type": "application/json"}


class ScoringClient:
    """Scoring as one workspace sees it. Methods raise NotFound, Conflict, Invalid, EvidenceExpired, Unavailable or
    BadGateway."""

    def __init__(self, runtime: Runtime, *, workspace_id: UUID, key_id: UUID | None = None) -> None:
        self._service = ServiceClient(runtime, "scoring", workspace_id, key_id)

    async def create_ranking(self, body: RankingCreate) -> Ranking:
        """`POST /v1/rankings`; scored in the background."""
        return await self._post(Ranking, "/v1/rankings", body, scopes=(Scope.READ, Scope.WRITE))

    async def ranking(self, ranking_id: UUID) -> Ranking:
        """`GET /v1/rankings/{id}`."""
        return await self._get(Ranking, _path(ranking_id))

    async def scores(self, ranking_id: UUID, *, limit: int = 100) -> AsyncIterator[Score]:
        """All of `GET /v1/rankings/{id}/scores`, the best first, page by page."""
        params: dict[str, str | int] = {"limit": limit}
        while True:
            answer = await self._service.call("GET", f"{_path(ranking_id)}/scores", params=params)
            body = answer.json()
            for item in body["items"]:
                yield Score.model_validate(item)
            if body.get("next_cursor") is None:
                return
            params["cursor"] = body["next_cursor"]

    async def receipt(self, ranking_id: UUID, creator_id: UUID) -> Receipt:
        """`GET /v1/rankings/{id}/scores/{creator_id}`."""
        return await self._get(Receipt, f"{_path(ranking_id)}/scores/{encode('crt', creator_id)}")

    async def what_if(self, ranking_id: UUID, body: WhatIfCreate) -> WhatIf:
        """`POST /v1/rankings/{id}/what-if`."""
        return await self._post(WhatIf, f"{_path(ranking_id)}/what-if", body, scopes=(Scope.READ,))

    async def score_now(self, body: ScoresCreate) -> Scores:
        """`POST /v1/scores`."""
        return await self._post(Scores, "/v1/scores", body, scopes=(Scope.READ,))

    async def _get(self, kind: type[Answer], path: str) -> Answer:
        answer = await self._service.call("GET", path)
        return _read(kind, answer.content)

    async def _post(self, kind: type[Answer], path: str, body: BaseModel, *, scopes: tuple[Scope, ...]) -> Answer:
        answer = await self._service.call(
            "POST", path, content=body.model_dump_json().encode(), headers=_JSON, scopes=scopes
        )
        return _read(kind, answer.content)


def _path(ranking_id: UUID) -> str:
    return f"/v1/rankings/{encode('rnk', ranking_id)}"


def _read(kind: type[Answer], body: bytes) -> Answer:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise BadGateway(f"the scoring service answered with no {kind.__name__}") from error
