"""Who follows a search or a ranking is told to come back when the server stops."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from shared.kit.db import Database
from shared.kit.identity.keys import generate_key, hash_key
from shared.kit.identity.service import ensure_bootstrap_key
from tests.processes import running

pytestmark = pytest.mark.slow
BRIEF = {"brand": {"name": "Fellside Shoes"}, "hashtags": ["#fellrunning"]}


async def test_a_server_that_stops_sends_its_followers_a_retry_event(module_database_url: str, tmp_path: Path) -> None:
    key = generate_key()
    identity = Database(module_database_url, schema="identity", pool_size=1)
    async with identity.system_session() as session:
        await ensure_bootstrap_key(session, key_sha256=hash_key(key).hex())
    await identity.dispose()
    followers: list[asyncio.Task[str]] = []
    following = asyncio.Semaphore(0)

    async def follow(url: str) -> str:
        text = ""
        async with client.stream("GET", url) as answer:
            assert answer.status_code == 200
            following.release()
            async for part in answer.aiter_text():
                text += part
        return text

    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}))
        databases = {"DATABASE_URL": module_database_url}
        async with running(tmp_path, databases=databases, services=("discovery", "scoring")) as addresses:
            # no worker runs: both wait for ever
            body = {"brief": BRIEF, "sources": ["archive"]}
            search = (await client.post(f"{addresses['discovery']}/v1/searches", json=body)).json()
            body = {"search_id": search["id"], "goal": "conversion"}
            ranking = (await client.post(f"{addresses['scoring']}/v1/rankings", json=body)).json()
            for url in (
                f"{addresses['discovery']}/v1/searches/{search['id']}/events",
                f"{addresses['scoring']}/v1/rankings/{ranking['id']}/events",
            ):
                followers.append(asyncio.create_task(follow(url)))
                await following.acquire()
        for seen in await asyncio.gather(*followers):
            assert seen.endswith("event: retry\nretry: 2000\n\n"), seen
