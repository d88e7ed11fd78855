"""Every filter of a search, one by one: who fails it does not come out, and the summary says how many and why."""

from typing import Any

import pytest

from tests.house import Tenant
from tests.services.discovery.searches.archive import TALK, Archive, niche
from tests.services.discovery.searches.test_search_archive import BRIEF, candidates, handles, search


def archive(*names: str, platform: str = "instagram", **fields: Any) -> Archive:
    """Accounts that post the brief's hashtag, `kept` first; the fields are those of the others."""
    made = Archive(platform)
    for name in ("kept", *names):
        made.creator(name, **({} if name == "kept" else fields))
        for _ in range(4):
            made.post(name, TALK, "#FellRunning")
    return made


async def outcome(tenant: Tenant, made: Archive, **body: Any) -> tuple[set[str], dict[str, int], dict[str, Any]]:
    """Who came out, how many were left out for what, and the whole line of the summary."""
    await made.store(tenant.house.runtime("discovery"), tenant)
    found = await search(tenant, **body)
    [line] = found["summary"]
    names = set(handles(await candidates(tenant, found["id"])))
    assert line["found"] == len(names) + sum(line["left_out"].values())
    return names, {reason: number for reason, number in line["left_out"].items() if number}, line


@pytest.mark.parametrize(
    ("fields", "body", "reason"),
    [
        ({"followers": 999}, {}, "out_of_band"),
        ({"followers": 100_001}, {}, "out_of_band"),
        ({"followers": 5_000}, {"brief": {**BRIEF, "follower_band": {"min": 6_000, "max": 7_000}}}, "out_of_band"),
        ({"language": "de"}, {"filters": {"languages": ["en"]}}, "language"),
        ({"country": "DE"}, {"filters": {"countries": ["GB", "IE"]}}, "country"),
        ({"account_kind": "group"}, {}, "account_kind"),
        ({"account_kind": "brand"}, {"filters": {"account_kinds": ["person"]}}, "account_kind"),
        ({"is_bot": True}, {}, "bot"),
        ({"status": "suspended"}, {}, "gone"),
        ({"status": "moved"}, {}, "gone"),
        ({"bio_text": "I'm 15 and I run. Write to me: x@example.com"}, {}, "minor"),
        ({}, {"brief": {**BRIEF, "exclude": ["other", "instagram:another"]}}, "excluded"),
        ({}, {"brief": {**BRIEF, "owned_accounts": ["other", "another"]}}, "excluded"),
        ({}, {"brief": {**BRIEF, "brand": {"name": "F", "handles": ["@other", "@another"]}}}, "excluded"),
    ],
)
async def test_who_fails_a_filter_is_left_out_and_counted_for_it(
    tenant: Tenant, fields: dict[str, Any], body: dict[str, Any], reason: str
) -> None:
    made = archive("other", "another", **fields)
    if "follower_band" in body.get("brief", {}):
        made.creator("kept", 6_500)
    names, left_out, line = await outcome(tenant, made, **body)
    assert (names, left_out) == ({"kept"}, {reason: 2})
    assert (line["opted_out"], line["contactable"]["yes"]) == (0, 0)


@pytest.mark.parametrize(
    ("fields", "filters"),
    [
        ({"followers": 1_000}, {}),
        ({"followers": 100_000}, {}),
        ({"followers": None}, {}),
        ({"language": "en-GB"}, {"languages": ["en"]}),
        ({"language": None}, {"languages": ["de"]}),
        ({"country": "GB"}, {"countries": ["GB"]}),
        ({"country": None}, {"countries": ["GB"]}),
        ({"account_kind": "brand"}, {"account_kinds": ["person", "brand"]}),
        ({"account_kind": None}, {"account_kinds": ["person"]}),
        ({"is_bot": None, "status": None}, {}),
    ],
)
async def test_who_passes_a_filter_or_is_unknown_to_it_stays(
    tenant: Tenant, fields: dict[str, Any], filters: dict[str, Any]
) -> None:
    names, left_out, _ = await outcome(tenant, archive("other", **fields), filters=filters)
    assert (names, left_out) == ({"kept", "other"}, {})


async def test_an_account_that_tells_no_language_has_that_of_its_posts(tenant: Tenant) -> None:
    made = archive("german", "bilingual", "quiet")
    spoken = {"german": ["de", "de-AT", "de", "de"], "bilingual": ["de", "de", "de", "en"], "quiet": ["de", "de"]}
    for name, languages in spoken.items():
        own = [number for number, post in enumerate(made.published) if post.author_platform_id == name]
        for number, language in zip(own, languages, strict=False):
            made.published[number] = made.published[number]._replace(language=language)
    names, left_out, _ = await outcome(tenant, made, filters={"languages": ["en"]})
    assert (names, left_out) == ({"kept", "bilingual", "quiet"}, {"language": 1})


async def test_too_few_own_posts_are_too_little_activity(tenant: Tenant) -> None:
    made = archive()
    made.creator("silent", counts='{"followers": {"value": 4000, "state": "exact"}, "posts": {"value": 2}}')
    made.post("silent", TALK, "#FellRunning")
    names, left_out, _ = await outcome(tenant, made)
    assert (names, left_out) == ({"kept"}, {"inactive": 1})


async def test_platforms_that_a_brief_does_not_name_are_not_looked_at(tenant: Tenant) -> None:
    made = archive("other")
    await made.store(tenant.house.runtime("discovery"), tenant)
    found = await search(tenant, brief={**BRIEF, "platforms": ["tiktok"]})
    assert (found["summary"], await candidates(tenant, found["id"])) == ([], [])


async def test_who_talks_of_other_things_and_to_nobody_near_is_far_from_the_topic(tenant: Tenant) -> None:
    names, left_out, line = await outcome(tenant, niche(), limits={"max_calls": 100, "depth": 3})
    assert "baker" not in names
    assert left_out == {"far_from_topic": 1, "out_of_band": 2}
    assert (line["in_band"], line["band_unknown"]) == (6, 1)


async def test_of_several_reasons_the_first_counts(tenant: Tenant) -> None:
    fields: dict[str, Any] = {"followers": 12, "language": "de", "is_bot": True, "bio_text": "I am 14 years old"}
    made = archive("other", **fields)
    names, left_out, _ = await outcome(tenant, made, filters={"languages": ["en"]})
    assert (names, left_out) == ({"kept"}, {"minor": 1})


async def test_partners_whose_accounts_are_watched_are_known_already(tenant: Tenant) -> None:
    made = archive("partner.example.com", "another", platform="bluesky")
    await made.store(tenant.house.runtime("discovery"), tenant)
    watch = {"accounts": [{"platform": "bluesky", "handle": "partner.example.com"}], "reference": "pts_1/acc_1"}
    async with tenant.client("discovery") as client:
        made_watch = await client.post("/v1/watches", json=watch)
        assert made_watch.status_code == 201, made_watch.text
        paused = await client.patch(
            f"/v1/watches/{made_watch.json()['id']}", json={"paused": True},
            headers={"If-Match": made_watch.headers["etag"]},
        )  # fmt: skip
        assert paused.status_code == 200, paused.text  # so that nobody is asked about it here
    names, left_out, _ = await outcome(tenant, made, filters={"known": "exclude"})
    assert (names, left_out) == ({"kept", "another"}, {"known": 1})
    names, left_out, _ = await outcome(tenant, made)
    assert (names, left_out) == ({"kept", "another", "partner.example.com"}, {})
    found = await search(tenant, filters={"known": "exclude"})
    assert any("list them in the brief's exclude" in warning for warning in found["warnings"])
