"""The ledger keeps every quota: over time, over workers at once, and over workspaces with an equal part each."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.discovery.connector import Call, QuotaRule, RateLimited
from services.discovery.quotas.service import Ledger
from services.discovery.ratelimits import ObservedLimit
from services.discovery.resets import Rolling
from shared.kit.ids import new_id
from tests.house import Tenant

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULES = (QuotaRule(bucket="calls", unit="call", limit=4, reset=Rolling(MINUTE)),)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def call() -> Call:
    """A call with a credential that no other test uses."""
    return Call(platform="bluesky", host="example.com", endpoint="search", credential=new_id().hex)


def ledger(tenant: Tenant, clock: Clock) -> Ledger:
    return Ledger(tenant.house.runtime("discovery").database, tenant.workspace_id, RULES, clock)


async def test_a_call_beyond_the_quota_is_refused_until_the_oldest_is_over(tenant: Tenant) -> None:
    clock, one = Clock(), call()
    for _ in range(4):
        await ledger(tenant, clock).before(one)
        clock.now += timedelta(seconds=1)
    with pytest.raises(RateLimited) as refused:
        await ledger(tenant, clock).before(one)
    assert refused.value.retry_at == NOW + MINUTE
    clock.now = refused.value.retry_at
    await ledger(tenant, clock).before(one)


async def test_a_call_counts_from_its_answer_since_the_platform_may_count_it_only_then(tenant: Tenant) -> None:
    clock, one = Clock(), call()
    slow = ledger(tenant, clock)
    for _ in range(4):
        await slow.before(one)
        clock.now += timedelta(seconds=10)
        await slow.after(one, None)
    clock.now = NOW + MINUTE + timedelta(seconds=5)
    with pytest.raises(RateLimited) as refused:
        await slow.before(one)
    assert refused.value.retry_at == NOW + MINUTE + timedelta(seconds=10)


async def test_of_calls_at_once_only_as_many_as_the_quota_holds_go_through(tenant: Tenant) -> None:
    clock, one = Clock(), call()
    made = await asyncio.gather(*(ledger(tenant, clock).before(one) for _ in range(8)), return_exceptions=True)
    assert sum(result is None for result in made) == 4
    assert sum(isinstance(result, RateLimited) for result in made) == 4


async def test_two_workspaces_on_one_credential_have_half_of_it_each(tenant: Tenant, other_tenant: Tenant) -> None:
    clock, one = Clock(), call()
    await ledger(other_tenant, clock).before(one)
    for _ in range(2):
        await ledger(tenant, clock).before(one)
    with pytest.raises(RateLimited):
        await ledger(tenant, clock).before(one)
    await ledger(other_tenant, clock).before(one)


async def test_what_the_platform_says_is_left_counts_more_than_our_own_sum(tenant: Tenant) -> None:
    clock, one = Clock(), call()
    used_up = ObservedLimit(limit=3000, remaining=0, resets_at=NOW + timedelta(seconds=30))
    await ledger(tenant, clock).after(one, used_up)
    with pytest.raises(RateLimited) as refused:
        await ledger(tenant, clock).before(one)
    assert refused.value.retry_at == used_up.resets_at
    clock.now = NOW + timedelta(seconds=31)
    await ledger(tenant, clock).before(one)
