"""The delivering worker: woken by the commit, alive after a lost database, undisturbed by dead endpoints, killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
from sqlalchemy import text

from shared.kit.ids import new_id
from shared.kit.webhooks.delivery import Deliverer
from shared.schemas.ids import encode
from tests.house import TEST_SECRET
from tests.shared.kit.webhooks.conftest import Desk
from tests.shared.kit.webhooks.receiver import hanging

ROOT = Path(__file__).parents[4]
# Only a notification can wake a worker that looks so seldom by itself.
SELDOM = timedelta(hours=1)


@asynccontextmanager
async def running(*workers: Deliverer) -> AsyncIterator[None]:
    shutdown = asyncio.Event()
    tasks = [asyncio.create_task(worker.run(shutdown)) for worker in workers]
    try:
        yield
    finally:
        shutdown.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 10)


async def execute(desk: Desk, statement: str) -> None:
    connection = await asyncpg.connect(desk.runtime.database.url.replace("+asyncpg", ""))
    await connection.execute(statement)
    await connection.close()


async def listening(desk: Desk) -> None:
    """Wait until the worker's connection for notifications is there."""
    connection = await asyncpg.connect(desk.runtime.database.url.replace("+asyncpg", ""))
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' "
        "AND application_name = 'groundswell-discovery-webhooks' AND state = 'idle'"
    )
    async with asyncio.timeout(30):
        while not await connection.fetchval(query):  # noqa: ASYNC110  # the server tells, no event of ours does
            await asyncio.sleep(0)
    await connection.close()


async def test_the_writers_commit_wakes_the_worker(desk: Desk) -> None:
    await desk.endpoint("/in")
    async with running(desk.worker(look=SELDOM)):
        await listening(desk)
        await desk.emit()
        await desk.receiver.until(lambda: len(desk.receiver.got) == 1)


async def test_the_worker_goes_on_after_every_connection_was_cut(desk: Desk) -> None:
    await desk.endpoint("/in")
    async with running(desk.worker()):
        await listening(desk)
        await execute(
            desk,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        await desk.emit()
        await desk.receiver.until(lambda: len(desk.receiver.got) == 1)


async def test_two_workers_share_the_work_and_repeat_none_of_it(desk: Desk) -> None:
    endpoint = await desk.endpoint("/in")
    async with running(desk.worker(), desk.worker()):
        for _ in range(60):
            await desk.emit()
        await desk.receiver.until(lambda: len(desk.receiver.got) >= 60)
    assert len({got.id for got in desk.receiver.got}) == len(desk.receiver.got) == 60
    assert {row["status"] for row in await desk.deliveries(endpoint)} == {"delivered"}


async def test_ten_dead_endpoints_of_a_thousand_do_not_keep_the_rest_waiting(desk: Desk) -> None:
    """The dead hold their requests until the living have everything; a worker that waited for them would never end."""
    some = await desk.endpoint("/model")
    async with desk.runtime.database.tenant_session(desk.tenant.workspace_id) as session:
        await session.execute(
            text(
                "INSERT INTO discovery.webhook_endpoints (workspace_id, id, url, events, secret) "
                "SELECT workspace_id, gen_random_uuid(), :url || n, '{}', secret FROM discovery.webhook_endpoints, "
                "generate_series(1, 999) n"
            ),
            {"url": desk.receiver.url("/")},
        )
        # A secret is bound to its endpoint, so the copies get one of their own.
        rows = (await session.execute(text("SELECT id FROM discovery.webhook_endpoints"))).scalars().all()
        from shared.kit.webhooks.sending import secret_context

        for row in rows:
            sealed = desk.runtime.secrets.seal(some["secret"], context=secret_context(desk.tenant.workspace_id, row))
            await session.execute(
                text("UPDATE discovery.webhook_endpoints SET secret = :secret WHERE id = :id"),
                {"secret": sealed, "id": row},
            )
    over = asyncio.Event()
    dead = {f"/{n}" for n in range(1, 11)}
    desk.receiver.behaviours.update({path: hanging(over) for path in dead})
    async with running(desk.worker()):
        await desk.emit()
        await desk.receiver.until(lambda: len({got.path for got in desk.receiver.got} - dead) == 990)
        over.set()


async def test_a_worker_killed_in_mid_delivery_loses_nothing(desk: Desk, tmp_path: Path) -> None:
    endpoint, event_id, never = await desk.endpoint("/in"), new_id(), asyncio.Event()
    desk.receiver.behaviours["/in"] = hanging(never)
    settings = {
        "DATABASE_URL": desk.runtime.database.url.replace("+asyncpg", ""),
        "GROUNDSWELL_HOME": str(tmp_path),
        "GROUNDSWELL_SECRET": TEST_SECRET,
        "EGRESS_ALLOW": desk.receiver.place,
    }
    log = (tmp_path / "log").open("w")
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.discovery.worker", cwd=ROOT, stdout=log, stderr=log,
        env={**{name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}, **settings},
    )  # fmt: skip
    try:
        await desk.emit(event_id=event_id)
        await desk.receiver.until(lambda: len(desk.receiver.got) == 1)
    finally:
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
        log.close()
    never.set()
    assert [row["status"] for row in await desk.deliveries(endpoint)] == ["pending"]
    desk.receiver.behaviours.clear()
    assert await desk.drain() == 0
    desk.clock.pass_by(seconds=61)
    assert await desk.drain() == 1
    assert [got.id for got in desk.receiver.got] == [encode("evt", event_id)] * 2
    assert [row["status"] for row in await desk.deliveries(endpoint)] == ["delivered"]


async def test_what_is_under_way_at_shutdown_is_finished_and_recorded(desk: Desk) -> None:
    endpoint, go = await desk.endpoint("/in"), asyncio.Event()
    desk.receiver.behaviours["/in"] = hanging(go)
    async with running(desk.worker(stop=timedelta(seconds=30))):
        await desk.emit()
        await desk.receiver.until(lambda: len(desk.receiver.got) == 1)
        asyncio.get_running_loop().call_later(0.05, go.set)
    assert [row["status"] for row in await desk.deliveries(endpoint)] == ["delivered"]


async def test_a_shutdown_does_not_wait_for_a_receiver_that_hangs(desk: Desk) -> None:
    endpoint, never = await desk.endpoint("/in"), asyncio.Event()
    desk.receiver.behaviours["/in"] = hanging(never)
    async with running(desk.worker(stop=timedelta(0))):
        await desk.emit()
        await desk.receiver.until(lambda: len(desk.receiver.got) == 1)
    never.set()
    assert [row["status"] for row in await desk.deliveries(endpoint)] == ["pending"]
