"""Fixtures of every test: a real PostgreSQL and a database per test process, a migrated template, fresh workspaces."""

import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from shared.kit.embedded_postgres.cluster import ensure_cluster
from shared.kit.ids import new_id
from shared.kit.migrations import upgrade
from shared.kit.settings import asyncpg_url
from shared.kit.telemetry import configure_logging
from tests.house import HISTORIES, House, Tenant, make_tenant, open_house

ROOT = Path(__file__).parent.parent
TEST_HOME = ROOT / ".groundswell-test"


def pytest_configure(config: pytest.Config) -> None:
    os.environ.pop("DATABASE_URL", None)
    configure_logging("tests", "WARNING")


@pytest.fixture(scope="session")
def server_url(worker_id: str) -> Iterator[str]:
    """`postgresql://…/postgres` of a real server: the embedded one, started once and left running for the next run.

    Each process of a run has its own. Followers of commits wait for the oldest transaction of a whole server, so on one
    server a test would wait for what another process happens to do.
    """
    given = os.environ.get("GROUNDSWELL_TEST_DATABASE_URL")
    if given:
        yield given
        return
    home = TEST_HOME / worker_id
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Tests of durability start clusters of their own; everywhere else speed wins over power cuts.
        cluster = ensure_cluster(
            home, settings={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        )
    yield cluster.url("postgres").replace("postgresql+asyncpg://", "postgresql://", 1)


def _with_database(server: str, name: str) -> str:
    head, _, _ = server.rpartition("/")
    return f"{head}/{name}"


async def _administer(server: str, *statements: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def template(server_url: str, worker_id: str) -> str:
    """A database with every history at its head, made anew when a migration changed."""
    digest = hashlib.sha256()
    for history in HISTORIES:
        for file in sorted(history.folder.rglob("*.py")):
            digest.update(file.read_bytes())
    for name in ("migrations.py", "tables.py", "webhooks/migration.py"):
        digest.update((ROOT / "shared/kit" / name).read_bytes())
    name = f"gs_template_{digest.hexdigest()[:16]}"
    TEST_HOME.mkdir(exist_ok=True)
    with (TEST_HOME / f"{worker_id}.template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        connection = await asyncpg.connect(server_url)
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
        await connection.close()
        if not known:
            building = f"{name}_building"
            await _administer(server_url, f"DROP DATABASE IF EXISTS {building}", f"CREATE DATABASE {building}")
            for history in HISTORIES:
                await upgrade(asyncpg_url(_with_database(server_url, building)), history)
            await _administer(server_url, f"ALTER DATABASE {building} RENAME TO {name}")
    return name


@pytest.fixture(scope="session")
async def database_url(server_url: str, template: str, worker_id: str) -> AsyncIterator[str]:
    """This test process's own migrated database; tests keep apart by working in fresh workspaces."""
    name = f"gs_test_{os.getpid()}_{worker_id}"
    await _administer(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield asyncpg_url(_with_database(server_url, name))
    await _administer(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@asynccontextmanager
async def fresh_database(server_url: str, template: str) -> AsyncIterator[str]:
    """A migrated database for as long as the context lasts."""
    name = f"gs_fresh_{new_id().hex}"
    await _administer(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield asyncpg_url(_with_database(server_url, name))
    finally:
        await _administer(server_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
async def fresh_database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """A migrated database of one test's own, for tests that count all rows or break things."""
    async with fresh_database(server_url, template) as url:
        yield url


@pytest.fixture(scope="module")
async def module_database_url(server_url: str, template: str) -> AsyncIterator[str]:
    """A migrated database of one test file's own."""
    async with fresh_database(server_url, template) as url:
        yield url


@pytest.fixture(scope="session")
async def house(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        yield await open_house(stack, database_url, tmp_path_factory.mktemp("home"))


@pytest.fixture
async def tenant(house: House) -> Tenant:
    return await make_tenant(house)


@pytest.fixture
async def other_tenant(house: House) -> Tenant:
    return await make_tenant(house)
