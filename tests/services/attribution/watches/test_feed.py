"""Claims about discovery's events in attribution: posts, daily numbers, what is gone, who was erased."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.attribution.watches import service
from services.attribution.watches.feed import take_in
from shared.kit.ids import new_id
from shared.schemas.events import CreatorErased, CreatorSnapshot, Event, PostDeleted, PostPublished
from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.making import Json
from tests.services.attribution.orders import get

AT = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
ANA = "ana.example.com"


async def followed(tenant: Tenant, *, state: str = "agreed", terms: Json | None = None, **campaign: Any) -> Json:
    """An agreed partnership of Ana, whose account and whose campaign's own are written down as wanted."""
    partner = await making.partner(tenant, name="Ana", accounts=[{"platform": "bluesky", "handle": ANA}])
    body = {"campaign_id": (await making.campaign(tenant, **campaign))["id"], "partner_id": partner["id"]}
    wanted = {"adult_attested_at": "2026-01-01T00:00:00Z", **(terms or {})}
    made = await making.partnership(tenant, approved=True, terms=wanted, **body)
    if state != "approved":
        made = await making.move(tenant, made, state)
    while await service.note_missing(tenant.house.runtime("attribution")):
        pass
    return made


async def follows(tenant: Tenant, made: Json) -> list[Json]:
    found: list[Json] = (await get(tenant, f"/v1/campaigns/{made['campaign_id']}/followed-accounts"))["items"]
    return found


def reference_of(one: Json) -> str:
    about = one["partnership_id"] or one["campaign_id"]
    return f"{about}/{one['account_id'] or one['given']}"


async def take(tenant: Tenant, *events: Event) -> None:
    async with tenant.house.runtime("attribution").database.tenant_session(tenant.workspace_id) as session:
        await take_in(session, events=events)


def post(reference: str, *, key: str = "3k", creator: UUID | None = None, **fields: Any) -> PostPublished:
    author = creator or new_id()
    return PostPublished.model_validate(
        {
            "id": new_id(), "at": AT, "references": [reference], "creator_id": author, "platform": "bluesky",
            "handle": ANA,
            "post": {
                "id": new_id(), "platform": "bluesky", "platform_id": f"at://did:plc:ana/app.bsky.feed.post/{key}",
                "url": f"https://bsky.app/profile/{ANA}/post/{key}", "author_id": author, "created_at": AT,
                "observed_at": AT, "counts": {"likes": {"value": 21, "state": "exact"}}, **fields,
            },
        }
    )  # fmt: skip


def snapshot(reference: str, *, creator: UUID | None = None, **counts: Json) -> CreatorSnapshot:
    return CreatorSnapshot.model_validate(
        {
            "id": new_id(), "at": AT, "references": [reference], "creator_id": creator or new_id(),
            "platform": "bluesky", "handle": ANA, "counts": counts,
        }
    )  # fmt: skip


async def posts(tenant: Tenant, made: Json) -> list[Json]:
    found: list[Json] = (await get(tenant, "/v1/posts", partnership_id=made["id"]))["items"]
    return found


async def test_a_watched_post_is_matched_to_hashtag_code_disclosure_and_promise(tenant: Tenant) -> None:
    made = await followed(tenant, terms={"deliverables": [{"kind": "post", "due_to": "2026-12-31"}]})
    tag = f"FellsideAna{made['id'][-6:]}"
    await making.post(tenant, "/v1/hashtags", {"partnership_id": made["id"], "hashtag": tag})
    await making.post(tenant, "/v1/codes", {"partnership_id": made["id"], "code": "ANA10"})
    (one,) = await follows(tenant, made)
    event = post(reference_of(one), text=f"Up with #{tag.lower()} and ana-10 #ad")
    for _ in range(2):
        await take(tenant, event)
    (found,) = await posts(tenant, made)
    assert (found["source"], found["trust"], found["disclosed"], found["still_live"]) == (
        "watch",
        "measured",
        True,
        True,
    )
    assert (found["matched_codes"], len(found["matched_hashtags"])) == (["ANA10"], 1)
    assert found["metrics"]["likes"]["value"] == 21
    assert "comments" not in found["metrics"]
    (piece,) = (await get(tenant, "/v1/deliverables", partnership_id=made["id"]))["items"]
    assert (piece["id"], piece["state"]) == (found["deliverable_id"], "delivered")


async def test_a_post_that_does_not_show_the_campaign_is_not_kept(tenant: Tenant) -> None:
    made = await followed(tenant, terms={"deliverables": [{"kind": "post"}]})
    (one,) = await follows(tenant, made)
    await take(tenant, post(reference_of(one), text="My cat. #ad for somebody else"))
    assert await posts(tenant, made) == []
    assert (await get(tenant, "/v1/deliverables", partnership_id=made["id"], state="open"))["items"] != []


async def test_a_link_or_a_mention_of_the_brand_shows_the_campaign(tenant: Tenant) -> None:
    made = await followed(tenant, brief={"brand": {"name": "Fellside", "handles": ["bluesky:fellside.example.com"]}})
    link = await making.link(tenant, partnership_id=made["id"])
    one = next(one for one in await follows(tenant, made) if one["account_id"])
    await take(
        tenant,
        post(reference_of(one), key="a", text="Look", links=[link["short_url"]]),
        post(reference_of(one), key="b", text="Thanks", mentions=[{"handle": "fellside.example.com"}]),
        post(reference_of(one), key="c", text="Look", links=[link["short_url"] + "x"]),
        post(reference_of(one), key="d", text="Look", links=[link["short_url"]], kind="reply"),
    )
    assert sorted(found["url"][-1] for found in await posts(tenant, made)) == ["a", "b"]


async def test_nothing_is_kept_of_a_partner_who_agreed_to_nothing_yet(tenant: Tenant) -> None:
    made = await followed(tenant, state="approved")
    await making.post(tenant, "/v1/codes", {"partnership_id": made["id"], "code": "ANA10"})
    (one,) = await follows(tenant, made)
    await take(tenant, post(reference_of(one), text="ANA10"))
    assert await posts(tenant, made) == []


async def test_a_post_sent_by_hand_and_seen_by_a_watch_is_one(tenant: Tenant) -> None:
    made = await followed(tenant)
    await making.post(tenant, "/v1/codes", {"partnership_id": made["id"], "code": "ANA10"})
    (one,) = await follows(tenant, made)
    by_hand = {
        "partnership_id": made["id"], "url": "https://bsky.app/profile/did:plc:ana/post/3k",
        "published_at": "2026-11-20T23:30:00Z", "metrics": {"likes": 5, "reach": 900},
    }  # fmt: skip
    sent = await making.post(tenant, "/v1/posts", by_hand)
    await take(tenant, post(reference_of(one), text="ANA10"))
    (found,) = await posts(tenant, made)
    assert found["id"] == sent["id"]
    assert {name: count["value"] for name, count in found["metrics"].items()} == {"likes": 21, "reach": 900}
    assert found["trust"] == "creator_reported"


async def test_a_creators_word_does_not_replace_what_was_read(tenant: Tenant) -> None:
    made = await followed(tenant)
    await making.post(tenant, "/v1/codes", {"partnership_id": made["id"], "code": "ANA10"})
    (one,) = await follows(tenant, made)
    await take(tenant, post(reference_of(one), text="ANA10"))
    body = {
        "partnership_id": made["id"], "url": f"https://bsky.app/profile/{ANA}/post/3k",
        "published_at": "2026-11-20T23:30:00Z", "metrics": {"likes": 9_000, "reach": 900},
    }  # fmt: skip
    found = await making.post(tenant, "/v1/posts", body, expect=200)
    assert {name: count["value"] for name, count in found["metrics"].items()} == {"likes": 21, "reach": 900}


async def test_a_deleted_post_is_not_live_until_it_is_told_again(tenant: Tenant) -> None:
    made = await followed(tenant)
    await making.post(tenant, "/v1/codes", {"partnership_id": made["id"], "code": "ANA10"})
    (one,) = await follows(tenant, made)
    told = post(reference_of(one), text="ANA10")
    gone = PostDeleted(
        id=new_id(), at=AT, creator_id=told.creator_id, platform="bluesky", platform_id=told.post.platform_id
    )
    await take(tenant, told, gone)
    assert [found["still_live"] for found in await posts(tenant, made)] == [False]
    await take(tenant, post(reference_of(one), creator=told.creator_id, text="ANA10"))
    assert [found["still_live"] for found in await posts(tenant, made)] == [True]


async def test_daily_numbers_become_points_of_the_campaigns_day_and_unknown_ones_stay_gaps(tenant: Tenant) -> None:
    made = await followed(tenant, timezone="Asia/Kolkata", owned_accounts=["bluesky:fellside.example.com"])
    brand = next(one for one in await follows(tenant, made) if one["account_id"] is None)
    partner = next(one for one in await follows(tenant, made) if one["account_id"])
    hidden = {"value": None, "state": "hidden"}
    for event in (
        snapshot(reference_of(brand), followers={"value": 900, "state": "exact"}, posts=hidden),
        snapshot(reference_of(partner), followers={"value": 4_200, "state": "rounded"}),
    ):
        await take(tenant, event, event)
    points = (await get(tenant, "/v1/metrics", campaign_id=made["campaign_id"]))["items"]
    assert [(one["metric"], one["day"], one["value"], one["trust"], one["source"]) for one in points] == [
        ("creator_followers", "2026-11-21", 4200.0, "estimated", "watch"),
        ("followers", "2026-11-21", 900.0, "measured", "watch"),
    ]


async def test_a_value_that_somebody_told_stays(tenant: Tenant) -> None:
    made = await followed(tenant, owned_accounts=["bluesky:fellside.example.com"])
    brand = next(one for one in await follows(tenant, made) if one["account_id"] is None)
    point = {"metric": "followers", "day": "2026-11-20", "value": 901, "platform": "bluesky", "account": ANA}
    await making.post(tenant, "/v1/metrics", {"campaign_id": made["campaign_id"], "points": [point]}, expect=200)
    await take(tenant, snapshot(reference_of(brand), followers={"value": 900, "state": "exact"}))
    (kept,) = (await get(tenant, "/v1/metrics", campaign_id=made["campaign_id"]))["items"]
    assert (kept["value"], kept["source"]) == (901.0, "api")


async def test_an_erased_creator_leaves_no_name_and_no_posts_but_what_was_earned(tenant: Tenant) -> None:
    made = await followed(tenant)
    await making.post(tenant, "/v1/codes", {"partnership_id": made["id"], "code": "ANA10"})
    (one,) = await follows(tenant, made)
    ana = new_id()
    await take(tenant, post(reference_of(one), text="ANA10", creator=ana))
    assert len(await posts(tenant, made)) == 1
    await take(tenant, CreatorErased(id=new_id(), at=AT, creator_id=ana))
    partner = await get(tenant, f"/v1/partners/{made['partner_id']}")
    assert ANA not in str(partner)
    assert (partner["name"].startswith("erased-"), partner["do_not_contact"]) == (True, True)
    assert await posts(tenant, made) == []
    assert (await get(tenant, f"/v1/partnerships/{made['id']}"))["state"] == "agreed"


async def test_events_of_somebody_elses_watches_change_nothing(tenant: Tenant, other_tenant: Tenant) -> None:
    made = await followed(tenant)
    await making.post(tenant, "/v1/codes", {"partnership_id": made["id"], "code": "ANA10"})
    (one,) = await follows(tenant, made)
    await take(other_tenant, post(reference_of(one), text="ANA10"))
    assert await posts(tenant, made) == []


async def test_accounts_are_wanted_from_the_first_day_and_from_the_approval_on(tenant: Tenant) -> None:
    body = await making.campaign(tenant, owned_accounts=["bluesky:fellside.example.com", "fellside"])
    waiting = await making.partnership(tenant, campaign_id=body["id"])
    runtime = tenant.house.runtime("attribution")
    for _ in range(2):
        while await service.note_missing(runtime):
            pass
    found = await follows(tenant, {"campaign_id": body["id"]})
    assert [(one["given"], one["state"], one["platform"]) for one in found] == [
        ("bluesky:fellside.example.com", "wanted", "bluesky"), ("fellside", "refused", None),
    ]  # fmt: skip
    await making.post(tenant, f"/v1/partnerships/{waiting['id']}/approve", {}, expect=200)
    while await service.note_missing(runtime):
        pass
    found = await follows(tenant, {"campaign_id": body["id"]})
    assert [one["partnership_id"] for one in found if one["account_id"]] == [waiting["id"]]


async def test_a_partner_who_declines_is_not_followed_any_more(tenant: Tenant) -> None:
    made = await followed(tenant)
    await making.move(tenant, made, "declined")
    runtime = tenant.house.runtime("attribution")
    while await service.end_unwanted(runtime):
        pass
    assert [one["state"] for one in await follows(tenant, made)] == ["ended"]
