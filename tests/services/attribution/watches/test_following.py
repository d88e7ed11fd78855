"""Claims about watches that attribution keeps in the real discovery service, by the loop that a worker runs."""

from sqlalchemy import text

from services.attribution.watches import service
from services.attribution.watches.feed import pull
from services.attribution.watches.jobs import follow
from shared.clients.discovery import DiscoveryClient
from shared.schemas.watches import WatchCreate, WatchedAccount
from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.watches.test_feed import ANA, followed, follows, reference_of


async def rounds(tenant: Tenant) -> None:
    while await follow(tenant.house.runtime("attribution")):
        pass


def client(tenant: Tenant) -> DiscoveryClient:
    return DiscoveryClient(tenant.house.runtime("attribution"), workspace_id=tenant.workspace_id)


async def test_accounts_are_watched_once_and_the_watch_ends_with_its_need(tenant: Tenant) -> None:
    made = await followed(tenant, owned_accounts=["bluesky:fellside.example.com"])
    for _ in range(2):
        await rounds(tenant)
    told = await follows(tenant, made)
    assert [one["state"] for one in told] == ["followed", "followed"], told
    watches = await client(tenant).watches()
    assert sorted(one.reference or "" for one in watches) == sorted(reference_of(one) for one in told)
    await making.move(tenant, made, "declined")
    await rounds(tenant)
    left = await client(tenant).watches()
    assert [(one.reference or "").partition("/")[0] for one in left] == [made["campaign_id"]]


async def test_a_watch_whose_answer_was_lost_is_found_again_and_not_made_twice(tenant: Tenant) -> None:
    """As after a crash between discovery's answer and the row that keeps it."""
    made = await followed(tenant)
    (one,) = await follows(tenant, made)
    body = WatchCreate(accounts=(WatchedAccount(platform="bluesky", handle=ANA),), reference=reference_of(one))
    lost = await client(tenant).create_watch(body)
    async with tenant.house.runtime("attribution").database.tenant_session(tenant.workspace_id) as session:
        await session.execute(text("UPDATE attribution.account_watches SET attempts = 1"))
    while await service.ask_for_wanted(tenant.house.runtime("attribution")):
        pass
    assert [watch.id for watch in await client(tenant).watches()] == [lost.id]


async def test_what_cannot_be_watched_says_so(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, owned_accounts=["snapchat:fellside"])
    await rounds(tenant)
    (one,) = await follows(tenant, {"campaign_id": campaign["id"]})
    assert (one["state"], bool(one["error"])) == ("refused", True)


async def test_the_cursor_stays_where_it_is_when_nothing_happened(tenant: Tenant) -> None:
    await followed(tenant)
    for _ in range(2):
        assert not await pull(tenant.house.runtime("attribution"), workspace_id=tenant.workspace_id)
