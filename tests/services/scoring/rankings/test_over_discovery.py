"""The real thing: an archive is imported, searched and ranked, over the HTTP of both services."""

import json
from typing import Any

import pytest

from tests.house import Tenant
from tests.services.scoring.rankings.test_rankings import scores

FAN = "My third pair of Fellside Shoes, up the trail before the sun #fellrunning"
PLAIN = "Up the trail before the sun, running in the rain #fellrunning"


def archive() -> bytes:
    """Six fell runners of falling engagement; the second is a fan of the brand, the last is far too big."""
    lines: list[dict[str, Any]] = []
    for number in range(1, 7):
        lines.append(
            {
                "kind": "creator", "platform": "instagram", "platform_id": str(number), "handle": f"runner{number}",
                "followers": 900_000 if number == 6 else 6_000, "account_kind": "person",
            }
        )  # fmt: skip
        lines.extend(
            {
                "kind": "post", "platform": "instagram", "platform_id": f"p{number}-{day}", "author_id": str(number),
                "text": FAN if number == 2 and day < 3 else f"{PLAIN}, day {day}", "language": "en",
                "likes": 900 // number, "comments": 40 // number, "created_at": f"2026-11-{day + 1:02d}T06:00:00Z",
            }
            for day in range(8)
        )  # fmt: skip
        lines.extend(
            {
                "kind": "comment", "platform": "instagram", "post_id": f"p{number}-{n % 8}", "author_id": f"reader{n}",
                "text": f"Which shoes did you wear on hill {n}?", "created_at": "2026-11-15T09:00:00Z",
            }
            for n in range(14)
        )  # fmt: skip
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


BRIEF = {"brand": {"name": "Fellside Shoes"}, "topics": ["trail running"], "hashtags": ["#fellrunning"]}


@pytest.mark.slow
async def test_a_campaigns_candidates_are_found_and_ranked(tenant: Tenant) -> None:
    async with tenant.client("discovery") as discovery, tenant.client("scoring") as scoring:
        headers = {"Content-Type": "application/x-ndjson"}
        assert (await discovery.post("/v1/imports", content=archive(), headers=headers)).status_code == 202
        await tenant.house.run_jobs()
        body = {"brief": BRIEF, "sources": ["archive"], "limits": {"max_calls": 200, "depth": 1}}
        search = await discovery.post("/v1/searches", json=body)
        assert search.status_code == 202, search.text
        await tenant.house.run_jobs()
        made = await scoring.post("/v1/rankings", json={"search_id": search.json()["id"]})
        assert made.status_code == 202, made.text
        await tenant.house.run_jobs()
        ranking = (await scoring.get(made.headers["location"])).json()
    assert (ranking["status"], ranking["error"]) == ("completed", None)
    found = {score["creator"]["handle"]: score for score in await scores(tenant, ranking)}
    assert {f"runner{number}" for number in range(1, 6)} <= set(found)
    assert all(found[f"runner{number}"]["eligible"] for number in range(1, 6))
    affinity = {
        handle: next(result for result in score["criteria"] if result["name"] == "brand_affinity")
        for handle, score in found.items()
    }
    assert affinity["runner2"]["value"] > 50
    assert any(link["kind"] == "post" for link in affinity["runner2"]["evidence"])
    engagement = [
        next(result["value"] for result in found[f"runner{number}"]["criteria"] if result["name"] == "engagement")
        for number in range(1, 6)
    ]
    assert engagement == sorted(engagement, reverse=True)
    if "runner6" in found:
        assert found["runner6"]["rank"] is None
