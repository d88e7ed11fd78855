"""Claims about partnerships over HTTP: approval, states, suppression, terms."""

import pytest

from shared.schemas.identity import Scope
from tests.house import Tenant, make_tenant
from tests.services.attribution import making

TERMS = {
    "deliverables": [{"kind": "post", "count": 2}, {"kind": "story"}],
    "disclosure": {"text": "Advert"},
    "adult_attested_at": "2026-11-01T10:00:00Z",
}


async def test_a_partnership_starts_new_with_a_disclosure(tenant: Tenant) -> None:
    made = await making.partnership(tenant)
    assert (made["state"], made["disclosure_text"], made["approved_at"]) == ("new", "#ad", None)
    assert [step["state"] for step in made["history"]] == ["new"]


async def test_approval_records_which_key_approved(tenant: Tenant) -> None:
    made = await making.partnership(tenant, approved=True)
    assert made["state"] == "approved"
    assert made["approved_by"] is not None
    assert made["history"][-1]["by"] == made["approved_by"]


async def test_approval_needs_its_scope(tenant: Tenant) -> None:
    writer = await make_tenant(tenant.house, scopes=[Scope.READ, Scope.WRITE])
    made = await making.partnership(writer)
    answer = await writer.client("attribution").post(f"/v1/partnerships/{made['id']}/approve")
    assert answer.status_code == 403


async def test_approving_twice_changes_nothing(tenant: Tenant) -> None:
    made = await making.partnership(tenant, approved=True)
    again = await making.post(tenant, f"/v1/partnerships/{made['id']}/approve", {}, expect=200)
    assert again == made


async def test_nobody_is_contacted_without_approval(tenant: Tenant) -> None:
    made = await making.partnership(tenant)
    problem = await making.move(tenant, made, "contacted", expect=409)
    assert "shortlisted" in problem["detail"]


async def test_the_whole_way_to_completion_is_in_the_history(tenant: Tenant) -> None:
    made = await making.partnership(tenant, terms=TERMS)
    await making.move(tenant, made, "shortlisted")
    await making.post(tenant, f"/v1/partnerships/{made['id']}/approve", {"note": "Monday"}, expect=200)
    for state in ("contacted", "negotiating", "agreed", "active", "completed"):
        made = await making.move(tenant, made, state)
    assert [step["state"] for step in made["history"]] == [
        "new", "shortlisted", "approved", "contacted", "negotiating", "agreed", "active", "completed",
    ]  # fmt: skip
    assert made["history"][2]["reason"] == "Monday"


async def test_no_offer_becomes_active_without_attestation(tenant: Tenant) -> None:
    made = await making.partnership(tenant, approved=True, terms={**TERMS, "adult_attested_at": None})
    await making.move(tenant, made, "agreed")
    await making.move(tenant, made, "active", expect=409)


async def test_a_rejection_takes_the_approval_back(tenant: Tenant) -> None:
    made = await making.partnership(tenant, approved=True)
    rejected = await making.move(tenant, made, "rejected", reason="too many adverts")
    assert (rejected["state"], rejected["approved_at"]) == ("rejected", None)


@pytest.mark.parametrize("ending", ["declined", "do_not_contact"])
async def test_a_partner_who_said_no_is_left_alone_in_the_whole_workspace(tenant: Tenant, ending: str) -> None:
    made = await making.partnership(tenant, approved=True)
    waiting = await making.partnership(tenant, partner_id=made["partner_id"])
    await making.move(tenant, made, ending, reason="wrote: no, thanks")
    elsewhere = await making.campaign(tenant)
    body = {"campaign_id": elsewhere["id"], "partner_id": made["partner_id"]}
    await making.post(tenant, "/v1/partnerships", body, expect=409)
    await making.post(tenant, f"/v1/partnerships/{waiting['id']}/approve", {}, expect=409)


async def test_who_declined_may_come_back_with_a_reason(tenant: Tenant) -> None:
    made = await making.partnership(tenant, approved=True)
    await making.move(tenant, made, "declined")
    await making.move(tenant, made, "negotiating", expect=422)
    back = await making.move(tenant, made, "negotiating", reason="wrote to us again")
    assert back["state"] == "negotiating"


async def test_do_not_contact_is_kept_on_the_partner_until_taken_back(tenant: Tenant) -> None:
    made = await making.partnership(tenant)
    await making.move(tenant, made, "do_not_contact", reason="asked by mail")
    path = f"/v1/partners/{made['partner_id']}"
    client = tenant.client("attribution")
    assert (await client.get(path)).json()["do_not_contact_reason"] == "asked by mail"
    await making.move(tenant, made, "new", reason="a mistake", expect=409)
    await client.patch(path, json={"do_not_contact": False})
    assert (await making.move(tenant, made, "new", reason="a mistake"))["state"] == "new"


async def test_terms_are_versioned_and_set_the_disclosure(tenant: Tenant) -> None:
    made = await making.partnership(tenant, terms=TERMS)
    assert (made["terms"]["version"], made["disclosure_text"], len(made["deliverables"])) == (1, "Advert", 3)
    path = f"/v1/partnerships/{made['id']}/terms"
    second = await making.post(tenant, path, {"deliverables": [{"kind": "video"}]})
    assert second["version"] == 2
    now = (await tenant.client("attribution").get(f"/v1/partnerships/{made['id']}")).json()
    assert [piece["kind"] for piece in now["deliverables"]] == ["video"]
    assert now["disclosure_text"] == "Advert"
    versions = (await tenant.client("attribution").get(path)).json()["items"]
    assert [version["version"] for version in versions] == [1, 2]


async def test_terms_name_only_the_partners_own_accounts(tenant: Tenant) -> None:
    stranger = await making.partner(tenant)
    made = await making.partnership(tenant)
    body = {"accounts": [stranger["accounts"][0]["id"]]}
    await making.post(tenant, f"/v1/partnerships/{made['id']}/terms", body, expect=404)


async def test_a_partner_is_considered_once_per_campaign(tenant: Tenant) -> None:
    made = await making.partnership(tenant)
    body = {"campaign_id": made["campaign_id"], "partner_id": made["partner_id"]}
    problem = await making.post(tenant, "/v1/partnerships", body, expect=409)
    assert made["id"] in problem["detail"]


async def test_ids_of_another_workspace_are_unknown_in_bodies_too(tenant: Tenant, other_tenant: Tenant) -> None:
    theirs, ours = await making.partnership(tenant), await making.partnership(other_tenant)
    for body in (
        {"campaign_id": theirs["campaign_id"], "partner_id": ours["partner_id"]},
        {"campaign_id": ours["campaign_id"], "partner_id": theirs["partner_id"]},
    ):
        await making.post(other_tenant, "/v1/partnerships", body, expect=404)
    for action, body in (("approve", {}), ("transitions", {"to": "shortlisted"}), ("terms", {})):
        await making.post(other_tenant, f"/v1/partnerships/{theirs['id']}/{action}", body, expect=404)


async def test_partnerships_filter_by_campaign_partner_and_state(tenant: Tenant) -> None:
    first, second = [await making.partnership(tenant, approved=approved) for approved in (False, True)]
    client = tenant.client("attribution")
    for params in ({"campaign_id": second["campaign_id"]}, {"partner_id": second["partner_id"]}, {"state": "approved"}):
        found = (await client.get("/v1/partnerships", params=params)).json()["items"]
        assert [item["id"] for item in found] == [second["id"]]
    assert len((await client.get("/v1/partnerships")).json()["items"]) == 2
    assert first["id"] != second["id"]
