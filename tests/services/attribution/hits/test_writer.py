"""Claims about when batches of hits are sent on their way, and what becomes of them when a connection is lost."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from services.attribution.hits import store, writer
from services.attribution.hits.record import HitRecord, Outcome
from services.attribution.hits.salts import Salts
from services.attribution.hits.spool import Spool
from services.attribution.hits.writer import HitWriter, NotStored
from tests.house import Tenant


class Disk:
    """Stands before the database: every batch waits here until the test lets it on."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, asyncio.Future[None]]] = []
        self.used: list[asyncpg.Connection] = []

    async def copy(self, connection: asyncpg.Connection, records: Sequence[HitRecord]) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.batches.append((len(records), future))
        self.used.append(connection)
        await future

    @property
    def sizes(self) -> list[int]:
        return [size for size, _ in self.batches]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(store, "copy_hits", made.copy)
    return made


@pytest.fixture
async def hits(tenant: Tenant, tmp_path: Path, disk: Disk) -> AsyncIterator[HitWriter]:
    made = HitWriter(tenant.house.runtime("attribution"), Spool(tmp_path), Salts())
    await made.start()
    async with asyncio.timeout(10):
        while len(made._connections) < writer.WRITERS:  # noqa: ASYNC110  # another task connects
            await asyncio.sleep(0.01)
    yield made
    for _, future in disk.batches:
        if not future.done():
            future.set_result(None)
    await made.stop()


def hit(workspace_id: UUID) -> HitRecord:
    return HitRecord(
        workspace_id, uuid4(), uuid4(), datetime.now(UTC), "GET", Outcome.REDIRECTED, None, None, None, None
    )


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_what_comes_together_goes_together_and_is_answered_when_it_is_on_disk(
    hits: HitWriter, disk: Disk, tenant: Tenant
) -> None:
    futures = [hits.write(hit(tenant.workspace_id)) for _ in range(3)]
    await turns()
    assert disk.sizes == [3]
    assert not any(future.done() for future in futures)
    disk.batches[0][1].set_result(None)
    await asyncio.wait_for(asyncio.gather(*futures), 5)


async def test_a_second_batch_sets_out_once_it_is_as_large_as_the_one_under_way_and_no_third(
    hits: HitWriter, disk: Disk, tenant: Tenant
) -> None:
    for _ in range(3):
        hits.write(hit(tenant.workspace_id))
    await turns()
    for _ in range(2):
        hits.write(hit(tenant.workspace_id))
    await turns()
    assert disk.sizes == [3]
    hits.write(hit(tenant.workspace_id))
    await turns()
    assert disk.sizes == [3, 3]
    assert disk.used[0] is not disk.used[1]
    last = [hits.write(hit(tenant.workspace_id)) for _ in range(9)]
    await turns()
    assert disk.sizes == [3, 3]
    disk.batches[1][1].set_result(None)
    await turns()
    assert disk.sizes == [3, 3, 9]
    assert not any(future.done() for future in last)


async def test_the_rest_sets_out_when_the_one_under_way_is_done_however_small_it_is(
    hits: HitWriter, disk: Disk, tenant: Tenant
) -> None:
    for _ in range(5):
        hits.write(hit(tenant.workspace_id))
    await turns()
    hits.write(hit(tenant.workspace_id))
    await turns()
    disk.batches[0][1].set_result(None)
    await turns()
    assert disk.sizes == [5, 1]


async def test_a_batch_whose_connection_is_lost_is_spooled_and_the_other_one_goes_on(
    hits: HitWriter, disk: Disk, tenant: Tenant
) -> None:
    first = [hits.write(hit(tenant.workspace_id)) for _ in range(2)]
    await turns()
    second = [hits.write(hit(tenant.workspace_id)) for _ in range(2)]
    await turns()
    disk.batches[0][1].set_exception(asyncpg.ConnectionDoesNotExistError("gone"))
    await asyncio.wait_for(asyncio.gather(*first), 5)
    assert hits.is_connected
    assert not any(future.done() for future in second)
    disk.batches[1][1].set_result(None)
    await asyncio.wait_for(asyncio.gather(*second), 5)
    async with asyncio.timeout(10):
        while len(hits._connections) < writer.WRITERS:  # noqa: ASYNC110  # another task connects
            await asyncio.sleep(0.01)


async def test_without_connection_and_spool_a_hit_is_refused_and_the_next_one_is_tried_anew(
    hits: HitWriter, disk: Disk, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hits._spool, "append", full)
    refused = hits.write(hit(tenant.workspace_id))
    await turns()
    disk.batches[0][1].set_exception(asyncpg.ConnectionDoesNotExistError("gone"))
    with pytest.raises(NotStored):
        await asyncio.wait_for(refused, 5)
    stored = hits.write(hit(tenant.workspace_id))
    await turns()
    disk.batches[1][1].set_result(None)
    await asyncio.wait_for(stored, 5)
