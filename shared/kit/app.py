"""The app factory of every service: error answers, health, metrics, documents and the edge around its routers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from shared.kit import errors, migrations
from shared.kit.edge import EdgeRoute
from shared.kit.middleware import RequestContext
from shared.kit.migrations import History
from shared.kit.runtime import Runtime
from shared.kit.telemetry import configure_tracing
from shared.schemas.base import Problem as ProblemDocument

_log = structlog.get_logger(__name__)
_MEASURE_SECONDS = 2.0
"""What lies in the database is left out of /metrics when it takes longer: the rest must not wait for it."""

# Every operation under /v1 can answer these; routes declare the rest.
COMMON_PROBLEMS: tuple[type[errors.Problem], ...] = (
    errors.BadRequest,
    errors.Unauthorized,
    errors.Forbidden,
    errors.TooLarge,
    errors.Invalid,
    errors.TooManyRequests,
    errors.Problem,
    errors.Unavailable,
)

# Everything that programs call answers its errors as problem+json.
PROBLEM_PATHS = ("/v1/", "/in/")

ReadyCheck = Callable[[Runtime], Awaitable["Readiness"]]
Measure = Callable[[Runtime], Awaitable[None]]
RuntimeContext = Callable[[Runtime], AbstractAsyncContextManager[None]]


class Health(BaseModel):
    """The process answers."""

    status: str = "ok"


class Readiness(BaseModel):
    """Whether this process can do its work, and what is missing."""

    status: str = "ready"
    missing: list[str] = []


def router(prefix: str = "", *, tags: Sequence[str]) -> APIRouter:
    """A router whose routes commit before they answer."""
    return APIRouter(prefix=prefix, tags=list(tags), route_class=EdgeRoute)


def create_app(
    runtime: Runtime, *, title: str, description: str, routers: Sequence[APIRouter],
    histories: Sequence[History], lifespan: RuntimeContext | None = None, ready: ReadyCheck | None = None,
    measures: Sequence[Measure] = (),
) -> FastAPI:  # fmt: skip
    """Compose a service's web app.

    `histories` are those that must be at their head before the service is ready;
    `lifespan` surrounds the app's life with the service's own background work; `ready` replaces the readiness check;
    `measures` set metrics that lie in the database, before each answer of /metrics.
    """

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        configure_tracing(runtime.service)
        try:
            if lifespan is None:
                yield
            else:
                async with lifespan(runtime):
                    yield
        finally:
            await runtime.close()

    app = FastAPI(
        title=title,
        description=description,
        version="1.0.0",
        lifespan=life,
        telemetry={"auto_configure": False},
        redirect_slashes=False,
        separate_input_output_schemas=True,
    )
    app.state.runtime = runtime
    app.router.route_class = EdgeRoute
    errors.install(app)
    for part in routers:
        app.include_router(part)
    _add_health(app, runtime, histories, ready, measures)
    app.add_middleware(RequestContext, settings=runtime.settings)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    return app


def _add_health(
    app: FastAPI, runtime: Runtime, histories: Sequence[History], ready: ReadyCheck | None, measures: Sequence[Measure]
) -> None:
    reached_head: set[str] = set()

    @app.get("/healthz", operation_id="get_health", tags=["operations"], summary="The process answers")
    async def healthz() -> Health:
        return Health()

    @app.get(
        "/readyz",
        operation_id="get_readiness",
        tags=["operations"],
        summary="The service can do its work",
        responses={503: {"model": Readiness, "description": "something that it needs is missing"}},
    )
    async def readyz(request: Request) -> JSONResponse:
        if ready is not None:
            found = await ready(runtime)
        else:
            found = await readiness(runtime, histories, reached_head)
        return JSONResponse(found.model_dump(), status_code=503 if found.status == "not_ready" else 200)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        for measure in measures:
            try:
                async with asyncio.timeout(_MEASURE_SECONDS):
                    await measure(runtime)
            except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                _log.warning("metrics not measured", error=type(error).__name__)  # the others are worth having
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def readiness(runtime: Runtime, histories: Sequence[History], reached_head: set[str]) -> Readiness:
    """Asks each database for an answer and, until it was seen there once, for its history's head."""
    missing = []
    for history in histories:
        schema = history.schema
        database = runtime.identity if schema == "identity" else runtime.database
        try:
            if schema in reached_head:
                async with database.system_session() as session:
                    await session.connection()
            elif await migrations.is_at_head(database.url, history):
                reached_head.add(schema)
            else:
                missing.append(f"{schema}: not migrated; run `groundswell migrate`")
        except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            _log.warning("database not reached", schema=schema, error=type(error).__name__)
            missing.append(f"{schema}: the database does not answer")
    return Readiness(status="not_ready" if missing else "ready", missing=missing)


def _document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the errors that every operation shares and problem+json as their only media type."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    common = errors.problems(*COMMON_PROBLEMS)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            answers = operation["responses"]
            if path.startswith(PROBLEM_PATHS):
                for status, answer in common.items():
                    known = answers.get(str(status))
                    if known is None or "HTTPValidationError" in str(known):
                        answers[str(status)] = {"description": answer["description"], "content": {}}
            for status, answer in answers.items():
                if status.startswith(("4", "5")) and path.startswith(PROBLEM_PATHS):
                    answer["content"] = {errors.PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    app.openapi_schema = document
    return document
