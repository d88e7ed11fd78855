"""Claims about links, codes and hashtags over HTTP."""

import asyncio
from typing import Any

import pytest

from tests.house import Tenant
from tests.services.attribution import making

DESTINATION = "https://shop.example.com/spring"


def assets(partnership_id: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("/v1/links", {"partnership_id": partnership_id, "destination_url": DESTINATION}),
        ("/v1/codes", {"partnership_id": partnership_id}),
        ("/v1/hashtags", {"partnership_id": partnership_id, "hashtag": "#FellsideWithAna"}),
    ]


async def test_nothing_is_issued_before_a_person_approved(tenant: Tenant) -> None:
    made = await making.partnership(tenant)
    for path, body in assets(made["id"]):
        problem = await making.post(tenant, path, body, expect=409)
        assert problem["code"] == "not_approved"


async def test_nothing_is_issued_after_the_end(tenant: Tenant) -> None:
    made = await making.partnership(tenant, approved=True)
    await making.move(tenant, made, "declined")
    for path, body in assets(made["id"]):
        problem = await making.post(tenant, path, body, expect=409)
        assert problem["code"] == "conflict"


async def test_every_asset_carries_the_disclosure_of_its_partnership(tenant: Tenant) -> None:
    brief = {"brand": {"name": "Fellside"}, "disclosure": {"text": "Advert"}}
    campaign = await making.campaign(tenant, brief=brief)
    made = await making.partnership(tenant, campaign_id=campaign["id"], approved=True)
    issued = [await making.post(tenant, path, body) for path, body in assets(made["id"])]
    assert {asset["disclosure_text"] for asset in issued} == {"Advert"}
    assert {asset["state"] for asset in issued} == {"active"}


async def test_assets_are_unknown_to_another_workspace(tenant: Tenant, other_tenant: Tenant) -> None:
    made = await making.partnership(tenant, approved=True)
    client = other_tenant.client("attribution")
    for path, body in assets(made["id"]):
        issued = await making.post(tenant, path, body)
        assert (await client.get(f"{path}/{issued['id']}")).status_code == 404
        assert (await client.get(path)).json()["items"] == []
        assert (await client.post(path, json=body)).status_code == 404


async def test_a_link_has_a_short_url_and_a_random_slug(tenant: Tenant) -> None:
    link = await making.link(tenant)
    assert link["short_url"].endswith(f"/r/{link['slug']}")
    assert link["destination_url"] == DESTINATION
    assert link["click_parameter"] == "gs_click"


@pytest.mark.parametrize("slug", ["admin", "adm1n", "he1p"])
async def test_reserved_slugs_and_what_looks_like_them_are_refused(tenant: Tenant, slug: str) -> None:
    made = await making.partnership(tenant, approved=True)
    body = {"partnership_id": made["id"], "destination_url": DESTINATION, "slug": slug}
    await making.post(tenant, "/v1/links", body, expect=422)


async def test_a_slug_that_looks_like_a_taken_one_is_refused_in_every_workspace(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    first = await making.link(tenant, slug="Ana-Biggest-Sale")
    assert first["slug"] == "Ana-Biggest-Sale"
    made = await making.partnership(other_tenant, approved=True)
    for slug in ("ana-biggest-sale", "ana_bigge5t_sa1e"):
        body = {"partnership_id": made["id"], "destination_url": DESTINATION, "slug": slug}
        await making.post(other_tenant, "/v1/links", body, expect=409)


@pytest.mark.parametrize("url", ["https://user:secret@example.com/", "https://a%00b/"])
async def test_a_destination_that_is_no_plain_web_address_is_refused(tenant: Tenant, url: str) -> None:
    made = await making.partnership(tenant, approved=True)
    body = {"partnership_id": made["id"], "destination_url": url}
    problem = await making.post(tenant, "/v1/links", body, expect=422)
    assert problem["errors"][0]["pointer"] == "/destination_url"


async def test_utm_fields_are_filled_from_their_template(tenant: Tenant) -> None:
    partner = await making.partner(tenant, name="Ana")
    made = await making.partnership(tenant, partner_id=partner["id"], approved=True)
    link = await making.link(tenant, partnership_id=made["id"], utm={"source": "{partner}", "campaign": "{campaign}"})
    assert (link["utm"]["source"], link["utm"]["campaign"]) == ("Ana", "Spring")


async def test_a_change_of_a_link_is_kept_with_what_was_before(tenant: Tenant) -> None:
    client = tenant.client("attribution")
    link = await making.link(tenant, label="story")
    path = f"/v1/links/{link['id']}"
    tag = (await client.get(path)).headers["ETag"]
    body = {"destination_url": "https://shop.example.com/summer", "label": None, "disabled": True}
    changed = await client.patch(path, json=body, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["state"]) == (200, "disabled")
    assert (await client.patch(path, json=body, headers={"If-Match": tag})).status_code == 412
    revisions = (await client.get(f"{path}/changes")).json()["items"]
    assert [item["before"] for item in revisions] == [
        {"destination_url": DESTINATION, "label": "story", "disabled": False}
    ]


@pytest.mark.parametrize(
    ("span", "state"),
    [
        ({"ends_at": "2020-01-01T00:00:00Z"}, "expired"),
        ({"starts_at": "2100-01-01T00:00:00Z"}, "scheduled"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "active"),
    ],
)
async def test_a_link_says_whether_it_counts_now(tenant: Tenant, span: dict[str, str], state: str) -> None:
    assert (await making.link(tenant, **span))["state"] == state


@pytest.mark.parametrize(("kind", "magic"), [("svg", b"<?xml"), ("png", b"\x89PNG")])
async def test_a_link_has_a_qr_code(tenant: Tenant, kind: str, magic: bytes) -> None:
    link = await making.link(tenant)
    answer = await tenant.client("attribution").get(f"/v1/links/{link['id']}/qr", params={"format": kind})
    assert (answer.status_code, answer.content[: len(magic)]) == (200, magic)


async def test_a_code_is_generated_from_the_partners_name(tenant: Tenant) -> None:
    partner = await making.partner(tenant, name="Ana")
    made = await making.partnership(tenant, partner_id=partner["id"], approved=True)
    one, other = [await making.post(tenant, "/v1/codes", {"partnership_id": made["id"]}) for _ in range(2)]
    assert one["code"].startswith("ANA-")
    assert one["code"] != other["code"]


async def test_a_chosen_code_is_unique_in_its_campaign_in_every_spelling(tenant: Tenant) -> None:
    made = await making.partnership(tenant, approved=True)
    rival = await making.partnership(tenant, campaign_id=made["campaign_id"], approved=True)
    elsewhere = await making.partnership(tenant, approved=True)
    await making.post(tenant, "/v1/codes", {"partnership_id": made["id"], "code": "ANA-10", "percent_bp": 1000})
    await making.post(tenant, "/v1/codes", {"partnership_id": rival["id"], "code": "ana10"}, expect=409)
    await making.post(tenant, "/v1/codes", {"partnership_id": elsewhere["id"], "code": "ana10"})


async def test_of_two_codes_at_once_one_is_made(tenant: Tenant) -> None:
    made = await making.partnership(tenant, approved=True)
    client = tenant.client("attribution")
    body = {"partnership_id": made["id"], "code": "RACE10"}
    answers = await asyncio.gather(*(client.post("/v1/codes", json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.parametrize("hashtag", ["FELLSIDEwithana", "＃fellsidewithana"])
async def test_a_hashtag_is_one_partnerships_in_every_spelling(tenant: Tenant, hashtag: str) -> None:
    one, rival = [await making.partnership(tenant, approved=True) for _ in range(2)]
    await making.post(tenant, "/v1/hashtags", {"partnership_id": one["id"], "hashtag": "#FellsideWithAna"})
    await making.post(tenant, "/v1/hashtags", {"partnership_id": rival["id"], "hashtag": hashtag}, expect=409)


async def test_a_hashtag_of_the_brief_is_everybodys(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, brief={"brand": {"name": "x"}, "hashtags": ["#FellRunning"]})
    made = await making.partnership(tenant, campaign_id=campaign["id"], approved=True)
    await making.post(tenant, "/v1/hashtags", {"partnership_id": made["id"], "hashtag": "fellrunning"}, expect=409)


async def test_digits_alone_are_no_hashtag(tenant: Tenant) -> None:
    made = await making.partnership(tenant, approved=True)
    await making.post(tenant, "/v1/hashtags", {"partnership_id": made["id"], "hashtag": "#2027"}, expect=422)


async def test_a_code_changes_with_the_version_that_was_read(tenant: Tenant) -> None:
    partnership = await making.partnership(tenant, approved=True)
    body = {"partnership_id": partnership["id"], "code": "ANA10", "percent_bp": 1000, "max_uses": 5}
    made = await making.post(tenant, "/v1/codes", body)
    async with tenant.client("attribution") as client:
        path = f"/v1/codes/{made['id']}"
        tag = (await client.get(path)).headers["etag"]
        change = {"ends_at": "2020-01-01T00:00:00Z", "max_uses": None, "stock_cap": 40}
        changed = await client.patch(path, json=change, headers={"If-Match": tag})
        assert [changed.json()[name] for name in ("state", "max_uses", "stock_cap", "percent_bp")] == [
            "expired", None, 40, 1000,
        ]  # fmt: skip
        assert (await client.patch(path, json={"disabled": True}, headers={"If-Match": tag})).status_code == 412
        assert (await client.patch(path, json={"disabled": True})).json()["state"] == "disabled"


@pytest.mark.parametrize(
    "change",
    [{"starts_at": "2027-01-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}, {"amount_minor": 500, "currency": "GBP"},
     {"percent_bp": None, "amount_minor": 500}, {"code": "OTHER"}],
)  # fmt: skip
async def test_a_change_that_makes_no_sense_of_a_code_is_refused(tenant: Tenant, change: dict[str, object]) -> None:
    partnership = await making.partnership(tenant, approved=True)
    body = {"partnership_id": partnership["id"], "code": "ANA10", "percent_bp": 1000}
    made = await making.post(tenant, "/v1/codes", body)
    async with tenant.client("attribution") as client:
        assert (await client.patch(f"/v1/codes/{made['id']}", json=change)).status_code == 422


async def test_a_hashtag_out_of_use_matches_no_more_posts_and_stays_its_partnerships(tenant: Tenant) -> None:
    first = await making.partnership(tenant, approved=True)
    body = {"partnership_id": first["id"], "hashtag": "FellsideWithAna"}
    made = await making.post(tenant, "/v1/hashtags", body)
    async with tenant.client("attribution") as client:
        told = await client.patch(f"/v1/hashtags/{made['id']}", json={"disabled": True})
    assert told.json()["state"] == "disabled"
    post = {
        "partnership_id": first["id"], "url": "https://b.example.com/1", "published_at": "2026-11-01T00:00:00Z",
        "text": "#FellsideWithAna",
    }  # fmt: skip
    assert (await making.post(tenant, "/v1/posts", post))["matched_hashtags"] == []
    second = await making.partnership(tenant, approved=True)
    await making.post(tenant, "/v1/hashtags", {**body, "partnership_id": second["id"]}, expect=409)
