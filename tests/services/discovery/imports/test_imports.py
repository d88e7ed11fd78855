"""Imports over HTTP and their merge, on real PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.discovery.imports import merging, repository, service
from services.discovery.imports.jobs import JOBS, LOOPS
from services.discovery.imports.lines import LineCutter
from shared.kit.jobs import drain
from shared.schemas.ids import decode
from tests.house import House, Tenant, make_tenant

NDJSON = {"Content-Type": "application/x-ndjson"}
TABLES = ("creators", "posts", "post_hashtags", "comments", "imports", "import_faults")
STAGING = ("import_chunks", "import_readings", "import_creators", "import_posts", "import_comments")
LINES: list[dict[str, Any]] = [
    {"kind": "creator", "platform": "instagram", "platform_id": "1", "handle": "ana", "followers": 4200},
    {
        "kind": "post", "platform": "instagram", "platform_id": "p1", "author_id": "1", "text": "Up #fellrunning",
        "hashtags": ["#FellRunning"], "created_at": "2026-11-02T06:00:00Z", "likes": 20,
    },
    {"kind": "comment", "platform": "instagram", "platform_id": "c1", "post_id": "p1", "author_id": "2", "text": "Wow"},
    {"kind": "comment", "platform": "instagram", "post_id": "p2", "author_id": "2", "text": "Which shoes?"},
    {"kind": "creator", "platform": "instagram", "platform_id": "2", "handle": "ben"},
]  # fmt: skip


def ndjson(lines: Iterable[Any]) -> bytes:
    return b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)


async def send(tenant: Tenant, body: Any, **headers: str) -> Response:
    async with tenant.client("discovery") as client:
        return await client.post("/v1/imports", content=body, headers={**NDJSON, **headers})


async def merge(tenant: Tenant) -> None:
    await drain(tenant.house.runtime("discovery"), [JOBS])


async def imported(tenant: Tenant, body: Any) -> dict[str, Any]:
    """The finished import of a body."""
    answer = await send(tenant, body)
    assert answer.status_code == 202, answer.text
    await merge(tenant)
    async with tenant.client("discovery") as client:
        found: dict[str, Any] = (await client.get(answer.headers["location"])).json()
    return found


async def counts(tenant: Tenant, tables: Iterable[str] = TABLES) -> dict[str, int]:
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        return {name: (await session.scalar(text(f"SELECT count(*) FROM discovery.{name}"))) or 0 for name in tables}


async def state(tenant: Tenant) -> list[Any]:
    """Everything that the archive says, without what differs from import to import."""
    queries = (
        """SELECT platform, platform_id, handle, bio_text, followers, stub, opted_out FROM discovery.creators""",
        """SELECT p.platform_id, p.text, p.stub, p.hashtags, p.counts -> 'likes' -> 'value', a.platform_id
        FROM discovery.posts p LEFT JOIN discovery.creators a ON a.id = p.author_id""",
        """SELECT h.key, p.platform_id FROM discovery.post_hashtags h JOIN discovery.posts p ON p.id = h.post_id""",
        """SELECT c.platform_id, c.text, c.likes, p.platform_id, a.platform_id FROM discovery.comments c
        JOIN discovery.posts p ON p.id = c.post_id LEFT JOIN discovery.creators a ON a.id = c.author_id""",
    )
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        return [sorted(map(repr, (await session.execute(text(query))).all())) for query in queries]


async def test_an_archive_becomes_creators_posts_and_comments(tenant: Tenant) -> None:
    found = await imported(tenant, ndjson([*LINES, {"kind": "nonsense"}, b"{"]))
    assert (found["status"], found["lines_received"], found["lines_merged"]) == ("completed", 7, 5)
    assert (found["creators"], found["posts"], found["comments"], found["lines_faulty"]) == (2, 1, 2, 2)
    assert [fault["line"] for fault in found["faults"]] == [6, 7]
    assert await counts(tenant) == {
        "creators": 2, "posts": 2, "post_hashtags": 1, "comments": 2, "imports": 1, "import_faults": 2,
    }  # fmt: skip
    assert set((await counts(tenant, STAGING)).values()) == {0}


async def test_the_same_file_again_adds_no_row(tenant: Tenant) -> None:
    body = ndjson(LINES)
    await imported(tenant, body)
    before = await counts(tenant)
    again = await imported(tenant, body)
    assert again["status"] == "completed"
    assert await counts(tenant) == {**before, "imports": 2}


async def test_nothing_is_visible_before_the_import_completes(tenant: Tenant) -> None:
    assert (await send(tenant, ndjson(LINES))).status_code == 202
    assert await counts(tenant, ("creators", "posts", "comments")) == {"creators": 0, "posts": 0, "comments": 0}
    async with tenant.client("discovery") as client:
        listed = (await client.get("/v1/imports")).json()["items"]
    assert [one["status"] for one in listed] == ["queued"]


async def test_a_later_line_wins_and_unknown_never_replaces_known(tenant: Tenant) -> None:
    creator = LINES[0]
    await imported(tenant, ndjson([creator]))
    await imported(tenant, ndjson([{**creator, "handle": "anna", "followers": None, "bio_text": "runs"}]))
    assert (await state(tenant))[0] == [repr(("instagram", "1", "anna", "runs", 4200, False, False))]


async def test_an_older_observation_fills_gaps_and_replaces_nothing(tenant: Tenant) -> None:
    creator = {**LINES[0], "observed_at": "2026-11-20T00:00:00Z"}
    await imported(tenant, ndjson([creator]))
    older = {**creator, "handle": "old", "followers": 1, "bio_text": "runs", "observed_at": "2026-01-01T00:00:00Z"}
    await imported(tenant, ndjson([older]))
    assert (await state(tenant))[0] == [repr(("instagram", "1", "ana", "runs", 4200, False, False))]


async def test_what_an_account_wrote_goes_when_it_opts_out(tenant: Tenant) -> None:
    await imported(tenant, ndjson(LINES))
    await imported(tenant, ndjson([{**LINES[0], "noindex": True}, {**LINES[4], "is_private": True}]))
    creators, posts, hashtags, comments = await state(tenant)
    assert creators == [repr(("instagram", number, None, None, None, True, True)) for number in ("1", "2")]
    assert (hashtags, comments) == ([], [])
    assert posts == [repr((name, None, True, None, None, None)) for name in ("p1", "p2")]


OBSERVED = st.sampled_from([None, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"])
ANY_LINE = st.one_of(
    st.builds(
        lambda n, followers, bio: {
            "kind": "creator", "platform": "x", "platform_id": str(n), "handle": f"h{n}", "followers": followers,
            "bio_text": bio, "observed_at": f"2026-01-0{(followers or 0) + 1}T00:00:0{len(bio or '')}Z",
        },
        st.integers(0, 3), st.one_of(st.none(), st.integers(0, 3)), st.sampled_from([None, "a", "bb"]),
    ),
    st.builds(
        lambda n, author, tag: {
            "kind": "post", "platform": "x", "platform_id": f"p{n}", "author_id": str(n % 2 + author),
            "hashtags": [f"tag{n}"] if tag else [], "text": f"text {n}", "likes": n,
        },
        st.integers(0, 3), st.just(0), st.booleans(),
    ),
    st.builds(
        lambda n, author, post, text: {
            "kind": "comment", "platform": "x", "platform_id": None if n == 0 else f"c{n}-{author}-{post}-{text}",
            "author_id": str(author), "post_id": f"p{post}", "text": text, "author_handle": None,
        },
        st.integers(0, 3), st.integers(0, 5), st.integers(0, 5), st.sampled_from([None, "a", "b"]),
    ),
)  # fmt: skip


@given(lines=st.lists(ANY_LINE, max_size=12), data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_lines_in_any_order_and_any_cut_give_the_same_archive(
    house: House, lines: list[dict[str, Any]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(lines))
    place = data.draw(st.integers(0, len(lines)))
    one, other = await make_tenant(house), await make_tenant(house)
    for tenant, part in ((one, lines), (other, shuffled[:place]), (other, shuffled[place:])):
        location = (await send(tenant, ndjson(part))).headers["location"]
        await run(tenant, decode("imp", location.rpartition("/")[2]))
    assert await state(one) == await state(other)


async def test_a_cut_connection_leaves_nothing(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.discovery.imports.service.LineCutter", small_cutter)
    app = tenant.house.app("discovery")
    body = ndjson(LINES)
    stored: list[int] = []

    async def receive() -> dict[str, Any]:
        stored.append((await counts(tenant, ("import_chunks",)))["import_chunks"])
        return next(messages)

    messages: Iterator[dict[str, Any]] = iter(
        [
            {"type": "http.request", "body": body[:400], "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def ignore(message: Any) -> None:
        del message

    headers = {
        "content-type": "application/x-ndjson",
        "authorization": f"Bearer {tenant.key}",
        "host": "discovery.test",
    }
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/v1/imports", "raw_path": b"/v1/imports",
        "query_string": b"", "headers": [(k.encode(), v.encode()) for k, v in headers.items()], "scheme": "http",
        "server": ("discovery.test", 80), "client": ("127.0.0.1", 1), "state": {}, "asgi": {"version": "3.0"},
    }  # fmt: skip
    await app(scope, receive, ignore)
    assert stored == [0, 1]
    assert set((await counts(tenant, (*TABLES, *STAGING))).values()) == {0}


async def test_what_a_killed_process_left_of_an_upload_is_purged(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = tenant.house.runtime("discovery")

    async def cut() -> AsyncIterator[bytes]:
        yield ndjson(LINES)

    await service.receive(
        runtime.database, workspace_id=tenant.workspace_id, import_id=service.new_import_id(), pieces=cut()
    )
    assert (await counts(tenant, STAGING))["import_chunks"] == 1
    await LOOPS[0].work(runtime)
    assert (await counts(tenant, STAGING))["import_chunks"] == 1
    monkeypatch.setattr(service, "ABANDONED_AFTER", -service.ABANDONED_AFTER)
    await LOOPS[0].work(runtime)
    assert (await counts(tenant, STAGING))["import_chunks"] == 0


async def test_equal_keys_at_once_make_one_import_and_eight_equal_answers(tenant: Tenant) -> None:
    answers = await asyncio.gather(*(send(tenant, ndjson(LINES), **{"Idempotency-Key": "k"}) for _ in range(8)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    assert (await counts(tenant, ("imports", "import_chunks"))) == {"imports": 1, "import_chunks": 1}
    other = await send(tenant, ndjson(LINES[:1]), **{"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert (await counts(tenant, ("imports", "import_chunks"))) == {"imports": 1, "import_chunks": 1}


class Killed(Exception):  # noqa: N818  # reads as what happened
    """Stands for kill -9: nothing after it runs."""


@pytest.mark.parametrize("step", ["stage", "report", "lock_merges", "prepare_merge", "drop_staging", "set_status"])
async def test_a_merge_that_is_killed_anywhere_goes_on_where_it_was(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr("services.discovery.imports.service.LineCutter", small_cutter)
    location = (await send(tenant, in_pieces([*LINES, {"kind": "nonsense"}]))).headers["location"]
    import_id = decode("imp", location.rpartition("/")[2])
    whole, calls = getattr(repository, step), 0

    async def once(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2 or (calls == 1 and step not in ("stage", "report")):
            raise Killed
        return await whole(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(repository, step, once)
        with pytest.raises(Killed):
            await run(tenant, import_id)
    assert (await counts(tenant, ("creators", "comments"))) == {"creators": 0, "comments": 0}
    await run(tenant, import_id)
    await run(tenant, import_id)
    async with tenant.client("discovery") as client:
        found = (await client.get(location)).json()
    assert (found["status"], found["lines_merged"], found["lines_faulty"]) == ("completed", 5, 1)
    assert (await counts(tenant))["comments"] == 2


def small_cutter() -> LineCutter:
    return LineCutter(chunk_bytes=150)


async def in_pieces(lines: list[dict[str, Any]]) -> AsyncIterator[bytes]:
    """A body that comes line by line, so that a small cutter makes several chunks of it."""
    for line in lines:
        yield ndjson([line])


async def run(tenant: Tenant, import_id: UUID) -> None:
    runtime = tenant.house.runtime("discovery")
    await merging.merge_import(runtime.database, workspace_id=tenant.workspace_id, import_id=import_id)


async def test_reading_begins_again_when_a_crash_emptied_the_staging(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.discovery.imports.service.LineCutter", small_cutter)
    location = (await send(tenant, in_pieces([{"kind": "nonsense"}, *LINES]))).headers["location"]
    import_id = decode("imp", location.rpartition("/")[2])
    with monkeypatch.context() as patch:
        patch.setattr(repository, "prepare_merge", _killed)
        with pytest.raises(Killed):
            await run(tenant, import_id)
    async with tenant.house.runtime("discovery").database.system_session() as session:
        await repository.drop_staging(session, import_id=import_id)
    await run(tenant, import_id)
    async with tenant.client("discovery") as client:
        found = (await client.get(location)).json()
    assert (found["status"], found["lines_merged"], found["lines_faulty"]) == ("completed", 5, 1)


async def _killed(*_: Any) -> None:
    raise Killed


async def test_a_row_that_comes_again_in_a_later_chunk_is_merged_into_the_first(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.discovery.imports.service.LineCutter", small_cutter)
    again = [{**LINES[0], "handle": "anna", "followers": None}, {**LINES[1], "likes": 30}, {**LINES[2], "likes": 7}]
    await imported(tenant, in_pieces([*LINES, *again]))
    creators, posts, _, comments = await state(tenant)
    assert repr(("instagram", "1", "anna", None, 4200, False, False)) in creators
    assert any("p1" in post and "30" in post for post in posts)
    assert any("c1" in comment and ", 7," in comment for comment in comments)


async def test_many_lines_are_merged_as_few_are(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.discovery.imports.service.LineCutter", small_cutter)
    monkeypatch.setattr(merging, "_MANY_LINES", 1)
    found = await imported(tenant, in_pieces(LINES))
    assert (found["status"], await counts(tenant, ("creators", "posts", "comments"))) == (
        "completed", {"creators": 2, "posts": 2, "comments": 2},
    )  # fmt: skip


async def test_a_large_import_is_read_by_processes_of_its_own(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.discovery.imports.service.LineCutter", small_cutter)
    lines = [{**LINES[2], "platform_id": f"c{n}", "author_id": str(n % 7)} for n in range(40)]
    found = await imported(tenant, in_pieces(lines))
    assert (found["status"], found["comments"]) == ("completed", 40)
    assert await counts(tenant, ("creators", "posts", "comments")) == {"creators": 7, "posts": 1, "comments": 40}


async def test_a_completed_import_is_announced_once(tenant: Tenant) -> None:
    async with tenant.client("discovery") as client:
        endpoint = {"url": "https://hooks.example.com/imports", "events": ["import.completed"]}
        made = await client.post("/v1/webhook-endpoints", json=endpoint)
        assert made.status_code == 201, made.text
        found = await imported(tenant, ndjson(LINES))
        await run(tenant, decode("imp", found["id"]))
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        sent = (await session.execute(text("SELECT payload FROM discovery.outbox"))).scalars().all()
    assert [json.loads(one)["data"]["import_id"] for one in sent] == [found["id"]]


async def test_another_kind_of_body_is_refused(tenant: Tenant) -> None:
    answer = await send(tenant, b"{}", **{"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    packed = await send(tenant, b"{}", **{"Content-Encoding": "gzip"})
    assert packed.status_code == 415


async def test_a_body_may_be_larger_than_json_may(tenant: Tenant) -> None:
    body = ndjson([LINES[0]]) + b"\n" * 3_000_000
    assert (await imported(tenant, body))["lines_merged"] == 1


async def test_faults_come_in_pages(tenant: Tenant) -> None:
    found = await imported(tenant, ndjson([{"kind": "nonsense"}] * 7))
    lines: list[int] = []
    cursor = None
    async with tenant.client("discovery") as client:
        while True:
            params = {"limit": 3, **({"cursor": cursor} if cursor else {})}
            page = (await client.get(f"/v1/imports/{found['id']}/faults", params=params)).json()
            lines += [fault["line"] for fault in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
    assert lines == [1, 2, 3, 4, 5, 6, 7]


async def test_another_workspace_finds_nothing(tenant: Tenant, other_tenant: Tenant) -> None:
    found = await imported(tenant, ndjson(LINES))
    async with other_tenant.client("discovery") as client:
        assert (await client.get(f"/v1/imports/{found['id']}")).status_code == 404
        assert (await client.get(f"/v1/imports/{found['id']}/faults")).status_code == 404
        assert (await client.get("/v1/imports")).json()["items"] == []
    assert set((await counts(other_tenant)).values()) == {0}
