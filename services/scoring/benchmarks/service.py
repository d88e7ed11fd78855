"""Benchmarks of a workspace: observed with every stored bundle, learned when a ranking begins, pinned by it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.benchmarks import learn, repository
from services.scoring.peers import Benchmarks, shipped
from shared.schemas.evidence import EvidenceBundle


def observed(bundles: Sequence[EvidenceBundle]) -> list[learn.Observation]:
    """What bundles add to the benchmarks; pure, and some work."""
    return [observation for bundle in bundles for observation in learn.observe(bundle)]


async def add(session: AsyncSession, *, workspace_id: UUID, observations: Sequence[learn.Observation]) -> None:
    await repository.add_observations(session, workspace_id=workspace_id, observations=observations)


async def learned(session: AsyncSession) -> Benchmarks:
    """The workspace's benchmarks as its newest ranking learned them; the shipped priors before the first."""
    content = await repository.newest_set(session)
    return shipped() if content is None else Benchmarks.from_json(content)


async def pin(session: AsyncSession, *, workspace_id: UUID) -> Benchmarks:
    """Learn, and keep the set so that receipts can be replayed with it."""
    observations = await repository.observations(session, now=datetime.now(UTC))
    benchmarks = await asyncio.to_thread(learn.learn, observations)
    await repository.add_set(session, workspace_id=workspace_id, digest=benchmarks.digest, content=benchmarks.as_json())
    return benchmarks


async def pinned(session: AsyncSession, *, digest: str) -> Benchmarks | None:
    """The set of that hash; None when the workspace has none."""
    content = await repository.content_of_set(session, digest=digest)
    return None if content is None else Benchmarks.from_json(content)


async def erase(session: AsyncSession, *, creators: Sequence[UUID]) -> None:
    """Forget what these creators showed; sets that were learned before hold no creator."""
    await repository.remove_creators(session, creators=creators)


async def expire(session: AsyncSession) -> None:
    """As owner: forget what was observed on evidence whose time is over."""
    await repository.remove_expired(session, now=datetime.now(UTC))
