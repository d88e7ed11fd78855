"""The example is deleted with what remembers it, whoever deleted its workspace first."""

from pathlib import Path

import httpx
import pytest

from services.console.api import Api
from services.console.errors import ApiRefused
from services.console.example.campaign import erase
from services.console.example.state import FILE, Example


def api_that_answers(status: int) -> Api:
    transport = httpx.MockTransport(lambda _: httpx.Response(status))
    return Api(
        key="gsk_test",
        addresses={"attribution": "http://attribution.test"},
        client=httpx.AsyncClient(transport=transport),
    )


@pytest.mark.parametrize("status", [202, 404])
async def test_a_workspace_that_is_gone_is_forgotten(tmp_path: Path, status: int) -> None:
    example = Example(tmp_path)
    example.remember(workspace_id="wsp_1")
    async with api_that_answers(status) as api:
        assert await erase(api, example)
    assert not (tmp_path / FILE).exists()


async def test_a_workspace_that_may_not_be_deleted_is_remembered(tmp_path: Path) -> None:
    Example(tmp_path).remember(workspace_id="wsp_1")
    async with api_that_answers(403) as api:
        with pytest.raises(ApiRefused):
            await erase(api, Example.load(tmp_path))
    assert Example.load(tmp_path).state == {"workspace_id": "wsp_1"}
