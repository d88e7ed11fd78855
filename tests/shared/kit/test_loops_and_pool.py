"""Claims about loops that run in one process at a time."""

import asyncio
from pathlib import Path

from shared.kit.loops import Loop, run_loop
from shared.kit.runtime import Runtime, create_runtime
from shared.kit.settings import Settings


def runtime_on(url: str, home: Path) -> Runtime:
    return create_runtime(
        Settings(
            service="attribution", attribution_database_url=url, groundswell_home=home, groundswell_secret="x" * 40,
            database_pool_size=1,
        )
    )  # fmt: skip


async def test_more_loops_than_connections_of_the_pool_all_run(database_url: str, tmp_path: Path) -> None:
    runtime, shutdown = runtime_on(database_url, tmp_path), asyncio.Event()
    ran: set[str] = set()

    def work(name: str) -> Loop:
        async def once(given: Runtime) -> bool:
            async with given.database.system_session() as session:
                await session.connection()
            ran.add(name)
            if len(ran) == 6:
                shutdown.set()
            return False

        return Loop(f"pool {name}", 0.01, once)

    async with asyncio.timeout(30):
        await asyncio.gather(*(run_loop(runtime, work(str(n)), shutdown=shutdown) for n in range(6)))
    await runtime.close()
    assert len(ran) == 6


async def test_of_two_processes_one_runs_a_loop(database_url: str, tmp_path: Path) -> None:
    first, second = runtime_on(database_url, tmp_path), runtime_on(database_url, tmp_path)
    shutdown, running = asyncio.Event(), asyncio.Event()
    seen: list[int] = []

    def work(number: int) -> Loop:
        async def once(_: Runtime) -> bool:
            seen.append(number)
            running.set()
            return False

        return Loop("only one", 0.01, once)

    tasks = [asyncio.create_task(run_loop(first, work(1), shutdown=shutdown))]
    await asyncio.wait_for(running.wait(), 20)
    tasks.append(asyncio.create_task(run_loop(second, work(2), shutdown=shutdown)))
    async with asyncio.timeout(20):
        while len(seen) < 50:  # noqa: ASYNC110  # rounds of the one that runs
            await asyncio.sleep(0.01)
    shutdown.set()
    await asyncio.gather(*tasks)
    for runtime in (first, second):
        await runtime.close()
    assert set(seen) == {1}
