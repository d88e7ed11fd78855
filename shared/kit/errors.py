"""What can go wrong, as exceptions with a status, and the one place that turns them into problem+json (RFC 9457).

Problem
├── BadRequest 400
├── Unauthorized 401
├── Forbidden 403            NotPermitted 403 not_permitted
├── NotFound 404
├── Conflict 409             NotApproved 409 not_approved, IdempotencyMismatch 422
├── Gone 410                 EvidenceExpired 410 evidence_expired
├── PreconditionFailed 412
├── TooLarge 413
├── UnsupportedMediaType 415
├── Invalid 422              carries every fault; NotSupported 422 not_supported
├── PreconditionRequired 428
├── TooManyRequests 429
├── BadGateway 502           another service or platform answered wrongly
└── Unavailable 503
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import structlog
from asyncpg.exceptions import (
    CannotConnectNowError,
    ConnectionDoesNotExistError,
    DeadlockDetectedError,
    DiskFullError,
    InterfaceError,
    PostgresConnectionError,
    SerializationError,
    TooManyConnectionsError,
)
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from shared.schemas.base import Fault
from shared.schemas.base import Problem as ProblemDocument

PROBLEM_JSON = "application/problem+json"
_log = structlog.get_logger(__name__)


class Problem(Exception):  # noqa: N818  # the RFC's word
    """Base of all errors that are answers. `detail` is for people and may be shown to the caller."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self, detail: str = "", *, errors: Iterable[Fault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = list(errors)
        self.headers = dict(headers or {})


class BadRequest(Problem):
    status, code, title = 400, "bad_request", "Bad request"


class Unauthorized(Problem):
    status, code, title = 401, "unauthorized", "Not authenticated"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="groundswell"'})


class Forbidden(Problem):
    status, code, title = 403, "forbidden", "The key lacks a scope"


class NotPermitted(Forbidden):
    code, title = "not_permitted", "The platform's terms do not permit this use"


class NotFound(Problem):
    status, code, title = 404, "not_found", "Not found"


class Conflict(Problem):
    status, code, title = 409, "conflict", "Conflict"


class NotApproved(Conflict):
    code, title = "not_approved", "No person has approved this yet"


class Gone(Problem):
    status, code, title = 410, "gone", "Gone"


class EvidenceExpired(Gone):
    code, title = "evidence_expired", "The evidence behind this was erased or has expired"


class PreconditionFailed(Problem):
    status, code, title = 412, "precondition_failed", "Somebody else changed it in the meantime"


class TooLarge(Problem):
    status, code, title = 413, "too_large", "The body is too large"


class UnsupportedMediaType(Problem):
    status, code, title = 415, "unsupported_media_type", "Unsupported media type"


class Invalid(Problem):
    status, code, title = 422, "invalid", "The request is not valid"


class NotSupported(Invalid):
    code, title = "not_supported", "The platform cannot do this, or not as it is configured here"


class IdempotencyMismatch(Invalid):
    code, title = "idempotency_mismatch", "This Idempotency-Key was used with another request"


class PreconditionRequired(Problem):
    status, code, title = 428, "precondition_required", "Send If-Match with the ETag you read"


class TooManyRequests(Problem):
    status, code, title = 429, "too_many_requests", "Too many requests"


class BadGateway(Problem):
    status, code, title = 502, "bad_gateway", "Another service did not answer as it should"


class Unavailable(Problem):
    status, code, title = 503, "unavailable", "Not available right now"


def problem_response(
    request: Request, *, status: int, code: str, title: str, detail: str,
    errors: Iterable[Fault] = (), headers: Mapping[str, str] | None = None,
) -> JSONResponse:  # fmt: skip
    document = ProblemDocument(
        type=f"urn:groundswell:{code}",
        title=title,
        status=status,
        detail=detail,
        code=code,
        request_id=getattr(request.state, "request_id", None),
        errors=tuple(errors),
    )
    content = document.model_dump(exclude_none=True)
    if not document.errors:
        content.pop("errors")
    return JSONResponse(content, status_code=status, headers=dict(headers or {}), media_type=PROBLEM_JSON)


def faults_of(error: RequestValidationError) -> list[Fault]:
    """Every validation fault with a pointer to it: the body as a JSON pointer, other places by their name."""
    faults = []
    for item in error.errors():
        place, *path = item["loc"]
        if place == "body":
            pointer = "/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in path)
        else:
            pointer = "/".join([str(place), *(str(part) for part in path)])
        context = item.get("ctx", {}).get("error")
        detail = f"{item['msg']}: {context}" if item["type"] == "json_invalid" and context else str(item["msg"])
        faults.append(Fault(pointer=_printable(pointer), detail=_printable(detail)))
    return faults


def _printable(text: str, *, at_most: int = 1_000) -> str:
    """What a caller sent, as it may stand in an answer: half of a surrogate pair cannot be encoded, nor NUL stored."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")[:at_most]


_DATABASE_AWAY = (
    CannotConnectNowError,
    ConnectionDoesNotExistError,
    DiskFullError,
    InterfaceError,
    PostgresConnectionError,
    TooManyConnectionsError,
)
_TRY_AGAIN = (DeadlockDetectedError, SerializationError)


def _database_problem(error: BaseException) -> Problem | None:
    """Unavailable for a database that is away or asks to try again; None for anything that is our own fault."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, (*_DATABASE_AWAY, ConnectionError, TimeoutError, PoolTimeoutError)):
            return Unavailable("the database cannot be reached or has no room; try again", headers={"Retry-After": "2"})
        if isinstance(cause, _TRY_AGAIN):
            return Unavailable("two requests met on the same rows; try again", headers={"Retry-After": "1"})
        cause = getattr(cause, "orig", None) or cause.__cause__
    return None


def install(app: FastAPI) -> None:
    """Answer every exception of `app` as problem+json."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> JSONResponse:
        return problem_response(
            request, status=error.status, code=error.code, title=error.title, detail=error.detail,
            errors=error.errors, headers=error.headers,
        )  # fmt: skip

    @app.exception_handler(RequestValidationError)
    async def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = faults_of(error)
        detail = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}: " + "; ".join(
            f"{fault.pointer}: {fault.detail}" for fault in faults[:5]
        )
        return problem_response(
            request, status=422, code=Invalid.code, title=Invalid.title, detail=detail, errors=faults
        )

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        by_status = {kind.status: kind for kind in reversed(_concrete(Problem)) if kind.code not in _NAMED_BY_SUBCLASS}
        kind = by_status.get(error.status_code)
        title = kind.title if kind else str(error.detail)
        code = kind.code if kind else title.lower().replace(" ", "_")
        return problem_response(
            request, status=error.status_code, code=code, title=title, detail=str(error.detail), headers=error.headers
        )

    for kind in (DBAPIError, PoolTimeoutError, InterfaceError, OSError):
        app.add_exception_handler(kind, _database)


async def _database(request: Request, error: Exception) -> JSONResponse:
    away = _database_problem(error)
    if away is None:
        raise error
    return problem_response(
        request, status=away.status, code=away.code, title=away.title, detail=away.detail, headers=away.headers
    )


def unexpected(request: Request, error: Exception) -> JSONResponse:
    """The answer to a bug: logged with its trace, shown without it. Called by the outermost middleware."""
    _log.error("unexpected error", exc_info=error, path=request.url.path)
    return problem_response(
        request, status=500, code=Problem.code, title=Problem.title,
        detail="this is our fault, not yours; it was logged under this request id",
    )  # fmt: skip


_NAMED_BY_SUBCLASS = {"not_permitted", "not_approved", "evidence_expired", "idempotency_mismatch"}


def _concrete(base: type[Problem]) -> list[type[Problem]]:
    found: list[type[Problem]] = []
    for kind in base.__subclasses__():
        found.append(kind)
        found.extend(_concrete(kind))
    return found


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that can answer these problems."""
    return {
        kind.status: {
            "model": ProblemDocument,
            "description": kind.title,
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for kind in kinds
    }
