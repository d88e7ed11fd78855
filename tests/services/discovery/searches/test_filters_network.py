"""Filters of a search on a platform: activity as far as feeds were read, and how candidates can be reached."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.house import Tenant
from tests.services.discovery.connectors import bluesky_answers as answers
from tests.services.discovery.connectors.bluesky_answers import ALICE, BOB, CAROL
from tests.services.discovery.connectors.bluesky_server import FEED, PROFILES
from tests.services.discovery.searches.test_search_network import BRIEF, Niche, niche, ranked, read, start

__all__ = ["niche"]  # a fixture


def days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def feed_of(niche: Niche, did: str, days: list[int], cursor: str | None = None) -> dict[str, Any]:
    """Own posts of these ages, as a feed."""
    views = []
    for number, age in enumerate(days):
        view = niche.post(did, number)
        view["record"]["createdAt"] = view["indexedAt"] = days_ago(age)
        views.append({"post": view})
    return answers.feed(views, cursor)


def told(niche: Niche, monkeypatch: pytest.MonkeyPatch, call: str, who: str, answer: dict[str, Any]) -> None:
    """The platform's answer to one call about one account; everything else stays as it is."""
    plain = niche.answer

    def changed(name: str, params: httpx.QueryParams) -> dict[str, Any]:
        return answer if name == call and who in params.multi_items()[0][1] else plain(name, params)

    monkeypatch.setattr(niche, "answer", changed)


async def summary(tenant: Tenant, **body: Any) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The line of the platform, and the candidates with their marks."""
    search_id = await start(tenant, **body)
    await tenant.house.run_jobs()
    search, items = await read(tenant, search_id)
    [line] = search["summary"]
    assert line["found"] == len(items) + sum(line["left_out"].values())
    return line, {did: marks for did, _, marks in ranked(items)}


async def test_who_was_silent_for_longer_than_the_brief_allows_is_left_out(
    tenant: Tenant, niche: Niche, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(niche, monkeypatch, FEED, BOB, feed_of(niche, BOB, [40, 50, 60, 100]))
    line, found = await summary(tenant, brief={**BRIEF, "active_within_days": 30})
    assert (set(found), line["left_out"]["inactive"]) == ({ALICE, CAROL}, 1)
    line, found = await summary(tenant, brief={**BRIEF, "active_within_days": 45})
    assert (set(found), line["left_out"]["inactive"]) == ({ALICE, BOB, CAROL}, 0)


async def test_who_posted_less_than_three_times_in_90_days_is_left_out(
    tenant: Tenant, niche: Niche, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(niche, monkeypatch, FEED, BOB, feed_of(niche, BOB, [4, 5, 100]))
    line, found = await summary(tenant)
    assert (set(found), line["left_out"]["inactive"]) == ({ALICE, CAROL}, 1)


async def test_a_feed_that_was_cut_off_tells_nothing_of_activity(
    tenant: Tenant, niche: Niche, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(niche, monkeypatch, FEED, BOB, feed_of(niche, BOB, [4, 5], "more"))
    line, found = await summary(tenant)
    assert (set(found), line["left_out"]["inactive"]) == ({ALICE, BOB, CAROL}, 0)
    assert "unknown_activity" in found[BOB]


async def test_followers_outside_the_band_are_counted_and_their_feeds_not_read(
    tenant: Tenant, niche: Niche, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(niche, monkeypatch, PROFILES, BOB, answers.profiles(answers.profile(BOB, followersCount=12, postsCount=40)))
    line, found = await summary(tenant)
    assert BOB not in found
    assert line["left_out"]["out_of_band"] == 1
    assert not [call for call in niche.asked if call.startswith("getAuthorFeed") and BOB.replace(":", "%3A") in call]


@pytest.mark.parametrize(("allowed", "ways"), [("all", (0, 1)), ("none", (0, 0)), ("following", (0, 0))])
async def test_whom_the_platform_lets_anybody_write_to_is_contactable_by_message(
    tenant: Tenant, niche: Niche, monkeypatch: pytest.MonkeyPatch, allowed: str, ways: tuple[int, int]
) -> None:
    shown = answers.profile(
        BOB, followersCount=5_000, postsCount=40, description="DMs are open",
        associated={"chat": {"allowIncoming": allowed}},
    )  # fmt: skip
    told(niche, monkeypatch, PROFILES, BOB, answers.profiles(shown))
    line, found = await summary(tenant)
    assert BOB in found
    assert (line["contactable"]["yes"], line["contactable"]["dm_only"]) == ways


async def test_a_minor_by_its_own_words_is_left_out_and_not_counted_as_contactable(
    tenant: Tenant, niche: Niche, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = answers.profile(BOB, followersCount=5_000, postsCount=40, description="I'm 15. bob@example.com")
    told(niche, monkeypatch, PROFILES, BOB, answers.profiles(shown))
    line, found = await summary(tenant)
    assert BOB not in found
    assert (line["left_out"]["minor"], line["contactable"]["yes"], line["opted_out"]) == (1, 0, 0)


@pytest.mark.parametrize("bio", ["Runs. #nobot", "#NoIndex please"])
async def test_an_opt_out_in_the_profile_is_counted_and_nothing_is_kept(
    tenant: Tenant, niche: Niche, monkeypatch: pytest.MonkeyPatch, bio: str
) -> None:
    shown = answers.profile(BOB, followersCount=5_000, postsCount=40, description=bio)
    told(niche, monkeypatch, PROFILES, BOB, answers.profiles(shown))
    line, found = await summary(tenant)
    assert BOB not in found
    assert line["opted_out"] == 1
    async with tenant.client("discovery") as client:
        listed = (await client.get("/v1/creators")).json()["items"]
    assert BOB not in [one["platform_id"] for one in listed]
