"""One request to an endpoint: sealed secrets opened, message signed, answer read as far as the log keeps it."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from shared.kit.http import EgressRefused, HttpClient, HttpConnectError, HttpError, HttpResponse, HttpTimeoutError
from shared.kit.secrets import SecretBox, UnreadableSecret
from shared.kit.webhooks.queue import Due
from shared.kit.webhooks.schedule import read_retry_after
from shared.kit.webhooks.signing import signed_headers
from shared.schemas.ids import encode

EXCERPT_CHARACTERS = 500
_EXCERPT_BYTES = 2_000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Answer:
    """What came of a request. `excerpt` is the beginning of the answer's body."""

    duration_ms: int
    status: int | None = None
    retry_after: timedelta | None = None
    excerpt: str | None = None
    error: str | None = None


def secret_context(workspace_id: UUID, endpoint_id: UUID) -> str:
    """What a sealed signing secret is bound to, so that it cannot be moved to another endpoint's row."""
    return f"webhook_endpoints.secret:{workspace_id}:{endpoint_id}"


async def send(http: HttpClient, secrets: SecretBox, due: Due, *, at: datetime, seconds: float) -> Answer:
    """Send `due` once, signed at `at`, within `seconds` for everything together. Never raises."""
    started = time.perf_counter()

    def answer(
        *, status: int | None = None, retry_after: timedelta | None = None, excerpt: str | None = None,
        error: str | None = None,
    ) -> Answer:  # fmt: skip
        return Answer(round((time.perf_counter() - started) * 1000), status, retry_after, excerpt, error)

    try:
        headers = {"Content-Type": "application/json", **_signed(secrets, due, at)}
        async with (
            asyncio.timeout(seconds),
            http.stream("POST", due.url, content=due.payload.encode(), headers=headers) as response,
        ):
            return answer(
                status=response.status_code,
                retry_after=read_retry_after(response.headers.get("retry-after"), now=at),
                excerpt=await _beginning(response),
                error="redirects are not followed" if 300 <= response.status_code < 400 else None,
            )
    except EgressRefused as error:
        return answer(error=f"not called: {error}")
    except (TimeoutError, HttpTimeoutError):
        return answer(error=f"no whole answer within {seconds:g} seconds")
    except HttpConnectError as error:
        return answer(error=f"no connection: {error}"[:EXCERPT_CHARACTERS])
    except HttpError as error:
        return answer(error=f"the exchange broke off: {type(error).__name__}")
    except UnreadableSecret:
        return answer(error="the endpoint's secret cannot be read here; rotate it")
    except Exception as error:  # noqa: BLE001  # one bad endpoint must not stop the others; it is logged with its trace
        _log.error("webhook attempt failed by our own fault", delivery=str(due.id), exc_info=error)
        return answer(error="our own fault; it was logged")


def _signed(secrets: SecretBox, due: Due, at: datetime) -> dict[str, str]:
    context = secret_context(due.workspace_id, due.endpoint_id)
    signing = [secrets.open(due.secret, context=context)]
    if due.previous_secret is not None and due.previous_until is not None and at < due.previous_until:
        signing.append(secrets.open(due.previous_secret, context=context))
    return signed_headers(signing, message_id=encode("evt", due.event_id), at=at, body=due.payload)


async def _beginning(response: HttpResponse) -> str | None:
    """The first characters of the body as text; the rest is left unread, however long it is."""
    read = b""
    async for part in response.aiter_raw():
        read += part
        if len(read) >= _EXCERPT_BYTES:
            break
    text = read[:_EXCERPT_BYTES].decode("utf-8", errors="replace").replace("\x00", "\ufffd")
    return text[:EXCERPT_CHARACTERS] or None
