"""Uploads that go wrong while they stream."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.discovery.imports import repository, service
from services.discovery.imports.lines import LineCutter
from shared.kit.settings import asyncpg_url
from tests.house import Tenant
from tests.processes import running
from tests.services.discovery.imports.test_imports import LINES, STAGING, TABLES, counts, ndjson, send


async def chunks_are_stored(tenant: Tenant, wanted: bool) -> None:
    """Comes back when another process has stored or dropped its chunks."""
    while bool((await counts(tenant, ("import_chunks",)))["import_chunks"]) is not wanted:  # noqa: ASYNC110  # another process acts
        await asyncio.sleep(0.05)  # what is waited for happens in another process


def small_cutter() -> LineCutter:
    return LineCutter(chunk_bytes=150)


async def test_a_sender_that_falls_silent_is_told_so_and_leaves_nothing(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SILENCE_SECONDS", 0.05)
    monkeypatch.setattr("services.discovery.imports.service.LineCutter", small_cutter)

    async def stalls() -> AsyncIterator[bytes]:
        yield ndjson(LINES)
        await asyncio.Event().wait()

    answer = await send(tenant, stalls())
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert set((await counts(tenant, (*TABLES, *STAGING))).values()) == {0}


async def test_an_upload_of_which_a_part_was_given_up_is_not_accepted(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tenant.house.runtime("discovery").database
    whole = service.receive

    async def purged_meanwhile(*args: object, **kwargs: object) -> service.Received:
        received = await whole(*args, **kwargs)  # type: ignore[arg-type]  # handed through as they came
        async with database.tenant_session(tenant.workspace_id) as session:
            await repository.drop_chunks(session, workspace_id=tenant.workspace_id, import_id=received.import_id)
        return received

    monkeypatch.setattr(service, "receive", purged_meanwhile)
    answer = await send(tenant, ndjson(LINES))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert (await counts(tenant, ("imports",)))["imports"] == 0


async def test_a_connection_that_is_cut_leaves_nothing_in_a_real_process(
    tenant: Tenant, database_url: str, tmp_path: Path
) -> None:
    server = asyncpg_url(database_url).replace("+asyncpg", "")
    line = json.dumps({**LINES[2], "text": "x" * 1_000}).encode() + b"\n"
    async with running(tmp_path, databases={"DATABASE_URL": server}, services=("discovery",)) as addresses:
        address = urlsplit(addresses["discovery"])
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        head = (
            "POST /v1/imports HTTP/1.1\r\nHost: discovery.test\r\nContent-Type: application/x-ndjson\r\n"
            f"Authorization: Bearer {tenant.key}\r\nContent-Length: 100000000\r\n\r\n"
        )
        writer.write(head.encode() + line * 5_000)  # two chunks and more, of a body that is announced as longer
        await writer.drain()
        async with asyncio.timeout(30):
            await chunks_are_stored(tenant, True)
            writer.transport.abort()
            await chunks_are_stored(tenant, False)
        del reader
    assert set((await counts(tenant, (*TABLES, *STAGING))).values()) == {0}
