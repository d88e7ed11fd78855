"""Outgoing HTTP: the one module that imports httpx, and the factory of every client."""

import asyncio
import importlib.util
import ssl
import sys

import httpx

from shared.kit.guard import Resolve, UrlRefused, check_url, public_addresses, read_allow, system_resolve
from shared.kit.settings import Settings

if importlib.util.find_spec("sniffio") is None:
    # httpcore tries to import it several times in every request, and a failing import searches the whole path each
    # time: 970 requests a second become 1,260 when the failure is known beforehand.
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]  # None is how the import system notes it

USER_AGENT = "groundswell/0.1 (+self-hosted)"

HttpClient = httpx.AsyncClient
HttpResponse = httpx.Response
HttpRequest = httpx.Request
HttpError = httpx.HTTPError
HttpInvalidUrl = httpx.InvalidURL
HttpTransport = httpx.AsyncBaseTransport
HttpTimeout = httpx.Timeout
HttpTimeoutError = httpx.TimeoutException
HttpConnectError = httpx.ConnectError


class EgressRefused(httpx.ConnectError):
    """The URL guard did not let a call out; the text says why and names no address."""


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


class GuardedTransport(httpx.AsyncBaseTransport):
    """Carries calls to URLs that users gave: each is resolved once, checked, and connects to a checked address.

    The Host header, the TLS server name and the certificate check keep the name. Every request gets a connection of
    its own, so that none is spoken to by another name and no answer of a name server outlives its request.
    """

    def __init__(
        self, *, allow: frozenset[tuple[str, int]] = frozenset(), resolve: Resolve = system_resolve,
        inner: httpx.AsyncBaseTransport | None = None, tls: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self._allow = allow
        self._resolve = resolve
        self._inner = inner or httpx.AsyncHTTPTransport(
            verify=tls or True, trust_env=False, limits=httpx.Limits(max_connections=None, max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            target = check_url(str(request.url), allow=self._allow)
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("connect")):
                addresses = await public_addresses(target, resolve=self._resolve)
        except UrlRefused as error:
            raise EgressRefused(str(error), request=request) from error
        except TimeoutError as error:
            raise httpx.ConnectTimeout("the name was not resolved in time", request=request) from error
        except OSError as error:
            raise httpx.ConnectError("the name was not resolved", request=request) from error
        last: httpx.TransportError | None = None
        for address in addresses:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,  # among them Host, made from the name
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": target.host},
            )
            try:
                return await self._inner.handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                last = error
        raise last or httpx.ConnectError("the name has no address", request=request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def create_guarded_client(
    settings: Settings, *, resolve: Resolve = system_resolve, inner: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """The client for URLs that users gave. Follows no redirect; even if told to, each step would be checked.

    `EGRESS_ALLOW` names the exceptions. Raises ValueError when it cannot be read. Calls that the guard stops raise
    EgressRefused.
    """
    return httpx.AsyncClient(
        transport=GuardedTransport(allow=read_allow(settings.egress_allow), resolve=resolve, inner=inner),
        timeout=httpx.Timeout(20.0, connect=5.0),
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        follow_redirects=False,
        trust_env=False,
    )
