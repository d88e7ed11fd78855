"""The way of a connector to its platform: metered, bounded in bytes and time, failing in the connectors' terms."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from services.discovery import platform_http
from services.discovery.connector import NotPermitted, PlatformFault, RateLimited
from services.discovery.platform_http import PlatformHttp
from services.discovery.ratelimits import ObservedLimit
from shared.kit.http import GuardedTransport
from tests.services.discovery.connectors.recorder import NOW, Recorder

URL = "https://platform.example.com/call?kept=1"


def _http(answer: Callable[[httpx.Request], httpx.Response], meter: Recorder | None = None) -> PlatformHttp:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return PlatformHttp("some", client, meter, clock=lambda: NOW)


async def test_the_query_of_an_address_stays_where_no_parameter_is_added() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, text="ok")

    assert (await _http(answer).send(URL, endpoint="call")).text == "ok"
    assert asked == [URL]


async def test_an_answer_is_read_no_further_than_its_bound_even_unpacked() -> None:
    packed = gzip.compress(b"0" * 1_000_000)
    meter = Recorder()
    http = _http(lambda _: httpx.Response(200, content=packed, headers={"Content-Encoding": "gzip"}), meter)
    with pytest.raises(PlatformFault, match="too large") as caught:
        await http.send(URL, endpoint="call", longest=10_000)
    assert caught.value.transient is False
    assert len(meter.observed) == 1
    whole = await http.send(URL, endpoint="call", longest=1_000_000)
    assert len(whole.content) == 1_000_000


async def test_an_answer_that_trickles_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform_http, "CALL_SECONDS", 0.01)

    async def trickle() -> AsyncIterator[bytes]:
        yield b"["
        await asyncio.Event().wait()

    meter = Recorder()
    with pytest.raises(PlatformFault) as caught:
        await _http(lambda _: httpx.Response(200, content=trickle()), meter).send(URL, endpoint="call")
    assert caught.value.transient is True
    assert meter.observed == [None]


async def test_what_the_guard_stops_is_not_permitted_and_reaches_nobody() -> None:
    reached: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        reached.append(request)
        return httpx.Response(200)

    client = httpx.AsyncClient(transport=GuardedTransport(inner=httpx.MockTransport(answer)))
    for url in ("http://127.0.0.1/", "http://169.254.169.254/latest/", "ftp://example.com/", "http://[::1]/"):
        with pytest.raises(NotPermitted):
            await PlatformHttp("some", client).send(url, endpoint="call")
    assert reached == []


async def test_an_address_that_is_none_is_a_fault_that_stays() -> None:
    with pytest.raises(PlatformFault) as caught:
        await _http(lambda _: httpx.Response(200)).send("https://[not-an-address/", endpoint="call")
    assert caught.value.transient is False


async def test_a_503_without_a_time_is_a_fault_and_with_one_a_limit() -> None:
    answers = iter([httpx.Response(503), httpx.Response(503, headers={"Retry-After": "30"})])
    http = _http(lambda _: next(answers))
    assert (await http.send(URL, endpoint="call")).status_code == 503
    with pytest.raises(RateLimited) as caught:
        await http.send(URL, endpoint="call")
    assert (caught.value.retry_at - NOW).total_seconds() == 30


async def test_a_platform_may_tell_its_limit_elsewhere_than_in_headers() -> None:
    meter = Recorder()
    limit = ObservedLimit(remaining=0, resets_at=NOW)
    http = _http(lambda _: httpx.Response(403, json={"reason": "quota"}), meter)
    await http.send(URL, endpoint="call", limit_of=lambda answer, _: limit if answer.status_code == 403 else None)
    assert meter.observed == [limit]


@pytest.mark.parametrize("text", ["", "<html>", "7", '{"a": 1}', "[" * 100_000])
async def test_what_is_no_list_is_a_fault(text: str) -> None:
    http = _http(lambda _: httpx.Response(200, text=text))
    with pytest.raises(PlatformFault):
        http.items(await http.send(URL, endpoint="call"), endpoint="call")
