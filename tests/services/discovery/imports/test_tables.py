"""CSV and Parquet imports by a column mapping, from the body to the rows."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from httpx import Response

from services.discovery.imports import tabular
from shared.schemas.import_mappings import ColumnMapping
from tests.house import Tenant
from tests.services.discovery.imports.test_imports import STAGING, counts, merge, state

CREATORS = {
    "kind": "creator", "platform": "instagram",
    "columns": {"platform_id": "Username", "handle": "Username", "followers": "Followers", "bio_text": "Bio"},
}  # fmt: skip
POSTS = {
    "kind": "post", "platform": "instagram",
    "columns": {
        "platform_id": "Post", "author_id": "Username", "text": "Caption", "hashtags": "Tags", "created_at": "Posted",
        "likes": "Likes",
    },
}  # fmt: skip


async def send_table(
    tenant: Tenant, body: Any, mapping: dict[str, Any] | None, media_type: str = "text/csv", **headers: str
) -> Response:
    async with tenant.client("discovery") as client:
        params = {}
        if mapping is not None:
            made = await client.post("/v1/import-mappings", json={"name": "export", "mapping": mapping})
            assert made.status_code == 201, made.text
            params = {"mapping": "export"}
        return await client.post(
            "/v1/imports", params=params, content=body, headers={"Content-Type": media_type, **headers}
        )


async def table_imported(
    tenant: Tenant, body: Any, mapping: dict[str, Any] | None, media_type: str = "text/csv"
) -> dict[str, Any]:
    answer = await send_table(tenant, body, mapping, media_type)
    assert answer.status_code == 202, answer.text
    await merge(tenant)
    async with tenant.client("discovery") as client:
        found: dict[str, Any] = (await client.get(answer.headers["location"])).json()
    assert found["status"] == "completed"
    return found


async def followers(tenant: Tenant) -> dict[str, Any]:
    async with tenant.client("discovery") as client:
        items = (await client.get("/v1/creators", params={"limit": 100})).json()["items"]
    return {one["handle"]: (one["counts"]["followers"]["value"], one["counts"]["followers"]["state"]) for one in items}


async def test_dirty_counts_are_read_and_bad_rows_reported_with_their_number(tenant: Tenant) -> None:
    body = (
        b'Username,Followers,Bio\r\n@ana,304.9K,runs\r\nben,"1,204","two\r\nlines"\r\ncarl,12.5 mil,\r\ndora,,x\r\n'
        b"eve,many,x\r\n\r\n,5,nobody\r\n"
    )  # fmt: skip
    found = await table_imported(tenant, body, {"records": [CREATORS]})
    assert await followers(tenant) == {
        "ana": (304_900, "rounded"), "ben": (1_204, "exact"), "carl": (12_500, "rounded"),
        "dora": (None, "not_provided"),
    }  # fmt: skip
    assert [fault["line"] for fault in found["faults"]] == [6, 8]
    assert found["faults"][0]["reason"] == "followers (column 'Followers'): not a count"
    assert found["lines_faulty"] == 2


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbfUsername;Followers;Bio\nana;1.204;caf\xc3\xa9\n",
        "Username\tFollowers\tBio\nana\t1 204\tcafé\n".encode("latin-1"),
        "Username|Followers|Bio\rana|1204|café".encode("windows-1252"),
        '\ufeffUsername,Followers,Bio\r\nana,"1,204",café\r\n'.encode("utf-16-le"),
        b"  username , FOLLOWERS,bio\nana,1204,caf\xc3\xa9",
    ],
    ids=["semicolons and BOM", "tabs and Latin-1", "bars and old line ends", "UTF-16", "another case and spaces"],
)  # fmt: skip
async def test_delimiters_and_encodings_are_recognised(tenant: Tenant, body: bytes) -> None:
    await table_imported(tenant, body, {"records": [CREATORS]})
    assert (await state(tenant))[0] == [repr(("instagram", "ana", "ana", "café", 1204, False, False))]


async def test_a_row_may_hold_a_post_and_its_author(tenant: Tenant) -> None:
    body = (
        b"Username,Followers,Bio,Post,Caption,Tags,Posted,Likes\n"
        b'ana,4200,runs,p1,Up,"#FellRunning, #mud",03/10/2026 06:12,1.2K\n'
    )  # fmt: skip
    mapping = {"records": [CREATORS, POSTS], "time_format": "%d/%m/%Y %H:%M", "timezone": "Europe/London"}
    found = await table_imported(tenant, body, mapping)
    assert (found["creators"], found["posts"], found["faults"]) == (1, 1, [])
    _, posts, hashtags, _ = await state(tenant)
    assert "1200" in posts[0]
    assert hashtags == [repr(("fellrunning", "p1")), repr(("mud", "p1"))]


async def test_a_quote_that_never_ends_costs_its_own_row(tenant: Tenant) -> None:
    body = b'Username,Followers,Bio\nana,1,a\nben,2,"never closed\ncarl,3,c\ndora,4,d\n'
    found = await table_imported(tenant, body, {"records": [CREATORS]})
    assert sorted(await followers(tenant)) == ["ana", "carl", "dora"]
    assert found["faults"] == [{"line": 3, "reason": "a quote is opened and never closed"}]


async def test_without_a_mapping_columns_are_called_like_fields(tenant: Tenant) -> None:
    columns = b"kind,platform,platform_id,handle,followers,post_id,author_id,text\n"
    body = columns + b"creator,x,1,ana,5,,,\ncomment,x,,,,p1,1,Wow\n"
    found = await table_imported(tenant, body, None)
    assert (found["creators"], found["comments"], found["faults"]) == (1, 1, [])


async def test_a_missing_column_is_said_before_anything_is_stored(tenant: Tenant) -> None:
    answer = await send_table(tenant, b"Name,Followers,Bio\nana,1,x\n", {"records": [CREATORS]})
    assert answer.status_code == 422
    assert "no such column: 'Username'; there are Name, Followers, Bio" in answer.text
    assert set((await counts(tenant, (*STAGING, "imports"))).values()) == {0}


async def test_a_mapping_that_is_not_there_is_not_found(tenant: Tenant) -> None:
    async with tenant.client("discovery") as client:
        answer = await client.post(
            "/v1/imports", params={"mapping": "nobody"}, content=b"a\n1\n", headers={"Content-Type": "text/csv"}
        )
        assert (answer.status_code, answer.json()["detail"]) == (404, "no mapping is called nobody")
        ndjson = await client.post(
            "/v1/imports", params={"mapping": "nobody"}, content=b"", headers={"Content-Type": "application/x-ndjson"}
        )
        assert ndjson.status_code == 400


async def test_a_body_that_breaks_off_leaves_nothing(tenant: Tenant) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"Username,Followers,Bio\n" + b"ana,1,x\n" * 50_000
        raise ConnectionError

    assert (await send_table(tenant, pieces(), {"records": [CREATORS]})).status_code == 503
    assert set((await counts(tenant, (*STAGING, "imports"))).values()) == {0}


def parquet(path: Path, query: str) -> bytes:
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


async def test_parquet_keeps_types_and_reports_rows(tenant: Tenant, tmp_path: Path) -> None:
    body = await asyncio.to_thread(
        parquet, tmp_path / "a.parquet",
        """SELECT * FROM (VALUES ('ana', '304.9K', 'p1', ['fellrunning'], TIMESTAMP '2026-10-03 06:12:00', 12),
            ('ben', 'many', 'p2', NULL, NULL, NULL)) t("Username", "Followers", "Post", "Tags", "Posted", "Likes")""",
    )  # fmt: skip
    creators = {**CREATORS, "columns": {k: v for k, v in CREATORS["columns"].items() if v != "Bio"}}  # type: ignore[attr-defined]  # a JSON object
    posts = {**POSTS, "columns": {k: v for k, v in POSTS["columns"].items() if v != "Caption"}}  # type: ignore[attr-defined]  # a JSON object
    found = await table_imported(tenant, body, {"records": [creators, posts]}, "application/vnd.apache.parquet")
    assert await followers(tenant) == {"ana": (304_900, "rounded")}
    assert [fault["line"] for fault in found["faults"]] == [2]
    assert (await state(tenant))[2] == [repr(("fellrunning", "p1"))]


@pytest.mark.parametrize("body", [b"", b"PAR1", b"PAR1" + b"\x00" * 2_000 + b"PAR1", b"a,b\n1,2\n"])
async def test_what_is_no_parquet_is_refused(tenant: Tenant, body: bytes) -> None:
    answer = await send_table(tenant, body, {"records": [CREATORS]}, "application/vnd.apache.parquet")
    assert answer.status_code == 422, answer.text
    assert set((await counts(tenant, (*STAGING, "imports"))).values()) == {0}


async def test_the_same_table_again_adds_no_row(tenant: Tenant) -> None:
    body = b"Username,Followers,Bio\nana,1,x\nben,2,y\n"
    await table_imported(tenant, body, {"records": [CREATORS]})
    before = await counts(tenant, ("creators", "posts", "comments"))
    async with tenant.client("discovery") as client:
        again = await client.post(
            "/v1/imports",
            params={"mapping": "export"},
            content=body,
            headers={"Content-Type": "text/csv; header=present"},
        )
    assert again.status_code == 202
    await merge(tenant)
    assert await counts(tenant, ("creators", "posts", "comments")) == before


def test_the_reader_of_parquet_opens_no_other_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    other = parquet(tmp_path / "a.parquet", "SELECT 1 AS a")
    assert other
    seen: list[Any] = []
    original = duckdb.connect

    def watched(*args: Any, **kwargs: Any) -> Any:
        seen.append(original(*args, **kwargs))
        return seen[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", watched)
        mapping = {"records": [{"kind": "creator", "platform": "x", "columns": {"handle": "a"}}]}
        lines = list(tabular.parquet_lines(str(tmp_path / "a.parquet"), ColumnMapping.model_validate(mapping)))
    assert [json.loads(line)["handle"] for line in lines] == ["1"]
    for statement in (
        f"SELECT * FROM read_csv('{secret}')", "INSTALL httpfs", "LOAD httpfs", "SET enable_external_access = true",
        f"COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'", f"ATTACH '{tmp_path / 'x.db'}'",
    ):  # fmt: skip
        with pytest.raises(duckdb.Error):
            seen[0].execute(statement)
