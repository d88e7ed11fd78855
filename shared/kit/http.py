"""Outgoing HTTP: the one module that imports httpx, and the factory of every client."""

import httpx

from shared.kit.settings import Settings

USER_AGENT = "groundswell/0.1 (+self-hosted)"

HttpClient = httpx.AsyncClient
HttpResponse = httpx.Response
HttpRequest = httpx.Request
HttpError = httpx.HTTPError
HttpTransport = httpx.AsyncBaseTransport
HttpTimeout = httpx.Timeout


def create_http_client(
    settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None, base_url: str = ""
) -> httpx.AsyncClient:
    """A client with our timeouts and user agent; follows no redirect and reads no proxy from the environment.

    `settings` is where limits for outgoing calls will be read from; `transport` is the seam for tests and for the
    URL guard.
    """
    return httpx.AsyncClient(
        transport=transport,
        base_url=base_url,
        timeout=httpx.Timeout(30.0, connect=5.0),
        limits=httpx.Limits(max_connections=100, max_keepalive_connections=20),
        headers={"User-Agent": USER_AGENT},
        follow_redirects=False,
        trust_env=False,
    )
