"""Claims about promised pieces: said by hand, overdue once, waived."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.attribution.deliverables import service
from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.conversions.test_events import listening, written
from tests.services.attribution.making import Json
from tests.services.attribution.orders import get

ADULT = "2026-01-01T00:00:00Z"


async def promised(tenant: Tenant, *lines: Json, agreed: bool = True, **campaign: Any) -> tuple[Json, list[Json]]:
    """An approved partnership that promised these lines, and its pieces."""
    body = {"campaign_id": (await making.campaign(tenant, **campaign))["id"]}
    terms = {"deliverables": list(lines), "adult_attested_at": ADULT}
    made = await making.partnership(tenant, approved=True, terms=terms, **body)
    if agreed:
        made = await making.move(tenant, made, "agreed")
    return made, (await get(tenant, "/v1/deliverables", partnership_id=made["id"]))["items"]


async def say(tenant: Tenant, piece: Json, *, expect: int = 200, match: str | None = None, **body: Any) -> Json:
    headers = {"If-Match": match} if match else {}
    answer = await tenant.client("attribution").patch(f"/v1/deliverables/{piece['id']}", json=body, headers=headers)
    assert answer.status_code == expect, answer.text
    found: Json = answer.json()
    return found


async def test_pieces_are_listed_by_partnership_campaign_and_state(tenant: Tenant, other_tenant: Tenant) -> None:
    made, pieces = await promised(tenant, {"kind": "post", "count": 2}, {"kind": "event"})
    await promised(tenant, {"kind": "video"})
    assert [piece["kind"] for piece in pieces] == ["post", "post", "event"]
    await say(tenant, pieces[2], state="delivered")
    found = await get(tenant, "/v1/deliverables", campaign_id=made["campaign_id"], state="open")
    assert [piece["id"] for piece in found["items"]] == [piece["id"] for piece in pieces[:2]]
    await get(other_tenant, f"/v1/deliverables/{pieces[0]['id']}", expect=404)
    await say(other_tenant, pieces[0], state="delivered", expect=404)


async def test_a_piece_is_delivered_by_hand_with_its_day_and_who_said_so(tenant: Tenant) -> None:
    _, (piece,) = await promised(tenant, {"kind": "event", "due_to": "2030-01-01"})
    told = await say(tenant, piece, state="delivered", delivered_at="2026-11-01T18:00:00Z")
    assert (told["state"], told["delivered_at"]) == ("delivered", "2026-11-01T18:00:00Z")
    assert told["changed_by"]
    again = await say(tenant, piece, state="open")
    assert (again["state"], again["delivered_at"]) == ("open", None)


async def test_a_change_needs_the_version_that_was_read(tenant: Tenant) -> None:
    _, (piece,) = await promised(tenant, {"kind": "event"})
    tag = (await tenant.client("attribution").get(f"/v1/deliverables/{piece['id']}")).headers["etag"]
    await say(tenant, piece, state="delivered", match=tag)
    await say(tenant, piece, state="open", match=tag, expect=412)


@pytest.mark.parametrize("body", [{"state": "waived"}, {"state": "missed"}, {"state": "overdue"},
                                  {"state": "open", "delivered_at": ADULT}])  # fmt: skip
async def test_what_explains_nothing_is_refused(tenant: Tenant, body: Json) -> None:
    _, (piece,) = await promised(tenant, {"kind": "story"})
    await say(tenant, piece, expect=422, **body)


async def test_what_newer_terms_replaced_stays_as_it_is(tenant: Tenant) -> None:
    made, (piece,) = await promised(tenant, {"kind": "story"})
    await making.post(tenant, f"/v1/partnerships/{made['id']}/terms", {"deliverables": [{"kind": "video"}]})
    await say(tenant, piece, state="delivered", expect=409)


async def test_a_waived_piece_is_neither_promised_nor_late(tenant: Tenant) -> None:
    made, pieces = await promised(tenant, {"kind": "post", "count": 2, "due_to": "2020-01-01"})
    await say(tenant, pieces[0], state="waived", reason="the shop was closed")
    report = await get(tenant, f"/v1/campaigns/{made['campaign_id']}/report")
    assert [report["creators"][0]["delivery"][name]["value"] for name in ("promised", "late")] == [1, 1]


async def test_a_piece_behind_its_last_day_is_overdue_and_told_once(tenant: Tenant) -> None:
    await listening(tenant)
    late = {"kind": "post", "due_to": "2020-01-01"}
    made, pieces = await promised(tenant, late, {"kind": "post", "due_to": "2099-01-01"}, {"kind": "post"})
    await promised(tenant, late, agreed=False)
    for _ in range(2):
        while await service.mark_overdue(tenant.house.runtime("attribution").database):
            pass
    found = (await get(tenant, "/v1/deliverables", state="overdue"))["items"]
    assert [piece["id"] for piece in found] == [pieces[0]["id"]]
    told = [data for kind, data in await written(tenant) if kind == "deliverable.overdue"]
    assert [(one["deliverable_id"], one["partnership_id"], one["due_to"]) for one in told] == [
        (pieces[0]["id"], made["id"], "2020-01-01")
    ]


async def test_the_last_day_is_over_when_it_is_over_in_the_campaigns_zone(tenant: Tenant) -> None:
    """Two days ago is over everywhere; tomorrow of UTC is over nowhere."""
    today = datetime.now(UTC).date()
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        await promised(
            tenant,
            *({"kind": "post", "due_to": (today + timedelta(days=days)).isoformat()} for days in (-2, 1)),
            timezone=zone,
        )
    while await service.mark_overdue(tenant.house.runtime("attribution").database):
        pass
    found = (await get(tenant, "/v1/deliverables", state="overdue"))["items"]
    assert [piece["due_to"] for piece in found] == [(today - timedelta(days=2)).isoformat()] * 2


async def test_a_late_post_delivers_an_overdue_piece(tenant: Tenant) -> None:
    made, (piece,) = await promised(tenant, {"kind": "post", "due_to": "2026-01-02"})
    while await service.mark_overdue(tenant.house.runtime("attribution").database):
        pass
    body = {"partnership_id": made["id"], "url": "https://b.example.com/p/1", "published_at": "2026-01-09T08:00:00Z"}
    assert (await making.post(tenant, "/v1/posts", body))["deliverable_id"] == piece["id"]
    assert (await get(tenant, f"/v1/deliverables/{piece['id']}"))["state"] == "delivered"


async def test_endpoints_are_told_of_a_partnerships_start_states_and_terms(tenant: Tenant) -> None:
    await listening(tenant)
    made, _ = await promised(tenant, {"kind": "story"})
    await making.post(tenant, f"/v1/partnerships/{made['id']}/terms", {"deliverables": []})
    told = [data for kind, data in await written(tenant) if kind == "partnership.updated"]
    assert [(one["change"], one["state"], one["terms_version"]) for one in told] == [
        ("created", "new", 1), ("state", "approved", 1), ("state", "agreed", 1), ("terms", "agreed", 2),
    ]  # fmt: skip
    assert {one["partnership_id"] for one in told} == {made["id"]}
