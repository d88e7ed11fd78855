"""Jobs: part of their writer's transaction, run at least once, held when they can never succeed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from shared.kit.ids import new_id
from shared.kit.jobs import MAX_STARTS, JobContext, JobFailed, JobSet, drain, enqueue, run_jobs
from shared.kit.runtime import Runtime
from tests.house import open_house


@pytest.fixture
async def runtime(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Runtime]:
    async with AsyncExitStack() as stack:
        house = await open_house(stack, fresh_database_url, tmp_path)
        yield house.runtime("discovery")


async def put(runtime: Runtime, name: str = "note", dedupe_key: str | None = None) -> None:
    async with runtime.database.tenant_session(new_id()) as session:
        await enqueue(session, name, {"workspace_id": new_id()}, schema="discovery", dedupe_key=dedupe_key)


async def queue_rows(runtime: Runtime) -> list[tuple[str, str]]:
    connection = await asyncpg.connect(runtime.database.url.replace("+asyncpg", ""))
    rows = await connection.fetch("SELECT entrypoint, status::text FROM discovery.pgqueuer ORDER BY id")
    await connection.close()
    return [tuple(row) for row in rows]


async def make_due(runtime: Runtime) -> None:
    connection = await asyncpg.connect(runtime.database.url.replace("+asyncpg", ""))
    await connection.execute("UPDATE discovery.pgqueuer SET execute_after = now()")
    await connection.close()


def noting(notes: list[int]) -> JobSet:
    jobs = JobSet()

    @jobs.job("note")
    async def note(context: JobContext[Runtime]) -> None:
        notes.append(context.start)

    return jobs


async def test_a_job_runs_once_and_is_gone(runtime: Runtime) -> None:
    notes: list[int] = []
    await put(runtime)
    await drain(runtime, [noting(notes)])
    assert (notes, await queue_rows(runtime)) == ([1], [])


async def test_a_rolled_back_writer_leaves_no_job(runtime: Runtime) -> None:
    with pytest.raises(ZeroDivisionError):
        async with runtime.database.tenant_session(new_id()) as session:
            await enqueue(session, "note", {}, schema="discovery")
            raise ZeroDivisionError
    assert await queue_rows(runtime) == []


async def test_an_equal_dedupe_key_waits_once(runtime: Runtime) -> None:
    await put(runtime, dedupe_key="a")
    await put(runtime, dedupe_key="a")
    await put(runtime, dedupe_key="b")
    assert len(await queue_rows(runtime)) == 2


async def test_a_tenant_cannot_read_payloads(runtime: Runtime) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import ProgrammingError

    await put(runtime)
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with runtime.database.tenant_session(new_id()) as session:
            await session.execute(text("SELECT payload FROM discovery.pgqueuer"))


async def test_a_job_that_can_never_succeed_is_held(runtime: Runtime) -> None:
    jobs = JobSet()

    @jobs.job("note")
    async def refuse(context: JobContext[Runtime]) -> None:
        raise JobFailed("the import is gone")

    await put(runtime)
    await drain(runtime, [jobs])
    assert await queue_rows(runtime) == [("note", "failed")]


async def test_a_raising_job_is_tried_again(runtime: Runtime) -> None:
    starts: list[int] = []
    jobs = JobSet()

    @jobs.job("note")
    async def fail_once(context: JobContext[Runtime]) -> None:
        starts.append(context.start)
        if context.start == 1:
            raise OSError("a peer was away")

    await put(runtime)
    await drain(runtime, [jobs])
    await make_due(runtime)
    await drain(runtime, [jobs])
    assert (starts, await queue_rows(runtime)) == ([1, 2], [])


async def test_a_job_that_keeps_killing_its_worker_is_held(runtime: Runtime) -> None:
    notes: list[int] = []
    await put(runtime)
    connection = await asyncpg.connect(runtime.database.url.replace("+asyncpg", ""))
    await connection.execute(
        "INSERT INTO discovery.job_starts (job_id, starts) SELECT id, $1 FROM discovery.pgqueuer", MAX_STARTS
    )
    await connection.close()
    await drain(runtime, [noting(notes)])
    assert (notes, await queue_rows(runtime)) == ([], [("note", "failed")])


async def test_the_queue_goes_on_after_its_connections_were_cut(runtime: Runtime) -> None:
    ran = asyncio.Event()
    jobs = JobSet()

    @jobs.job("note")
    async def note(context: JobContext[Runtime]) -> None:
        ran.set()

    shutdown = asyncio.Event()
    worker = asyncio.create_task(run_jobs(runtime, [jobs], shutdown=shutdown))
    await put(runtime)
    await asyncio.wait_for(ran.wait(), 10)
    connection = await asyncpg.connect(runtime.database.url.replace("+asyncpg", ""))
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'groundswell-discovery-jobs'"
    )
    await connection.close()
    ran.clear()
    await put(runtime)
    await asyncio.wait_for(ran.wait(), 30)
    shutdown.set()
    await asyncio.wait_for(worker, 10)
