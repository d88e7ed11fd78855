"""An answer becomes a file when it came to its end, and no file otherwise."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.console.api import Api
from services.console.errors import ApiRefused, NotRunning


class Cut(httpx.AsyncByteStream):
    """An answer whose connection is lost on the way."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"rank,handle\r\n"
        raise httpx.RemoteProtocolError("peer closed connection")


def api_that_answers(answer: httpx.Response) -> Api:
    transport = httpx.MockTransport(lambda _: answer)
    return Api(
        key="gsk_test",
        addresses={"discovery": "http://discovery.test"},
        client=httpx.AsyncClient(transport=transport),
    )


async def test_an_answer_is_written_whole(tmp_path: Path) -> None:
    file = tmp_path / "found.csv"
    async with api_that_answers(httpx.Response(200, content=b"rank,handle\r\n1,ana\r\n")) as api:
        await api.download("discovery", "/v1/searches/sch_1/export", params={"format": "csv"}, to=file)
    assert file.read_bytes() == b"rank,handle\r\n1,ana\r\n"
    assert [one.name for one in os.scandir(tmp_path)] == ["found.csv"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(409, json={"title": "Conflict", "detail": "it runs"}), ApiRefused),
        (httpx.Response(200, stream=Cut()), NotRunning),
    ],
)
async def test_what_is_refused_or_cut_leaves_the_old_file(
    tmp_path: Path, answer: httpx.Response, error: type[Exception]
) -> None:
    file = tmp_path / "found.csv"
    file.write_bytes(b"of yesterday")
    async with api_that_answers(answer) as api:
        with pytest.raises(error):
            await api.download("discovery", "/v1/searches/sch_1/export", params={}, to=file)
    assert file.read_bytes() == b"of yesterday"
    assert [one.name for one in os.scandir(tmp_path)] == ["found.csv"]
