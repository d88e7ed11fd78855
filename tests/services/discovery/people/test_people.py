"""People over real PostgreSQL: proposed after imports and searches, decided by somebody, erased with their accounts."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from services.discovery.people import repository
from shared.kit.ids import new_id
from shared.schemas.identity import Scope
from shared.schemas.ids import encode
from tests.house import Tenant, make_tenant
from tests.services.discovery.searches.archive import NOW, Archive
from tests.services.discovery.searches.test_search_archive import search


def account(platform: str, handle: str, *links: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "creator", "platform": platform, "platform_id": f"{platform}-{handle}", "handle": handle,
        "followers": 4_200, "links": list(links), **more,
    }  # fmt: skip


INSTAGRAM, TIKTOK, YOUTUBE = "https://instagram.com/ana", "https://www.tiktok.com/@ana", "https://youtube.com/@ana"
PAIR = [account("instagram", "ana", TIKTOK), account("tiktok", "ana", INSTAGRAM)]
THREE = [account("instagram", "ana", TIKTOK, YOUTUBE), PAIR[1], account("youtube", "ana", INSTAGRAM)]


async def load(tenant: Tenant, lines: Sequence[dict[str, Any]]) -> None:
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    async with tenant.client("discovery") as client:
        sent = await client.post("/v1/imports", content=body, headers={"Content-Type": "application/x-ndjson"})
    assert sent.status_code == 202, sent.text
    await tenant.house.run_jobs()


async def people(tenant: Tenant, **params: Any) -> list[dict[str, Any]]:
    async with tenant.client("discovery") as client:
        answer = await client.get("/v1/people", params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def decide(tenant: Tenant, person_id: str, what: str, creator_id: str | None = None) -> dict[str, Any]:
    body = {"creator_id": creator_id} if creator_id else None
    async with tenant.client("discovery") as client:
        answer = await client.post(f"/v1/people/{person_id}/{what}", json=body)
        assert answer.status_code == 200, answer.text
        assert (await client.get(f"/v1/people/{person_id}")).json() == answer.json()
    found: dict[str, Any] = answer.json()
    return found


async def propose(tenant: Tenant) -> None:
    async with tenant.client("discovery") as client:
        answer = await client.post("/v1/people/proposals")
    assert (answer.status_code, answer.headers["location"]) == (202, "/v1/people")
    await tenant.house.run_jobs()


def states(person: dict[str, Any]) -> dict[str, str]:
    return {link["creator"]["platform"]: link["state"] for link in person["links"]}


def creator_of(person: dict[str, Any], platform: str) -> str:
    [found] = [link["creator"]["id"] for link in person["links"] if link["creator"]["platform"] == platform]
    return str(found)


async def test_an_import_brings_people_with_reasons_and_confidence(tenant: Tenant) -> None:
    await load(tenant, [*PAIR, account("instagram", "ben", TIKTOK)])
    [person] = await people(tenant)
    assert states(person) == {"instagram": "suggested", "tiktok": "suggested"}
    assert [link["confidence"] for link in person["links"]] == [0.8, 0.8]
    reasons = {link["creator"]["platform"]: link["reason"] for link in person["links"]}
    assert reasons["instagram"] == "links to the account on tiktok, which links back"
    async with tenant.client("discovery") as client:
        shown = await client.get(f"/v1/creators/{creator_of(person, 'tiktok')}")
    assert shown.json()["person_id"] == person["id"]


async def test_a_search_brings_people_and_verified_links_reach_profiles_without_links(tenant: Tenant) -> None:
    archive = Archive("mastodon")
    link = {"url": "https://instagram.com/ana", "label": None, "verified_at": NOW.isoformat()}
    archive.creator("ana@fell.example", url="https://fell.example/@ana", links=json.dumps([link]))
    await archive.store(tenant.house.runtime("discovery"), tenant)
    other = Archive("instagram")
    other.creator("ana")
    await other.store(tenant.house.runtime("discovery"), tenant)
    assert await people(tenant) == []
    await search(tenant)
    [person] = await people(tenant)
    assert states(person) == {"instagram": "suggested", "mastodon": "suggested"}
    assert {link["confidence"] for link in person["links"]} == {0.95}


async def test_a_later_proposal_keeps_the_person_and_adds_to_it(tenant: Tenant) -> None:
    await load(tenant, PAIR)
    [before] = await people(tenant)
    await load(tenant, THREE)
    [after] = await people(tenant)
    assert after["id"] == before["id"]
    assert set(states(after)) == {"instagram", "tiktok", "youtube"}


async def test_a_suggestion_without_evidence_is_withdrawn(tenant: Tenant) -> None:
    await load(tenant, PAIR)
    await load(tenant, [account("tiktok", "ana", "https://elsewhere.example")])
    assert await people(tenant) == []


async def test_what_somebody_confirmed_stays_without_evidence(tenant: Tenant) -> None:
    await load(tenant, PAIR)
    [person] = await people(tenant)
    confirmed = await decide(tenant, person["id"], "confirm")
    assert set(states(confirmed).values()) == {"confirmed"}
    assert all(link["decided_by"].startswith("key_") and link["decided_at"] for link in confirmed["links"])
    await load(tenant, [account("tiktok", "ana", "https://elsewhere.example")])
    assert await people(tenant) == [confirmed]


async def test_what_comes_after_a_confirmation_is_suggested_beside_it(tenant: Tenant) -> None:
    await load(tenant, PAIR)
    [person] = await people(tenant)
    await decide(tenant, person["id"], "confirm")
    await load(tenant, THREE)
    [after] = await people(tenant)
    assert after["id"] == person["id"]
    assert states(after) == {"instagram": "confirmed", "tiktok": "confirmed", "youtube": "suggested"}


async def test_a_cut_pair_is_never_proposed_again(tenant: Tenant) -> None:
    await load(tenant, PAIR)
    [person] = await people(tenant)
    cut = await decide(tenant, person["id"], "cut", creator_of(person, "tiktok"))
    assert set(states(cut).values()) == {"cut"}
    await propose(tenant)
    await load(tenant, PAIR)
    assert await people(tenant) == [cut]
    assert await people(tenant, state="suggested") == []
    async with tenant.client("discovery") as client:
        shown = await client.get(f"/v1/creators/{creator_of(person, 'tiktok')}")
    assert shown.json()["person_id"] is None


@pytest.mark.parametrize("confirmed", [False, True])
async def test_a_cut_account_is_not_brought_back_by_way_of_another(tenant: Tenant, confirmed: bool) -> None:
    await load(tenant, THREE)
    [person] = await people(tenant)
    await decide(tenant, person["id"], "cut", creator_of(person, "youtube"))
    if confirmed:
        await decide(tenant, person["id"], "confirm")
    # now the account that was cut and the other one link to each other as well
    more = [account("tiktok", "ana", INSTAGRAM, YOUTUBE), account("youtube", "ana", INSTAGRAM, TIKTOK)]
    await load(tenant, more)
    [after] = await people(tenant)
    live = "confirmed" if confirmed else "suggested"
    assert states(after) == {"instagram": live, "tiktok": live, "youtube": "cut"}
    # and nothing that comes to the person later brings it either
    blog = "https://ana.example"
    await load(tenant, [
        account("instagram", "ana", TIKTOK, "https://x.com/ana"), account("x", "ana", INSTAGRAM, YOUTUBE, blog),
        account("youtube", "ana", "https://x.com/ana", blog),
    ])  # fmt: skip
    [person] = await people(tenant, creator_id=creator_of(after, "instagram"))
    assert states(person)["youtube"] == "cut"


async def test_a_cut_that_is_sent_again_changes_nothing(tenant: Tenant) -> None:
    await load(tenant, THREE)
    [person] = await people(tenant)
    once = await decide(tenant, person["id"], "cut", creator_of(person, "youtube"))
    assert await decide(tenant, person["id"], "cut", creator_of(person, "youtube")) == once
    assert states(once) == {"instagram": "suggested", "tiktok": "suggested", "youtube": "cut"}


async def test_a_stranger_cannot_be_cut_and_another_workspace_sees_nobody(tenant: Tenant) -> None:
    await load(tenant, PAIR)
    [person] = await people(tenant)
    other = await make_tenant(tenant.house)
    async with tenant.client("discovery") as client:
        body = {"creator_id": encode("crt", new_id())}
        assert (await client.post(f"/v1/people/{person['id']}/cut", json=body)).status_code == 404
    assert await people(other) == []
    reader = await make_tenant(tenant.house, scopes=[Scope.READ])
    async with reader.client("discovery") as client:
        assert (await client.post("/v1/people/proposals")).status_code == 403


async def test_people_come_in_pages(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "PAGE", 2)
    lines = []
    for name in ("one", "two", "six"):
        lines.append(account("instagram", name, f"https://www.tiktok.com/@{name}"))
        lines.append(account("tiktok", name, f"https://instagram.com/{name}"))
    await load(tenant, lines)
    async with tenant.client("discovery") as client:
        first = (await client.get("/v1/people", params={"limit": 2})).json()
        second = (await client.get("/v1/people", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (2, 1, None)
    assert len({one["id"] for one in first["items"] + second["items"]}) == 3


@pytest.mark.parametrize("decision", [None, "confirm", "cut"])
async def test_an_erasure_takes_the_account_out_of_every_table(tenant: Tenant, decision: str | None) -> None:
    await load(tenant, PAIR)
    [person] = await people(tenant)
    gone, stays = creator_of(person, "tiktok"), creator_of(person, "instagram")
    if decision:
        await decide(tenant, person["id"], decision, gone if decision == "cut" else None)
    async with tenant.client("discovery") as client:
        made = await client.delete(f"/v1/creators/{gone}")
        hidden = await people(tenant)
        assert [link["creator"]["id"] for one in hidden for link in one["links"]] == [stays]
        await tenant.house.run_jobs(rounds=3)
        assert (await client.get(made.headers["location"])).json()["status"] == "completed"
    await propose(tenant)
    left = await people(tenant)
    assert [link["creator"]["id"] for one in left for link in one["links"]] == ([stays] if decision else [])
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        assert (await session.execute(text("SELECT count(*) FROM discovery.person_cuts"))).scalar_one() == 0
        names = await session.execute(text("SELECT count(*) FROM discovery.people"))
        assert names.scalar_one() == (1 if decision else 0)
