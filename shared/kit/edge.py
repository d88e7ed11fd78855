"""The edge of a request: who calls, one transaction, commit before answering, the same answer for the same key."""

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from shared.kit import idempotency, pages
from shared.kit.db import Database
from shared.kit.errors import Forbidden, TooLarge
from shared.kit.identity.caller import Caller
from shared.kit.runtime import Runtime
from shared.schemas.identity import Scope

_bearer = HTTPBearer(
    bearerFormat="gsk_…", scheme_name="api_key", description="an API key of a workspace", auto_error=False
)


class RequestTransaction:
    """The transactions of one request: opened by its dependencies, committed before the answer leaves."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._open: dict[tuple[int, UUID | None], AsyncSession] = {}
        self.claim: tuple[AsyncSession, idempotency.Claim] | None = None

    async def tenant(self, database: Database, workspace_id: UUID) -> AsyncSession:
        key = (id(database), workspace_id)
        if key not in self._open:
            self._open[key] = await self._stack.enter_async_context(database.tenant_session(workspace_id))
        return self._open[key]

    async def system(self, database: Database) -> AsyncSession:
        key = (id(database), None)
        if key not in self._open:
            self._open[key] = await self._stack.enter_async_context(database.system_session())
        return self._open[key]

    def undo_on_failure(self, undo: Callable[[], Awaitable[None]]) -> None:
        """Have `undo` run after the rollback when the request fails, its COMMIT included, or replays an answer.

        For work that is done before the request's own transaction; to be said before that transaction is opened.
        """

        async def leave(kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
            if kind is not None:
                await undo()

        self._stack.push_async_exit(leave)

    async def finish(self, answer: Response) -> None:
        """Store the answer under the claimed key, then commit. An error here means that nothing happened."""
        try:
            if self.claim is not None:
                session, held = self.claim
                await idempotency.store_answer(session, held=held, answer=answer)
        except BaseException as error:
            await self._stack.__aexit__(type(error), error, error.__traceback__)
            raise
        await self._stack.aclose()

    async def abandon(self, error: BaseException) -> None:
        await self._stack.__aexit__(type(error), error, error.__traceback__)


class _Replayed(Exception):  # noqa: N818  # carries an answer, not an error
    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


class EdgeRoute(APIRoute):
    """The route class of every service: one place in which a request's transaction is committed or rolled back.

    A plain `yield` dependency would commit after the response was sent, so that a failed commit still answers 200.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        # A route that streams states its own limit; every other body is JSON and small.
        own_limit = self.max_body_size

        async def commit_before_answering(request: Request) -> Response:
            limit = own_limit if own_limit is not None else runtime(request).settings.json_body_limit
            request = Request(request.scope, _limited(request, limit))
            transaction = RequestTransaction()
            request.state.transaction = transaction
            try:
                answer = await handle(request)
            except _Replayed as replayed:
                await transaction.abandon(replayed)
                return replayed.answer
            except BaseException as error:
                await transaction.abandon(error)
                raise
            await transaction.finish(answer)
            return answer

        return commit_before_answering


def _limited(request: Request, limit: int) -> Receive:
    """The request's `receive`, which answers 413 as soon as the body is known to be longer than `limit` bytes.

    As an HTTPException, because the framework turns any other error while it reads a body into a 400.
    """
    stated = request.headers.get("content-length", "")
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        if stated.isdigit() and int(stated) > limit:
            raise HTTPException(TooLarge.status, f"this body may have at most {limit:,} bytes")
        message = await request.receive()
        taken += len(message.get("body", b""))
        if taken > limit:
            raise HTTPException(TooLarge.status, f"this body may have at most {limit:,} bytes")
        return message

    return receive


def runtime(request: Request) -> Runtime:
    found: Runtime = request.app.state.runtime
    return found


async def authenticate(
    request: Request,
    scopes: SecurityScopes,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """The caller, who must hold every scope that the route names."""
    found: Caller | None = getattr(request.state, "caller", None)
    if found is None:
        found = await runtime(request).authenticator.caller(request.headers.get("authorization"))
        request.state.caller = found
    missing = [scope for scope in scopes.scopes if scope not in found.scopes]
    if missing:
        raise Forbidden(f"this needs the scope {', '.join(missing)}")
    return found


async def _transaction_session(request: Request, caller: Caller, database: Database) -> AsyncSession:
    transaction: RequestTransaction = request.state.transaction
    return await transaction.tenant(database, caller.workspace_id)


async def write_session(request: Request, caller: Caller) -> AsyncSession:
    """The request's transaction, for a route that opens it only after its body has streamed by."""
    return await _transaction_session(request, caller, runtime(request).database)


def undo_on_failure(request: Request, undo: Callable[[], Awaitable[None]]) -> None:
    """See RequestTransaction."""
    transaction: RequestTransaction = request.state.transaction
    transaction.undo_on_failure(undo)


async def _read_session(request: Request, caller: Annotated[Caller, Security(authenticate)]) -> AsyncSession:
    return await _transaction_session(request, caller, runtime(request).database)


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="any text without spaces; the same key with the same request within 24 hours gets the same answer",
    ),
]


async def _write_session(
    request: Request, caller: Annotated[Caller, Security(authenticate)], idempotency_key: IdempotencyKey = None
) -> AsyncSession:
    session = await _transaction_session(request, caller, runtime(request).database)
    if idempotency_key is not None:
        await claim_key(
            request, session, workspace_id=caller.workspace_id, key=idempotency_key, body=await request.body()
        )
    return session


async def _identity_session(
    request: Request, caller: Annotated[Caller, Security(authenticate)], idempotency_key: IdempotencyKey = None
) -> AsyncSession:
    """As owner of the schema `identity`: for routes that the scope `admin` guards."""
    return await _owner_session(request, caller, runtime(request).identity, idempotency_key)


async def _service_owner_session(
    request: Request, caller: Annotated[Caller, Security(authenticate)], idempotency_key: IdempotencyKey = None
) -> AsyncSession:
    """As owner of the service's schema: for routes that the scope `admin` guards."""
    return await _owner_session(request, caller, runtime(request).database, idempotency_key)


async def _owner_session(
    request: Request, caller: Caller, database: Database, idempotency_key: str | None
) -> AsyncSession:
    transaction: RequestTransaction = request.state.transaction
    session = await transaction.system(database)
    if idempotency_key is not None and request.method not in {"GET", "HEAD"}:
        await claim_key(
            request, session, workspace_id=caller.workspace_id, key=idempotency_key, body=await request.body()
        )
    return session


async def claim_key(
    request: Request, session: AsyncSession, *, workspace_id: UUID, key: str, body: bytes | None = None,
    body_sha256: bytes = b"",
) -> None:  # fmt: skip
    """Claim an Idempotency-Key for this request, or leave with the stored answer.

    A route that streams its body calls this itself at the end, with the hash that it took while streaming.
    """
    target = request.url.path + ("?" + request.url.query if request.url.query else "")
    hashed = (
        idempotency.request_hash(request.method, target, body)
        if body is not None
        else idempotency.streamed_request_hash(request.method, target, body_sha256)
    )
    route = f"{request.method} {request.url.path}"
    taken = await idempotency.claim(session, workspace_id=workspace_id, route=route, key=key, hashed=hashed)
    if isinstance(taken, Response):
        raise _Replayed(taken)
    transaction: RequestTransaction = request.state.transaction
    transaction.claim = (session, taken)


def page_of(list_name: str) -> Callable[..., pages.PageRequest]:
    """The dependency of a list route; its cursors belong to this list and the caller's workspace."""

    def read(
        request: Request,
        caller: Annotated[Caller, Security(authenticate)],
        limit: pages.Limit = pages.DEFAULT_LIMIT,
        cursor: pages.CursorText = None,
    ) -> pages.PageRequest:
        # Path parameters are part of the list: the items under one object are another list than those under the next.
        name = ":".join([list_name, *(str(value) for value in request.path_params.values())])
        return pages.page_request(
            runtime(request).secrets, workspace_id=caller.workspace_id, list_name=name, limit=limit, cursor=cursor
        )

    return read


ServiceRuntime = Annotated[Runtime, Depends(runtime)]
Reader = Annotated[Caller, Security(authenticate, scopes=[Scope.READ])]
Writer = Annotated[Caller, Security(authenticate, scopes=[Scope.WRITE])]
Approver = Annotated[Caller, Security(authenticate, scopes=[Scope.APPROVE])]
EvidenceReader = Annotated[Caller, Security(authenticate, scopes=[Scope.READ, Scope.EVIDENCE])]
Exporter = Annotated[Caller, Security(authenticate, scopes=[Scope.READ, Scope.EXPORT])]
Administrator = Annotated[Caller, Security(authenticate, scopes=[Scope.ADMIN])]
ReadSession = Annotated[AsyncSession, Depends(_read_session)]
Session = Annotated[AsyncSession, Depends(_write_session)]
IdentitySession = Annotated[AsyncSession, Depends(_identity_session)]
OwnerSession = Annotated[AsyncSession, Depends(_service_owner_session)]
