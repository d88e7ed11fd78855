"""What the typed clients of the services have in common: one signed call as a workspace, errors as exceptions."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from shared.kit import errors, tokens
from shared.kit.http import HttpError, HttpResponse
from shared.kit.runtime import Runtime
from shared.schemas.base import Fault
from shared.schemas.identity import Scope

_BY_STATUS: dict[int, type[errors.Problem]] = {
    400: errors.BadRequest,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.Gone,
    422: errors.Invalid,
    429: errors.Unavailable,
    503: errors.Unavailable,
}
_BY_CODE: dict[str, type[errors.Problem]] = {
    "not_permitted": errors.NotPermitted,
    "not_approved": errors.NotApproved,
    "not_supported": errors.NotSupported,
    "evidence_expired": errors.EvidenceExpired,
}


@dataclass(frozen=True)
class ServiceClient:
    """Calls one service in the name of one workspace. A service token is minted for each call, so that a worker may
    call long after the request that caused it."""

    runtime: Runtime
    service: str
    workspace_id: UUID
    key_id: UUID | None = None
    scopes: tuple[Scope, ...] = (Scope.READ,)

    def _headers(self, extra: Mapping[str, str] | None, scopes: Iterable[Scope]) -> dict[str, str]:
        token = tokens.mint(
            self.runtime.secrets, workspace_id=self.workspace_id, scopes=[str(scope) for scope in scopes],
            issuer=self.runtime.service, audience=self.service, key_id=self.key_id,
        )  # fmt: skip
        return {"Authorization": f"Bearer {token}", **(extra or {})}

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, *, params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None, content: bytes | None = None, scopes: Iterable[Scope] | None = None,
    ) -> AsyncIterator[HttpResponse]:  # fmt: skip
        """An open answer of status 2xx. Raises the problem that the service answered; Unavailable when it is away."""
        url = self.runtime.settings.url_of(self.service) + path
        signed = self._headers(headers, self.scopes if scopes is None else scopes)
        try:
            async with self.runtime.http.stream(
                method, url, params=dict(params or {}), headers=signed, content=content
            ) as answer:
                if answer.status_code >= 300:
                    await answer.aread()
                    raise problem_of(answer, service=self.service)
                yield answer
        except HttpError as error:
            raise errors.Unavailable(f"the {self.service} service cannot be reached: {type(error).__name__}") from error

    async def call(
        self, method: str, path: str, *, params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None, content: bytes | None = None, scopes: Iterable[Scope] | None = None,
    ) -> HttpResponse:  # fmt: skip
        """The read answer of status 2xx; raises as `stream` does."""
        async with self.stream(method, path, params=params, headers=headers, content=content, scopes=scopes) as answer:
            await answer.aread()
        return answer


def problem_of(answer: HttpResponse, *, service: str) -> errors.Problem:
    """The exception for an error answer: the service's own problem where we know its kind, else BadGateway."""
    code, detail, faults = "", "", []
    try:
        body = answer.json()
        code, detail = str(body.get("code", "")), str(body.get("detail", ""))
        faults = [Fault.model_validate(one) for one in body.get("errors", ())]
    except (ValueError, AttributeError):
        pass
    kind = _BY_CODE.get(code) or _BY_STATUS.get(answer.status_code, errors.BadGateway)
    return kind(detail or f"the {service} service answered {answer.status_code}", errors=faults)
