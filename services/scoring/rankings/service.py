"""Rankings: made from a search, scored by a job, read with reasons, tried with other weights, decided on by people."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.assess import assess, score_of
from services.scoring.benchmarks import service as benchmarks
from services.scoring.brief_terms import BriefTerms
from services.scoring.context import Context
from services.scoring.presets import PRESETS, preset_for
from services.scoring.rankings import inline, repository
from services.scoring.rankings.batch import Setup, context_of_setup, read_detail, setup_of
from services.scoring.rankings.order import Order, order, with_decisions
from services.scoring.rankings.repository import GateDecisionRow, RankingRow
from services.scoring.registry import criteria
from services.scoring.totals import Total, total
from services.scoring.vectors import Vectors
from services.scoring.versions import code_version, parameters_version
from shared.kit.errors import Conflict, EvidenceExpired, Invalid, NotFound, NotPermitted
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.jobs import enqueue
from shared.schemas.base import Fault, JobStatus
from shared.schemas.brief import BRIEF_VERSION, Brief, brief_hash
from shared.schemas.creators import CreatorRef
from shared.schemas.evidence import EvidenceBundle, bundle_hash
from shared.schemas.platforms import PermittedUse
from shared.schemas.rankings import GateState, RankingCreate, Score, WeightPreset
from shared.schemas.scores import Scores, ScoresCreate
from shared.schemas.searches import Search
from shared.schemas.sensitivity import GateDecisionCreate, WhatIfCreate

__all__ = ["context_of_setup"]


def weights_of(
    brief: Brief, *, goal: WeightPreset | None, weights: Mapping[str, int] | None
) -> tuple[WeightPreset | None, dict[str, int]]:
    """The weights asked for, with the preset they come from. Invalid for a criterion that does not exist."""
    if weights is not None:
        unknown = sorted(set(weights) - set(criteria()))
        if unknown:
            raise Invalid(
                errors=[Fault(pointer=f"/weights/{name}", detail="there is no such criterion") for name in unknown]
            )
        return goal, dict(weights)
    preset = goal or preset_for(brief)
    return preset, dict(PRESETS[preset])


async def create_ranking(session: AsyncSession, *, body: RankingCreate, search: Search, caller: Caller) -> RankingRow:
    """Store a ranking and have it scored in the background."""
    brief = body.brief or search.brief
    goal, weights = weights_of(brief, goal=body.goal, weights=body.weights)
    warnings = []
    if search.status is not JobStatus.COMPLETED:
        warnings.append(f"the search was {search.status} when this ranking was made: later candidates are not in it")
    row = await repository.add(
        session,
        row={
            "workspace_id": caller.workspace_id, "id": new_id(), "name": body.name or brief.name,
            "status": JobStatus.QUEUED, "search_id": body.search_id, "brief": brief.model_dump(mode="json"),
            "brief_version": BRIEF_VERSION, "brief_hash": brief_hash(brief), "goal": goal, "weights": weights,
            "criteria": list(criteria()), "warnings": warnings, "created_by": caller.key_id,
        },
    )  # fmt: skip
    payload = {"workspace_id": str(caller.workspace_id), "ranking_id": str(row.id)}
    await enqueue(session, "score_ranking", payload, schema="scoring", dedupe_key=f"score_ranking:{row.id}")
    return row


async def get_ranking(session: AsyncSession, *, ranking_id: UUID) -> RankingRow:
    row = await repository.ranking(session, ranking_id=ranking_id)
    if row is None:
        raise NotFound("no such ranking")
    return row


async def finished_ranking(session: AsyncSession, *, ranking_id: UUID) -> RankingRow:
    """A ranking whose order stands; Conflict while it is being made or when it failed."""
    row = await get_ranking(session, ranking_id=ranking_id)
    if row.status != JobStatus.COMPLETED:
        raise Conflict(f"the ranking is {row.status}; its order is known once it is completed")
    return row


async def exportable_ranking(session: AsyncSession, *, ranking_id: UUID) -> RankingRow:
    """A finished ranking whose platforms permit exports; NotPermitted names the first that does not."""
    row = await finished_ranking(session, ranking_id=ranking_id)
    for platform in await repository.platforms(session, ranking_id=ranking_id):
        uses = row.permitted_uses.get(platform)
        if uses is not None and PermittedUse.EXPORT not in uses:
            raise NotPermitted(f"the terms of {platform} do not permit exports")
    return row


async def vectors_of(session: AsyncSession, *, row: RankingRow) -> Vectors:
    """All packed values of a ranking, as people's decisions leave them eligible."""
    packed = await repository.vectors(session, ranking_id=row.id)
    decided = await repository.decisions(session, ranking_id=row.id)
    joined = await asyncio.to_thread(_joined, row.criteria, packed)
    return with_decisions(joined, [(decision.creator_id, decision.state) for decision in decided])


def _joined(names: Sequence[str], packed: Sequence[bytes]) -> Vectors:
    if not packed:
        return Vectors.of(tuple(names), [])
    return Vectors.joined([Vectors.unpacked(part) for part in packed])


async def current_order(session: AsyncSession, *, row: RankingRow) -> Order:
    return order(await vectors_of(session, row=row), row.weights)


async def write_order(session: AsyncSession, *, row: RankingRow) -> Order:
    """Compute the order from the packed values and write every candidate's place and rank."""
    found = await current_order(session, row=row)
    rows = found.ranks.order.tolist()
    creators = found.vectors.creators
    await repository.place(
        session,
        ranking_id=row.id,
        creators=[creators[index] for index in rows],
        places=list(range(1, len(rows) + 1)),
        ranks=found.ranks.rank[found.ranks.order].tolist(),
        best=found.ranks.best[found.ranks.order].tolist(),
        worst=found.ranks.worst[found.ranks.order].tolist(),
        eligible=found.vectors.eligible[found.ranks.order].tolist(),
    )
    await repository.change(session, ranking_id=row.id, ineligible=len(rows) - found.eligible)
    return found


async def what_if(
    session: AsyncSession, *, ranking_id: UUID, body: WhatIfCreate
) -> tuple[Order, Order, dict[str, int]]:
    """The ranking's order now and under the tried weights. Reads packed values only."""
    row = await finished_ranking(session, ranking_id=ranking_id)
    _, weights = weights_of(Brief.model_validate(row.brief), goal=body.goal, weights=body.weights)
    vectors = await vectors_of(session, row=row)
    before, after = await asyncio.to_thread(lambda: (order(vectors, row.weights), order(vectors, weights)))
    return before, after, weights


async def decide_gate(
    session: AsyncSession, *, ranking_id: UUID, creator_id: UUID, gate: str, body: GateDecisionCreate, caller: Caller
) -> GateDecisionRow:
    """Store what a person decided about a gate that waits for one, and order the ranking anew."""
    row = await finished_ranking(session, ranking_id=ranking_id)
    score = (await repository.scores_of(session, ranking_id=ranking_id, creators=[creator_id])).get(creator_id)
    if score is None:
        raise NotFound("this creator is not in the ranking")
    result = next((result for result in read_detail(score.detail).gates if result.name == gate), None)
    if result is None:
        raise NotFound("no such gate")
    if result.state is not GateState.NEEDS_PERSON:
        raise Conflict(f"this gate is {result.state}; only one that needs a person can be decided")
    decided = await repository.decide(
        session,
        row={
            "workspace_id": caller.workspace_id, "ranking_id": ranking_id, "creator_id": creator_id, "gate": gate,
            "state": body.state, "note": body.note, "decided_by": caller.key_id,
        },
    )  # fmt: skip
    await write_order(session, row=row)
    return decided


async def score_now(session: AsyncSession, *, body: ScoresCreate, pseudonym: inline.Pseudonym) -> Scores:
    """Score creators given inline against the workspace's benchmarks, synchronously; nothing is stored."""
    goal, weights = weights_of(body.brief, goal=body.goal, weights=body.weights)
    context = Context(BriefTerms(body.brief), await benchmarks.learned(session))
    now = datetime.now(UTC)
    as_of = body.as_of or now

    def work() -> list[tuple[Score, Total, UUID]]:
        return [
            _score_inline(inline.bundle_of(one, as_of=as_of, pseudonym=pseudonym), context, weights, now)
            for one in body.creators
        ]

    found = await asyncio.to_thread(work)
    eligible = [index for index, (score, _, _) in enumerate(found) if score.eligible]
    eligible.sort(key=lambda index: (-(found[index][1].value or -1), -found[index][1].known, found[index][2].int))
    rank = {index: place for place, index in enumerate(eligible, start=1)}
    return Scores(
        items=tuple(score.model_copy(update={"rank": rank.get(index)}) for index, (score, _, _) in enumerate(found)),
        goal=goal,
        weights=weights,
        code_version=code_version(),
        parameters_version=parameters_version(),
    )


def _score_inline(
    bundle: EvidenceBundle, context: Context, weights: Mapping[str, int], now: datetime
) -> tuple[Score, Total, UUID]:
    assessment = assess(bundle, context)
    return (
        score_of(assessment, weights, scored_at=now, bundle_hash=bundle_hash(bundle)),
        total(assessment.outcomes, weights),
        bundle.creator.id,
    )


async def members_among(session: AsyncSession, *, ranking_id: UUID, creators: Sequence[UUID]) -> set[UUID]:
    """Those of `creators` whom the ranking holds."""
    if not creators:
        return set()
    return set(await repository.scores_of(session, ranking_id=ranking_id, creators=list(creators)))


async def best_members(
    session: AsyncSession, *, ranking_id: UUID, limit: int, always: Sequence[UUID]
) -> list[tuple[CreatorRef, int | None, UUID]]:
    """(creator, rank, bundle) of the best ranked eligible candidates, and of `always` as far as they are eligible."""
    rows = await repository.best_scores(session, ranking_id=ranking_id, limit=limit)
    extra = await repository.scores_of(session, ranking_id=ranking_id, creators=list(always)) if always else {}
    known = {row.creator_id for row in rows}
    rows = [*rows, *(row for row in extra.values() if row.eligible and row.creator_id not in known)]
    return [(CreatorRef.model_validate(row.creator), row.rank, row.bundle_id) for row in rows]


async def setup_of_ranking(session: AsyncSession, *, row: RankingRow) -> Setup:
    """What the ranking was scored with; EvidenceExpired when its benchmarks are gone."""
    found = await benchmarks.pinned(session, digest=row.benchmarks_hash or "")
    if found is None:
        raise EvidenceExpired("the benchmarks of this ranking are not kept any more")
    brief = Brief.model_validate(row.brief)
    return setup_of(brief, found, row.permitted_uses, row.weights, row.finished_at or row.created_at)


async def creators_of(
    session: AsyncSession, *, pairs: Sequence[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], CreatorRef]:
    """Creators by (ranking, creator), as the rankings name them now."""
    found = await repository.creators_of(session, pairs=pairs) if pairs else {}
    return {key: CreatorRef.model_validate(creator) for key, creator in found.items()}
