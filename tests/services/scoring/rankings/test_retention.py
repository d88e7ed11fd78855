"""Evidence that goes: by time and by erasure."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from services.scoring.rankings import jobs
from services.scoring.rankings.retention import expire, follow_discovery
from shared.kit.ids import new_id
from shared.schemas.events import CreatorErased, EventFeed, EvidenceWithdrawn
from shared.schemas.ids import decode, encode
from tests.house import Tenant
from tests.services.scoring.conftest import Serve
from tests.services.scoring.rankings.test_rankings import candidates, rank, scores
from tests.services.scoring.stub_discovery import StubDiscovery


async def bundles_with_content(tenant: Tenant) -> int:
    async with tenant.house.runtime("scoring").database.tenant_session(tenant.workspace_id) as session:
        count = await session.execute(text("SELECT count(*) FROM scoring.bundles WHERE content IS NOT NULL"))
        return int(count.scalar_one())


async def test_expired_evidence_is_dropped_and_scores_keep_their_numbers(tenant: Tenant, serve: Serve) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    first, *rest = candidates(3)
    ranking = await rank(tenant, serve([first.model_copy(update={"expires_at": soon}), *rest]))
    before = {score["creator"]["id"]: score for score in await scores(tenant, ranking)}
    with time_machine.travel(soon + timedelta(minutes=1), tick=True):
        await expire(tenant.house.runtime("scoring"))
        after = {score["creator"]["id"]: score for score in await scores(tenant, ranking)}
    assert await bundles_with_content(tenant) == 2
    assert {key: score["value"] for key, score in after.items()} == {key: s["value"] for key, s in before.items()}
    gone = [key for key, score in after.items() if not any(result["evidence"] for result in score["criteria"])]
    assert len(gone) == 1


async def test_an_erased_creator_leaves_an_empty_place_and_a_receipt_that_is_gone(tenant: Tenant, serve: Serve) -> None:
    stub = serve(candidates(3))
    ranking = await rank(tenant, stub)
    creator = (await scores(tenant, ranking))[0]["creator"]
    stub.events = EventFeed(
        items=(CreatorErased(id=new_id(), at=datetime.now(UTC), creator_id=decode("crt", creator["id"])),), after="e1"
    )
    await follow_discovery(tenant.house.runtime("scoring"))
    async with tenant.client("scoring") as client:
        receipt = await client.get(f"/v1/rankings/{ranking['id']}/scores/{creator['id']}")
    assert (receipt.status_code, receipt.json()["code"]) == (410, "evidence_expired")
    listed = await scores(tenant, ranking)
    assert listed[0]["creator"]["platform_id"] == "erased"
    assert creator["handle"] not in str(listed)
    assert await bundles_with_content(tenant) == 2


async def withdraw(tenant: Tenant, stub: StubDiscovery, creator: str, *, at: datetime, account_deleted: bool) -> None:
    event = EvidenceWithdrawn(id=new_id(), at=at, creator_id=decode("crt", creator), account_deleted=account_deleted)
    stub.events = EventFeed(items=(event,), after=f"e{at.timestamp()}")
    await follow_discovery(tenant.house.runtime("scoring"))


async def test_evidence_that_may_hold_what_its_platform_deleted_goes_and_the_numbers_stay(
    tenant: Tenant, serve: Serve
) -> None:
    stub = serve(candidates(3))
    ranking = await rank(tenant, stub)
    before = (await scores(tenant, ranking))[0]
    creator = before["creator"]["id"]
    await withdraw(tenant, stub, creator, at=datetime.now(UTC) - timedelta(days=300), account_deleted=False)
    assert (await scores(tenant, ranking))[0] == before  # gathered after it was gone
    await withdraw(tenant, stub, creator, at=datetime.now(UTC), account_deleted=False)
    after = (await scores(tenant, ranking))[0]
    assert (after["creator"], after["value"]) == (before["creator"], before["value"])
    assert any(result["evidence"] for result in before["criteria"])
    assert not any(result["evidence"] for result in after["criteria"])
    assert await bundles_with_content(tenant) == 2
    async with tenant.client("scoring") as client:
        receipt = await client.get(f"/v1/rankings/{ranking['id']}/scores/{creator}")
    assert (receipt.status_code, receipt.json()["code"]) == (410, "evidence_expired")


async def test_of_an_account_that_its_platform_deleted_only_the_place_stays(tenant: Tenant, serve: Serve) -> None:
    stub = serve(candidates(3))
    ranking = await rank(tenant, stub)
    creator = (await scores(tenant, ranking))[0]["creator"]
    await withdraw(tenant, stub, creator["id"], at=datetime.now(UTC), account_deleted=True)
    listed = await scores(tenant, ranking)
    assert listed[0]["reasons"] == ["this account was deleted on its platform"]
    assert creator["handle"] not in str(listed)
    assert await bundles_with_content(tenant) == 2


async def test_a_workspace_whose_last_evidence_went_is_still_followed(tenant: Tenant, serve: Serve) -> None:
    stub = serve(candidates(1))
    ranking = await rank(tenant, stub)
    creator = (await scores(tenant, ranking))[0]["creator"]
    await withdraw(tenant, stub, creator["id"], at=datetime.now(UTC), account_deleted=False)
    assert await bundles_with_content(tenant) == 0
    await withdraw(tenant, stub, creator["id"], at=datetime.now(UTC), account_deleted=True)
    assert creator["handle"] not in str(await scores(tenant, ranking))


async def test_a_score_from_after_an_account_came_back_keeps_its_names(tenant: Tenant, serve: Serve) -> None:
    stub = serve(candidates(1))
    ranking = await rank(tenant, stub)
    before = await scores(tenant, ranking)
    creator = before[0]["creator"]["id"]
    await withdraw(tenant, stub, creator, at=datetime.now(UTC) - timedelta(days=5), account_deleted=True)
    assert await scores(tenant, ranking) == before


async def test_what_is_withdrawn_while_it_is_scored_leaves_no_score(
    tenant: Tenant, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = serve(candidates(3))
    gone = stub.bundles[0].creator.id
    in_pieces = jobs._in_pieces

    async def withdrawn_meanwhile(*given: Any) -> Any:
        found = await in_pieces(*given)
        await withdraw(tenant, stub, encode("crt", gone), at=datetime.now(UTC), account_deleted=True)
        return found

    monkeypatch.setattr(jobs, "_in_pieces", withdrawn_meanwhile)
    ranking = await rank(tenant, stub)
    assert encode("crt", gone) not in [score["creator"]["id"] for score in await scores(tenant, ranking)]
    assert len(await scores(tenant, ranking)) == 2
    (warning,) = ranking["warnings"]
    assert warning.startswith("candidates without a score: 1.")
    async with tenant.client("scoring") as client:
        other = await client.post(
            f"/v1/rankings/{ranking['id']}/what-if", json={"weights": {"engagement": 40, "brand_affinity": 20}}
        )
    assert other.status_code == 200, other.text
    tried = [item["creator"]["id"] for item in other.json()["items"]]
    assert tried
    assert encode("crt", gone) not in tried
