"""A search's candidates as files: in their order, naming nobody else, refused where a source's terms say so."""

import csv
import io
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.discovery.searches import export, repository
from shared.clients.discovery import DiscoveryClient
from shared.kit.errors import Conflict
from shared.schemas.exports import ExportedCandidate
from shared.schemas.identity import Scope
from shared.schemas.ids import decode
from shared.schemas.rankings import ExportFormat
from tests.house import Tenant, make_tenant
from tests.services.discovery.searches.archive import TALK, niche
from tests.services.discovery.searches.test_search_archive import candidates, search


@pytest.fixture
async def searched(tenant: Tenant) -> Tenant:
    archive = niche()
    archive.creator("formula", display_name='=HYPERLINK("http://example.com")')
    for _ in range(4):
        archive.post("formula", TALK, "#FellRunning")
    # who is no candidate, and whom a candidate of the second hop talks to most
    big = [row.platform_id for row in archive.published if row.author_platform_id == "celebrity"]
    archive.creator("fan-of-big")
    for _ in range(4):
        archive.post("fan-of-big", TALK)
    for post in big * 3:
        archive.comment("fan-of-big", post)
    await archive.store(tenant.house.runtime("discovery"), tenant)
    return tenant


async def download(tenant: Tenant, search_id: str, kind: str, **params: Any) -> httpx.Response:
    async with tenant.client("discovery") as client:
        return await client.get(f"/v1/searches/{search_id}/export", params={"format": kind, **params})


async def run_sql(tenant: Tenant, statement: str) -> None:
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        await session.execute(text(statement))


async def test_the_table_has_a_line_per_candidate_in_rank_order(searched: Tenant) -> None:
    found = await search(searched)
    answer = await download(searched, found["id"], "csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{found["id"]}.csv"'
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    listed = await candidates(searched, found["id"])
    assert [line["handle"] for line in lines] == [one["creator"]["handle"] for one in listed]
    assert [line["rank"] for line in lines] == [str(one["rank"]) for one in listed]
    by_handle = {line["handle"]: line for line in lines}
    tagged = by_handle["tag1"]
    assert "posted #fellrunning 4 times" in tagged["path"]
    assert (tagged["followers"], tagged["followers_state"]) == ("5000", "exact")
    assert tagged["hashtags"] == "#fellrunning 4"
    assert "https://example.com/post-" in tagged["posts"]
    unknown = by_handle["nobody-counted"]
    assert (unknown["followers"], unknown["followers_state"]) == ("", "not_provided")
    assert "unknown_counts" in unknown["marks"]


async def test_a_name_that_is_a_formula_is_made_a_text(searched: Tenant) -> None:
    found = await search(searched)
    lines = csv.DictReader(io.StringIO((await download(searched, found["id"], "csv")).text))
    [line] = [one for one in lines if one["handle"] == "formula"]
    assert line["display_name"] == '\'=HYPERLINK("http://example.com")'


async def test_lines_of_json_are_the_listed_candidates(searched: Tenant) -> None:
    found = await search(searched, limits={"max_calls": 100, "depth": 1})
    answer = await download(searched, found["id"], "ndjson")
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    listed = await candidates(searched, found["id"])
    assert [line["creator"] for line in lines] == [one["creator"] for one in listed]
    [line] = [one for one in lines if one["creator"]["handle"] == "hop1a"]
    assert {talk["under_handle"] for talk in line["provenance"]["comments"]} == {"tag1", "tag2"}
    assert line["elsewhere"] == {"comments": 0, "accounts": 0, "posts": 0}
    assert all(ExportedCandidate.model_validate(one) for one in lines)


async def test_whoever_is_no_candidate_appears_as_a_number_only(searched: Tenant) -> None:
    found = await search(searched, limits={"max_calls": 100, "depth": 2})
    listed = {one["creator"]["handle"]: one for one in await candidates(searched, found["id"])}
    talks = listed["fan-of-big"]["provenance"]["comments"]
    assert [(talk["under_handle"], talk["comments"]) for talk in talks] == [("celebrity", 12)]
    assert "celebrity" in " ".join(listed["fan-of-big"]["provenance"]["path"])
    theirs = [post["url"] for post in listed["fan-of-big"]["provenance"]["posts"]]
    for kind in ("csv", "ndjson"):
        body = (await download(searched, found["id"], kind)).text
        assert "fan-of-big" in body
        assert not [name for name in ("celebrity", "hidden", "tiny", "baker") if name in body]
        # line ends and separators behind, since post-1 is also how post-10 begins
        assert not [url for url in theirs if url + '"' in body or url + " " in body or url + "," in body]
    lines = [json.loads(line) for line in (await download(searched, found["id"], "ndjson")).text.splitlines()]
    [fan] = [one for one in lines if one["creator"]["handle"] == "fan-of-big"]
    assert fan["elsewhere"] == {"comments": 12, "accounts": 1, "posts": len(theirs)}
    assert any(line.startswith("commented 12 times under an account, ") for line in fan["provenance"]["path"])


async def test_pages_follow_each_other_without_a_gap(searched: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await search(searched)
    whole = (await download(searched, found["id"], "ndjson")).content
    monkeypatch.setattr(export, "PAGE", 2)
    assert (await download(searched, found["id"], "ndjson")).content == whole


async def test_the_unknown_is_left_out_when_asked(searched: Tenant) -> None:
    found = await search(searched)
    assert "nobody-counted" not in (await download(searched, found["id"], "csv", unknown="exclude")).text


async def test_a_search_on_its_way_is_a_conflict(searched: Tenant) -> None:
    made = await search(searched, run=False)
    answer = await download(searched, made["id"], "csv")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    async with searched.client("discovery") as client:
        assert (await client.post(f"/v1/searches/{made['id']}/pause")).status_code == 200
    assert (await download(searched, made["id"], "csv")).status_code == 200


async def test_a_search_that_goes_on_meanwhile_cuts_the_answer(
    searched: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 2)
    found = await search(searched)
    database, search_id = searched.house.runtime("discovery").database, decode("sch", found["id"])
    async with database.tenant_session(searched.workspace_id) as session:
        row = await repository.search(session, search_id=search_id)
    assert row is not None
    pages = export.ndjson(database, row=row, without_unknown=False)
    assert (await anext(pages)).count(b"\n") == 2
    async with searched.client("discovery") as client:
        body = {"limits": {"max_calls": 1_000, "depth": 3}}
        assert (await client.post(f"/v1/searches/{found['id']}/extend", json=body)).status_code == 202
    with pytest.raises(Conflict):
        await anext(pages)


async def test_an_export_needs_its_scope(searched: Tenant) -> None:
    found = await search(searched)
    reader = await make_tenant(searched.house, scopes=[Scope.READ, Scope.EVIDENCE])
    assert (await download(reader, found["id"], "csv")).status_code == 403


async def test_a_source_that_permits_no_export_is_refused(searched: Tenant) -> None:
    found = await search(searched)
    await run_sql(searched, "UPDATE discovery.creators SET source = 'instagram' WHERE handle = 'hop1a'")
    answer = await download(searched, found["id"], "csv")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    assert "Instagram" in answer.json()["detail"]


async def test_the_client_brings_the_same_bytes(searched: Tenant) -> None:
    found = await search(searched)
    client = DiscoveryClient(searched.house.runtime("scoring"), workspace_id=searched.workspace_id)
    parts = [part async for part in client.export(decode("sch", found["id"]), kind=ExportFormat.NDJSON)]
    assert b"".join(parts) == (await download(searched, found["id"], "ndjson")).content
