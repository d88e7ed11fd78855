"""Posts by hand over HTTP."""

from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.making import Json
from tests.services.attribution.orders import creator, get

URL = "https://bsky.app/profile/ana.example.com/post/3k4duaz5vfs2b"


def post(partnership: Json, **more: object) -> Json:
    return {"partnership_id": partnership["id"], "url": URL, "published_at": "2027-03-02T08:15:00Z", **more}


async def test_a_post_is_matched_to_its_hashtags_codes_disclosure_and_promise(tenant: Tenant) -> None:
    terms = {"deliverables": [{"kind": "post", "count": 2, "due_to": "2027-03-14"}], "disclosure": {"text": "#ad"}}
    ana = await creator(tenant, code="ANA10", terms=terms)
    await making.post(tenant, "/v1/hashtags", {"partnership_id": ana["id"], "hashtag": "#FellsideWithAna"})
    made = await making.post(
        tenant, "/v1/posts", post(ana, text="My code is ana10 #ad #FellsideWithAna", metrics={"likes": 210})
    )
    assert (made["matched_codes"], made["matched_hashtags"]) == (["ANA10"], ["fellsidewithana"])
    assert (made["disclosed"], made["trust"], made["source"]) == (True, "creator_reported", "manual")
    states = {one["id"]: one["state"] for one in (await get(tenant, f"/v1/partnerships/{ana['id']}"))["deliverables"]}
    assert sorted(states.values()) == ["delivered", "open"]
    assert states[made["deliverable_id"]] == "delivered"


async def test_the_same_post_again_brings_newer_numbers_and_keeps_the_others(tenant: Tenant) -> None:
    ana = await creator(tenant)
    await making.post(tenant, "/v1/posts", post(ana, metrics={"likes": 10, "views": None}, disclosed=False))
    again = await making.post(tenant, "/v1/posts", post(ana, metrics={"likes": 20}), expect=200)
    assert again["metrics"]["likes"]["value"] == 20
    assert again["metrics"]["views"]["state"] == "not_provided"
    assert again["disclosed"] is False
    assert len((await get(tenant, "/v1/posts", partnership_id=ana["id"]))["items"]) == 1


async def test_a_delivered_promise_is_not_delivered_twice(tenant: Tenant) -> None:
    ana = await creator(tenant, terms={"deliverables": [{"kind": "post"}]})
    first = await making.post(tenant, "/v1/posts", post(ana))
    second = await making.post(tenant, "/v1/posts", post(ana, url=f"{URL}x"))
    assert second["deliverable_id"] is None
    named = post(ana, url=f"{URL}y", deliverable_id=first["deliverable_id"])
    await making.post(tenant, "/v1/posts", named, expect=409)


async def test_another_workspaces_partnership_account_and_post_are_not_found(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    ana, ben = await creator(tenant), await creator(other_tenant)
    made = await making.post(tenant, "/v1/posts", post(ana))
    await get(other_tenant, f"/v1/posts/{made['id']}", expect=404)
    await making.post(other_tenant, "/v1/posts", post(ana), expect=404)
    partner = await get(tenant, f"/v1/partners/{ana['partner_id']}")
    account = partner["accounts"][0]["id"]
    await making.post(other_tenant, "/v1/posts", post(ben, account_id=account), expect=404)
    assert (await making.post(tenant, "/v1/posts", post(ana, url=f"{URL}z", account_id=account)))["account_id"]
