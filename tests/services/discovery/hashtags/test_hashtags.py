"""Related hashtags over HTTP, and what generic ones count for in a search."""

from services.discovery.hashtags.service import told_by
from tests.house import Tenant
from tests.services.discovery.searches.archive import Archive


async def niches(tenant: Tenant) -> None:
    archive = Archive()
    for niche in ("run", "bread", "moss", "chess", "kilt"):
        for number in range(12):
            name = f"{niche}{number}"
            archive.creator(name)
            own = [f"{niche}{tag}" for tag in (number % 3, (number + 1) % 3, 3)]
            archive.post(name, "One", f"#{own[0].upper()}", own[1], own[2])
            archive.post(name, "Two", own[2], *(["#love"] if number % 2 else []))
    await archive.store(tenant.house.runtime("discovery"), tenant)


async def test_related_hashtags_come_with_counts_test_and_spellings(tenant: Tenant) -> None:
    await niches(tenant)
    async with tenant.client("discovery") as client:
        answer = await client.get("/v1/hashtags/related", params={"hashtag": ["#Run3", "love"]})
        found = (await client.get("/v1/hashtags/related", params={"hashtag": "#Run3"})).json()
    assert answer.status_code == 200, answer.text
    asked = {one["key"]: one for one in answer.json()["asked"]}
    assert asked["love"]["generic"]
    assert not asked["run3"]["generic"]
    assert asked["love"]["spellings"]["x"] == "#love"
    assert {one["key"] for one in found["related"]} == {"run0", "run1", "run2"}
    first = found["related"][0]
    assert (first["creators"], first["together"], first["expected"], found["creators"]) == (8, 8, 1.6, 60)
    assert 0 < first["p_value"] < 0.05
    assert found["source"] == "archive"


async def test_of_tags_that_nobody_used_nothing_is_known(tenant: Tenant) -> None:
    async with tenant.client("discovery") as client:
        found = (await client.get("/v1/hashtags/related", params={"hashtag": "#nobody"})).json()
        bad = await client.get("/v1/hashtags/related", params={"hashtag": "123"})
    assert (found["asked"][0]["creators"], found["asked"][0]["information"], found["related"]) == (0, None, [])
    assert bad.status_code == 422


async def test_a_generic_tag_is_told_apart_for_rankings(tenant: Tenant) -> None:
    await niches(tenant)
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        told = await told_by(session, workspace_id=tenant.workspace_id, keys=["love", "run3", "nobody"])
    assert set(told) == {"love", "run3"}
    assert told["love"] < 0.2 < 0.5 < told["run3"]
