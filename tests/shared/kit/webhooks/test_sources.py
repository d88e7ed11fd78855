"""Events that have no outbox row each: batches per endpoint, by a cursor that moves with its message."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kit.webhooks import outbox
from shared.kit.webhooks.loops import LOG_KEPT, expire_log
from shared.kit.webhooks.sources import MAX_WAITING, CursorMoved, advance, cut, serve, subscribers
from tests.shared.kit.webhooks.conftest import Desk
from tests.shared.kit.webhooks.receiver import always

BATCH = 4


class Readings:
    """A source over a real table."""

    name = "readings"
    type = "candidate.found"

    async def start(self, session: AsyncSession, *, workspace_id: UUID) -> str:
        query = text("SELECT coalesce(max(id), 0) FROM discovery.readings WHERE workspace = :workspace")
        return str((await session.execute(query, {"workspace": workspace_id})).scalar_one())

    async def read(
        self, session: AsyncSession, *, workspace_id: UUID, after: str
    ) -> tuple[Sequence[Mapping[str, Any]], str]:
        query = text(
            "SELECT id FROM discovery.readings WHERE workspace = :workspace AND id > :after ORDER BY id LIMIT :n"
        )
        found = await session.execute(query, {"workspace": workspace_id, "after": int(after), "n": BATCH})
        ids = list(found.scalars())
        return [{"n": number} for number in ids], str(ids[-1]) if ids else after


SOURCE = Readings()


async def write(desk: Desk, *numbers: int) -> None:
    async with desk.runtime.database.system_session() as session:
        for number in numbers:
            await session.execute(
                text("INSERT INTO discovery.readings VALUES (:workspace, :number)"),
                {"workspace": desk.tenant.workspace_id, "number": number},
            )


@pytest.fixture
async def table(desk: Desk) -> None:
    async with desk.runtime.database.system_session() as session:
        await session.execute(text("DROP TABLE IF EXISTS discovery.readings"))
        await session.execute(text("CREATE TABLE discovery.readings (workspace uuid, id bigint)"))


async def serve_all(desk: Desk) -> None:
    while await serve(desk.runtime, SOURCE):
        await desk.drain()
    await desk.drain()


def numbers_at(desk: Desk, path: str) -> list[list[int]]:
    return [[item["n"] for item in json.loads(got.body)["data"]["items"]] for got in desk.receiver.at(path)]


@pytest.mark.usefixtures("table")
async def test_every_subscriber_gets_every_item_from_then_on_in_batches(desk: Desk) -> None:
    await write(desk, 1, 2)
    await desk.endpoint("/one", "candidate.found")
    await desk.endpoint("/not", "import.completed")
    await serve_all(desk)
    await write(desk, *range(3, 9))
    await serve_all(desk)
    await desk.endpoint("/two")
    await serve_all(desk)
    await write(desk, 9)
    await serve_all(desk)
    assert numbers_at(desk, "/one") == [[3, 4, 5, 6], [7, 8], [9]]
    assert numbers_at(desk, "/two") == [[9]]
    assert numbers_at(desk, "/not") == []


@pytest.mark.usefixtures("table")
async def test_a_batch_that_fails_comes_again_under_its_id(desk: Desk) -> None:
    await desk.endpoint("/one")
    await serve_all(desk)
    desk.receiver.behaviours["/one"] = always(500)
    await write(desk, 1)
    await serve_all(desk)
    desk.receiver.behaviours.clear()
    desk.clock.pass_by(seconds=6)
    await desk.drain()
    assert numbers_at(desk, "/one") == [[1], [1]]
    assert len({got.id for got in desk.receiver.got}) == 1


@pytest.mark.usefixtures("table")
async def test_nothing_more_is_read_for_an_endpoint_that_is_far_behind(desk: Desk) -> None:
    await desk.endpoint("/one")
    await serve_all(desk)
    desk.receiver.behaviours["/one"] = always(500)
    await write(desk, *range(1, BATCH * (MAX_WAITING + 3) + 1))
    await serve_all(desk)
    assert len({got.id for got in desk.receiver.got}) == MAX_WAITING
    desk.receiver.behaviours.clear()
    for _ in range(5):
        desk.clock.pass_by(hours=1)
        await serve_all(desk)
    got = {number for batch in numbers_at(desk, "/one") for number in batch}
    assert got == set(range(1, BATCH * (MAX_WAITING + 3) + 1))


@pytest.mark.usefixtures("table")
async def test_two_that_serve_one_subscriber_at_once_do_not_repeat_a_batch(desk: Desk) -> None:
    await desk.endpoint("/one")
    await serve_all(desk)
    async with desk.runtime.database.system_session() as session:
        (stale,) = await subscribers(session, type=SOURCE.type, source=SOURCE.name)
        await advance(session, subscriber=stale, source=SOURCE.name, position="7")
    with pytest.raises(CursorMoved):
        async with desk.runtime.database.system_session() as session:
            await advance(session, subscriber=stale, source=SOURCE.name, position="8")


@given(st.lists(st.text(max_size=3_000), max_size=60))
def test_batches_keep_order_and_stay_below_twenty_thousand_bytes(texts: list[str]) -> None:
    items = [{"text": value} for value in texts]
    parts = cut(items)
    assert [item for part in parts for item in part] == items
    bodies = [outbox.message_body("candidate.found", {"items": part}, at=None) for part in parts]
    assert all(len(body.encode()) < outbox.BODY_BYTES for body in bodies)


async def test_the_log_is_kept_for_thirty_days_and_then_deleted_with_its_attempts(desk: Desk) -> None:
    endpoint = await desk.endpoint("/in")
    await desk.emit()
    await desk.emit()
    await desk.drain()
    old = datetime.now(UTC) - LOG_KEPT - timedelta(minutes=1)
    async with desk.runtime.database.system_session() as session:
        await session.execute(
            text(
                "UPDATE discovery.outbox SET created_at = :old "
                "WHERE id = (SELECT id FROM discovery.outbox ORDER BY id LIMIT 1)"
            ),
            {"old": old},
        )
    assert not await expire_log(desk.runtime)
    assert len(await desk.deliveries(endpoint)) == 1
    async with desk.runtime.database.system_session() as session:
        left = (await session.execute(text("SELECT count(*) FROM discovery.delivery_attempts"))).scalar_one()
    assert left == 1
