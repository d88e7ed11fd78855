"""Deliveries on real PostgreSQL to a real receiver: at least once, on schedule, signed, never where they must not."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from shared.kit.http import create_guarded_client
from shared.kit.ids import new_id
from shared.kit.webhooks.schedule import SCHEDULE
from shared.schemas.ids import encode
from tests.shared.kit.webhooks.conftest import Desk
from tests.shared.kit.webhooks.receiver import Got, Reply, always, failing_first, is_signed


async def test_an_event_arrives_signed_with_its_id_type_time_and_data(desk: Desk) -> None:
    endpoint, event_id = await desk.endpoint("/in"), new_id()
    assert await desk.emit("import.completed", event_id=event_id, lines=3, name="Zoë")
    assert await desk.drain() == 1
    (got,) = desk.receiver.got
    message = json.loads(got.body)
    assert is_signed(got, endpoint["secret"])
    assert got.id == encode("evt", event_id)
    assert (message["type"], message["data"]) == ("import.completed", {"lines": 3, "name": "Zoë"})
    assert datetime.now(UTC) - datetime.fromisoformat(message["timestamp"]) < timedelta(minutes=5)
    assert got.headers["host"] == desk.receiver.place


async def test_a_rolled_back_writer_sends_nothing(desk: Desk) -> None:
    await desk.endpoint("/in")
    with pytest.raises(ZeroDivisionError):
        async with desk.runtime.database.tenant_session(desk.tenant.workspace_id) as session:
            from shared.kit.webhooks.outbox import emit

            await emit(session, "import.completed", {}, workspace_id=desk.tenant.workspace_id)
            raise ZeroDivisionError
    assert (await desk.drain(), desk.receiver.got) == (0, [])


async def test_an_event_written_twice_under_one_id_is_sent_once(desk: Desk) -> None:
    await desk.endpoint("/in")
    event_id = new_id()
    for _ in range(2):
        await desk.emit(event_id=event_id)
    await desk.drain()
    assert len(desk.receiver.got) == 1


async def test_an_endpoint_gets_the_types_of_its_filter_and_without_one_all(desk: Desk) -> None:
    await desk.endpoint("/imports", "import.completed")
    await desk.endpoint("/all")
    await desk.emit("import.completed")
    await desk.emit("search.completed")
    await desk.drain()
    assert [json.loads(got.body)["type"] for got in desk.receiver.at("/imports")] == ["import.completed"]
    assert sorted(json.loads(got.body)["type"] for got in desk.receiver.at("/all")) == [
        "import.completed",
        "search.completed",
    ]


async def test_another_workspaces_event_does_not_arrive(desk: Desk) -> None:
    await desk.endpoint("/in")
    stranger = new_id()
    async with desk.runtime.database.tenant_session(stranger) as session:
        from shared.kit.webhooks.outbox import emit

        assert not await emit(session, "import.completed", {}, workspace_id=stranger)
    assert await desk.drain() == 0


async def test_a_receiver_that_fails_nine_times_gets_every_event_with_a_stable_id(desk: Desk) -> None:
    await desk.endpoint("/in")
    desk.receiver.behaviours["/in"] = failing_first(9)
    ids = [new_id() for _ in range(5)]
    for event_id in ids:
        await desk.emit(event_id=event_id)
    for seconds in SCHEDULE:
        # An endpoint that fails ten times in a row is given five minutes more.
        desk.clock.pass_by(seconds=seconds + 301)
        await desk.drain()
    wanted = [encode("evt", event_id) for event_id in ids]
    assert {name: [got.id for got in desk.receiver.got].count(name) for name in wanted} == dict.fromkeys(wanted, 10)
    endpoint = (await desk.get("/v1/webhook-endpoints"))["items"][0]
    assert {row["status"] for row in await desk.deliveries(endpoint)} == {"delivered"}
    assert endpoint["failing_since"] is None


async def test_each_attempt_waits_as_published_and_the_tenth_is_the_last(desk: Desk) -> None:
    endpoint = await desk.endpoint("/in")
    desk.receiver.behaviours["/in"] = always(500, body=b"out of order")
    await desk.emit()
    await desk.drain()
    for seconds in SCHEDULE[1:]:
        desk.clock.pass_by(seconds=seconds - 1)
        assert await desk.drain() == 0
        desk.clock.pass_by(seconds=2)
        assert await desk.drain() == 1
    (delivery,) = await desk.deliveries(endpoint)
    assert (delivery["status"], delivery["attempts"], delivery["next_attempt_at"]) == ("dead", 10, None)
    assert {(line["status"], line["response"]) for line in delivery["log"]} == {(500, "out of order")}


async def test_each_attempt_is_signed_at_its_own_time(desk: Desk) -> None:
    await desk.endpoint("/in")
    desk.receiver.behaviours["/in"] = failing_first(1)
    await desk.emit()
    await desk.drain()
    desk.clock.pass_by(minutes=10)
    await desk.drain()
    first, second = (got.headers for got in desk.receiver.got)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) >= 600


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_a_failure_and_nobody_goes_there(desk: Desk, status: int) -> None:
    endpoint = await desk.endpoint("/in")
    desk.receiver.behaviours["/in"] = always(status, ("Location", desk.receiver.url("/elsewhere")))
    await desk.emit()
    await desk.drain()
    (delivery,) = await desk.deliveries(endpoint)
    assert (delivery["status"], desk.receiver.at("/elsewhere")) == ("pending", [])
    assert delivery["log"][0]["error"] == "redirects are not followed"


async def test_gone_turns_the_endpoint_off_gives_up_what_waits_and_tells_the_others(desk: Desk) -> None:
    watching = await desk.endpoint("/watch", "endpoint.disabled")
    gone = await desk.endpoint("/gone", "import.completed")
    desk.receiver.behaviours["/gone"] = always(500)
    await desk.emit()
    await desk.drain()
    desk.receiver.behaviours["/gone"] = always(410)
    await desk.emit()
    await desk.drain()
    found = await desk.get(f"/v1/webhook-endpoints/{gone['id']}")
    assert (found["enabled"], found["disabled_reason"]) == (False, "it answered 410 Gone")
    assert [row["status"] for row in await desk.deliveries(gone)] == ["dead", "dead"]
    (notice,) = desk.receiver.at("/watch")
    assert is_signed(notice, watching["secret"])
    assert json.loads(notice.body)["data"]["endpoint_id"] == gone["id"]
    before = len(desk.receiver.at("/gone"))
    await desk.emit()
    desk.clock.pass_by(days=4)
    await desk.drain()
    assert len(desk.receiver.at("/gone")) == before


async def test_retry_after_holds_back_the_endpoint_and_no_other(desk: Desk) -> None:
    busy, _ = await desk.endpoint("/busy"), await desk.endpoint("/free")
    desk.receiver.behaviours["/busy"] = always(429, ("Retry-After", "120"))
    await desk.emit()
    await desk.drain()
    await desk.emit()
    desk.clock.pass_by(seconds=110)
    await desk.drain()
    assert (len(desk.receiver.at("/busy")), len(desk.receiver.at("/free"))) == (1, 2)
    desk.receiver.behaviours["/busy"] = always(200)
    desk.clock.pass_by(seconds=15)
    await desk.drain()
    assert [row["status"] for row in await desk.deliveries(busy)] == ["delivered", "delivered"]
    assert len(desk.receiver.at("/busy")) == 3


async def test_after_five_days_of_failures_the_endpoint_is_turned_off_with_the_reason(desk: Desk) -> None:
    endpoint = await desk.endpoint("/in")
    desk.receiver.behaviours["/in"] = always(503)
    await desk.emit()
    await desk.drain()
    desk.clock.pass_by(days=5, minutes=-1)
    await desk.drain()
    assert (await desk.get(f"/v1/webhook-endpoints/{endpoint['id']}"))["enabled"]
    desk.clock.pass_by(days=1)
    await desk.drain()
    found = await desk.get(f"/v1/webhook-endpoints/{endpoint['id']}")
    assert not found["enabled"]
    assert found["disabled_reason"].startswith("nothing was delivered since ")


async def test_both_secrets_sign_during_a_rotation_and_then_only_the_new_one(desk: Desk) -> None:
    endpoint = await desk.endpoint("/in")
    rotated = await desk.post(f"/v1/webhook-endpoints/{endpoint['id']}/rotate-secret", status=200)
    assert rotated["secret"] != endpoint["secret"]
    await desk.emit()
    await desk.drain()
    assert [is_signed(desk.receiver.got[0], secret["secret"]) for secret in (endpoint, rotated)] == [True, True]
    desk.clock.pass_by(hours=25)
    await desk.emit()
    await desk.drain()
    assert len(desk.receiver.got[0].headers["webhook-signature"].split(" ")) == 2
    assert len(desk.receiver.got[1].headers["webhook-signature"].split(" ")) == 1


async def test_an_answer_that_takes_too_long_fails_and_is_tried_again(desk: Desk) -> None:
    import asyncio

    endpoint, never = await desk.endpoint("/in"), asyncio.Event()

    async def slow(_: Got) -> Reply:
        await never.wait()
        return Reply()

    desk.receiver.behaviours["/in"] = slow
    await desk.emit()
    await desk.worker(request=timedelta(seconds=0.05)).drain()
    (delivery,) = await desk.deliveries(endpoint)
    assert (delivery["status"], delivery["log"][0]["status"]) == ("pending", None)
    assert delivery["log"][0]["error"] == "no whole answer within 0.05 seconds"
    never.set()


async def test_an_endless_answer_is_read_no_further_than_the_log_keeps_it(desk: Desk) -> None:
    endpoint = await desk.endpoint("/in")
    desk.receiver.behaviours["/in"] = always(200, body=b"\x00\xff" + b"a" * 5_000_000)
    await desk.emit()
    await desk.drain()
    (delivery,) = await desk.deliveries(endpoint)
    assert delivery["status"] == "delivered"
    assert delivery["log"][0]["response"] == "\ufffd\ufffd" + "a" * 498


async def test_a_name_that_turns_inwards_after_creation_is_not_called(desk: Desk) -> None:
    async with desk.tenant.client("discovery") as client:
        made = await client.post("/v1/webhook-endpoints", json={"url": "http://hooks.example.com/in"})
    assert made.status_code == 201

    async def inwards(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    kept, desk.runtime.egress = desk.runtime.egress, create_guarded_client(desk.runtime.settings, resolve=inwards)
    try:
        await desk.emit()
        await desk.drain()
    finally:
        await desk.runtime.egress.aclose()
        desk.runtime.egress = kept
    (delivery,) = await desk.deliveries(made.json())
    assert delivery["log"][0]["error"] == "not called: the host leads to an address that is not public"


async def test_what_happens_while_an_endpoint_is_off_comes_with_a_replay(desk: Desk) -> None:
    endpoint = await desk.endpoint("/in")
    place = f"/v1/webhook-endpoints/{endpoint['id']}"
    started = datetime.now(UTC)
    async with desk.tenant.client("discovery") as client:
        await client.patch(place, json={"enabled": False})
        await desk.emit(n=1)
        await desk.emit(n=2)
        assert await desk.drain() == 0
        span = {"after": started.isoformat(), "before": (started + timedelta(hours=1)).isoformat()}
        assert (await client.post(f"{place}/replay", json=span)).status_code == 409
        await client.patch(place, json={"enabled": True})
        replay = await client.post(f"{place}/replay", json={**span, "only_failed": True})
    assert (replay.status_code, replay.json()["deliveries"]) == (202, 2)
    await desk.drain()
    assert sorted(json.loads(got.body)["data"]["n"] for got in desk.receiver.got) == [1, 2]


async def test_a_replayed_delivery_comes_again_under_its_id_on_a_fresh_schedule(desk: Desk) -> None:
    endpoint = await desk.endpoint("/in")
    await desk.emit()
    await desk.drain()
    (delivery,) = await desk.deliveries(endpoint)
    desk.receiver.behaviours["/in"] = failing_first(1)
    await desk.post(f"/v1/webhook-deliveries/{delivery['id']}/replay", status=202)
    await desk.drain()
    desk.clock.pass_by(seconds=5)
    await desk.drain()
    found = await desk.get(f"/v1/webhook-deliveries/{delivery['id']}")
    assert [line["status"] for line in found["log"]] == [204, 500, 200]
    assert (found["status"], len({got.id for got in desk.receiver.got})) == ("delivered", 1)


async def test_a_replay_of_a_span_leaves_out_what_lies_outside(desk: Desk) -> None:
    endpoint = await desk.endpoint("/in")
    await desk.emit()
    await desk.drain()
    span = {"after": "2020-01-01T00:00:00Z", "before": "2020-01-02T00:00:00Z"}
    replay = await desk.post(f"/v1/webhook-endpoints/{endpoint['id']}/replay", span, status=202)
    assert (replay["deliveries"], await desk.drain()) == (0, 0)


async def test_a_test_event_comes_to_its_endpoint_only_whatever_the_filter(desk: Desk) -> None:
    endpoint = await desk.endpoint("/in", "search.completed")
    await desk.endpoint("/other")
    made = await desk.post(f"/v1/webhook-endpoints/{endpoint['id']}/test", status=202)
    await desk.drain()
    (got,) = desk.receiver.got
    assert (got.path, json.loads(got.body)["type"]) == ("/in", "endpoint.test")
    assert (await desk.get(f"/v1/webhook-deliveries/{made['id']}"))["status"] == "delivered"


async def test_no_log_line_holds_a_secret_a_url_or_a_body(desk: Desk) -> None:
    endpoint = await desk.endpoint("/path-of-the-team")
    desk.receiver.behaviours["/path-of-the-team"] = always(410, body=b"a private answer")
    await desk.emit(text="a private text")
    with capture_logs() as lines:
        await desk.drain()
    written = repr(lines)
    assert "webhook endpoint disabled" in written
    for private in (endpoint["secret"], endpoint["secret"][6:], "path-of-the-team", "a private"):
        assert private not in written


async def test_a_secret_lies_sealed_in_the_database(desk: Desk) -> None:
    endpoint = await desk.endpoint("/in")
    await desk.post(f"/v1/webhook-endpoints/{endpoint['id']}/rotate-secret", status=200)
    from sqlalchemy import text

    async with desk.runtime.database.tenant_session(desk.tenant.workspace_id) as session:
        row = (await session.execute(text("SELECT secret, previous_secret FROM discovery.webhook_endpoints"))).one()
    assert b"whsec_" not in bytes(row.secret)
    assert bytes(row.secret) != bytes(row.previous_secret)
    assert endpoint["secret"].encode() not in bytes(row.previous_secret)
