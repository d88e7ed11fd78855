"""One creator now: creators given in the request."""

from typing import Any

import pytest

from shared.schemas.identity import Scope
from tests.house import Tenant, make_tenant

BRIEF = {"brand": {"name": "Fellside Shoes"}, "topics": ["trail running"], "hashtags": ["fellrunning"]}


def creator(platform_id: str = "178", followers: int | None = 4_200, likes: int = 210) -> dict[str, Any]:
    return {
        "creator": {
            "kind": "creator", "platform": "instagram", "platform_id": platform_id, "handle": f"a{platform_id}",
            "followers": followers,
        },
        "posts": [
            {
                "kind": "post", "platform": "instagram", "platform_id": f"{platform_id}-{n}", "author_id": platform_id,
                "text": "Up before the sun, trail running #fellrunning", "language": "en", "likes": likes,
                "comments": 14, "created_at": "2026-10-03T06:12:00Z",
            }
            for n in range(4)
        ],
    }  # fmt: skip


async def post(tenant: Tenant, body: dict[str, Any]) -> Any:
    async with tenant.client("scoring") as client:
        return await client.post("/v1/scores", json=body)


async def test_creators_are_scored_at_once_and_ranked_among_each_other(tenant: Tenant) -> None:
    answer = await post(tenant, {"brief": BRIEF, "creators": [creator("1", likes=5), creator("2", likes=900)]})
    assert answer.status_code == 200, answer.text
    first, second = answer.json()["items"]
    assert (first["rank"], second["rank"]) == (2, 1)
    assert second["value"] > first["value"]
    assert [criterion["status"] for criterion in first["criteria"] if criterion["name"] == "engagement"] == ["scored"]


async def test_an_unknown_number_of_followers_abstains_and_is_not_zero(tenant: Tenant) -> None:
    (score,) = (await post(tenant, {"brief": BRIEF, "creators": [creator(followers=None)]})).json()["items"]
    engagement = next(result for result in score["criteria"] if result["name"] == "engagement")
    assert (engagement["status"], engagement["value"]) == ("abstained", None)
    assert score["known_share"] < 1
    assert score["eligible"] is True


async def test_posts_of_other_accounts_are_not_read(tenant: Tenant) -> None:
    given = creator()
    given["posts"] = [{**post, "author_id": "somebody else"} for post in given["posts"]]
    (score,) = (await post(tenant, {"brief": BRIEF, "creators": [given]})).json()["items"]
    assert score["data_used"]["posts"] == 0


async def test_the_same_request_gives_the_same_scores(tenant: Tenant) -> None:
    body = {"brief": BRIEF, "creators": [creator()], "as_of": "2026-11-01T00:00:00Z"}
    one, two = [(await post(tenant, body)).json()["items"][0] for _ in range(2)]
    assert {**one, "scored_at": None} == {**two, "scored_at": None}


async def test_commenters_never_come_back(tenant: Tenant) -> None:
    given = creator()
    given["comments"] = [
        {"kind": "comment", "platform": "instagram", "post_id": "178-0", "author_id": f"person{n}", "text": "Wow!"}
        for n in range(12)
    ]
    answer = await post(tenant, {"brief": BRIEF, "creators": [given]})
    assert answer.status_code == 200, answer.text
    assert "person" not in answer.text.replace("a person", "")


async def test_scoring_inline_needs_a_key_that_may_read(tenant: Tenant) -> None:
    writer = await make_tenant(tenant.house, scopes=[Scope.WRITE])
    assert (await post(writer, {"brief": BRIEF, "creators": [creator()]})).status_code == 403


@pytest.mark.parametrize(
    ("count", "fault"), [(-1, "likes"), (2**53, "likes"), ("many", "likes")], ids=["negative", "absurd", "no number"]
)
async def test_counts_that_cannot_be_are_refused(tenant: Tenant, count: object, fault: str) -> None:
    given = creator()
    given["posts"][0]["likes"] = count
    answer = await post(tenant, {"brief": BRIEF, "creators": [given]})
    assert answer.status_code == 422
    assert fault in answer.text


async def test_hostile_texts_and_dates_of_a_creator_given_inline_are_read_in_part(tenant: Tenant) -> None:
    given = creator()
    given["posts"][0]["text"] = "\u202e#trail\u200b " * 1_500
    given["posts"][1]["created_at"] = "2099-01-01T00:00:00Z"
    answer = await post(tenant, {"brief": BRIEF, "creators": [given]})
    assert answer.status_code == 200, answer.text
    (score,) = answer.json()["items"]
    assert score["data_used"]["newest_at"] < "2027"


async def test_a_report_given_inline_is_the_only_source_of_ages(tenant: Tenant) -> None:
    asked = {**BRIEF, "audience": {"segments": [{"age_bands": ["25-34"]}]}}
    shares = [{"dimension": "age", "key": "25-34", "share": 0.6}]
    reported = {
        **creator(),
        "audience_reports": [{"reported_on": "2026-10-31", "source": "media kit", "shares": shares}],
    }
    answer = await post(tenant, {"brief": asked, "creators": [creator("1"), reported], "as_of": "2026-11-01T00:00:00Z"})
    assert answer.status_code == 200, answer.text
    values = [
        next(result["value"] for result in score["criteria"] if result["name"] == "audience_fit")
        for score in answer.json()["items"]
    ]
    assert values == [None, 95.0]
