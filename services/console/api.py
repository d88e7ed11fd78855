"""How the command line calls the services: the public HTTP API, with a key, and one clear line for each error."""

import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Self

from services.console.credentials import read_credentials
from services.console.errors import ApiRefused, NotRunning
from services.console.launch import home_of, read_settings
from shared.kit.http import HttpClient, HttpError, HttpResponse, create_http_client


class Api:
    """Calls as one key. Addresses and key come from `credentials.json`, or from the environment.

    GROUNDSWELL_API_KEY replaces the key; DISCOVERY_URL, SCORING_URL and ATTRIBUTION_URL replace the addresses.
    """

    def __init__(self, *, key: str, addresses: Mapping[str, str], client: HttpClient) -> None:
        self.key = key
        self.addresses = addresses
        self._client = client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    def as_key(self, key: str) -> "Api":
        """The same connections as another key."""
        return Api(key=key, addresses=self.addresses, client=self._client)

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Any:
        """The answer's JSON (None for 204). Raises ApiRefused for an error answer, NotRunning when nobody answers."""
        answer = await self.send(
            service, method, path, body=body, params=params, content=content, headers=headers, key=key
        )
        return answer.json() if answer.content else None

    async def send(
        self, service: str, method: str, path: str, *, body: Any = None, params: Mapping[str, Any] | None = None,
        content: Any = None, headers: Mapping[str, str] | None = None, key: str | None = None,
    ) -> HttpResponse:  # fmt: skip
        """As `call`, with the whole answer."""
        sent = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        if key is not None:
            sent["Idempotency-Key"] = key
        url = f"{self.addresses[service]}{path}"
        shown = {name: value for name, value in (params or {}).items() if value is not None}
        try:
            answer = await self._client.request(method, url, json=body, params=shown, content=content, headers=sent)
        except HttpError as error:
            raise NotRunning(
                f"{service} does not answer at {self.addresses[service]} ({type(error).__name__}); does it run?"
            ) from error
        if answer.status_code >= 400:
            raise refusal(method, path, answer)
        return answer

    async def download(self, service: str, path: str, *, params: Mapping[str, Any], to: Path) -> None:
        """Write an answer to a file as it comes. One that is refused or cut short leaves no file, raising as `call`."""
        part = to.with_name(f"{to.name}.part")
        try:
            async with self._client.stream(
                "GET", f"{self.addresses[service]}{path}", params=dict(params),
                headers={"Authorization": f"Bearer {self.key}"},
            ) as answer:  # fmt: skip
                if answer.status_code >= 400:
                    await answer.aread()
                    raise refusal("GET", path, answer)
                with part.open("wb") as file:
                    async for chunk in answer.aiter_bytes():
                        file.write(chunk)
            part.replace(to)
        except HttpError as error:
            raise NotRunning(f"{service} did not answer to the end ({type(error).__name__})") from error
        finally:
            part.unlink(missing_ok=True)

    async def visit(self, service: str, method: str, path: str, *, user_agent: str) -> HttpResponse:
        """A visitor's request to a public address: without the key. Redirects are not followed."""
        try:
            answer = await self._client.request(
                method, f"{self.addresses[service]}{path}", headers={"User-Agent": user_agent}
            )
        except HttpError as error:
            raise NotRunning(f"{service} does not answer ({type(error).__name__})") from error
        if answer.status_code >= 400:
            raise refusal(method, path, answer)
        return answer

    async def items(self, service: str, path: str, **params: Any) -> AsyncIterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor = None
        while True:
            page = await self.call(service, "GET", path, params={**params, "cursor": cursor})
            for item in page["items"]:
                yield item
            cursor = page.get("next_cursor")
            if cursor is None:
                return


def refusal(method: str, path: str, answer: HttpResponse) -> ApiRefused:
    """One line from a problem+json answer, and a further line for each fault."""
    try:
        problem = answer.json()
        line = f"{problem['title']}: {problem.get('detail') or ''}".rstrip(": ")
        details = [f"{fault['pointer']}: {fault['detail']}" for fault in problem.get("errors", [])]
    except (ValueError, KeyError, TypeError):
        line, details = f"answered {answer.status_code}", []
    return ApiRefused(f"{method} {path}: {line}", status=answer.status_code, details=details)


def open_api() -> Api:
    """The API of the running installation. Raises NotRunning when there is neither a file nor an environment."""
    settings = read_settings()
    known = read_credentials(home_of(settings))
    key = os.environ.get("GROUNDSWELL_API_KEY") or (known["api_key"] if known else "")
    if not key:
        raise NotRunning("No API key: run `groundswell up` here, or set GROUNDSWELL_API_KEY and the services' URLs.")
    addresses = {}
    for service in ("discovery", "scoring", "attribution"):
        stated = os.environ.get(f"{service.upper()}_URL")
        addresses[service] = (stated or (known[service] if known else settings.url_of(service))).rstrip("/")
    return Api(key=key, addresses=addresses, client=create_http_client(settings))
