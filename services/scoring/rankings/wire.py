"""Stored rankings and scores as they go over the wire."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from services.scoring.criterion import MICRO
from services.scoring.rankings.batch import read_detail
from services.scoring.rankings.order import Order
from services.scoring.rankings.repository import GateDecisionRow, RankingRow, ScoreRow
from shared.schemas.base import Interval, JobStatus
from shared.schemas.brief import Brief
from shared.schemas.creators import CreatorRef
from shared.schemas.rankings import GateResult, GateState, Ranking, RankingEvent, Score, WeightPreset
from shared.schemas.sensitivity import GateDecision, WhatIf, WhatIfScore


def ranking_of(row: RankingRow) -> Ranking:
    return Ranking(
        id=row.id,
        name=row.name,
        status=JobStatus(row.status),
        search_id=row.search_id,
        brief=Brief.model_validate(row.brief),
        brief_version=row.brief_version,
        brief_hash=row.brief_hash,
        goal=None if row.goal is None else WeightPreset(row.goal),
        weights=row.weights,
        candidates=row.candidates,
        bundles_stored=row.bundles_stored,
        scored=row.scored,
        ineligible=row.ineligible,
        code_version=row.code_version,
        warnings=tuple(row.warnings),
        error=row.error,
        created_at=row.created_at,
        created_by=row.created_by,
        finished_at=row.finished_at,
    )


def event_of(row: RankingRow) -> RankingEvent:
    return RankingEvent(
        ranking_id=row.id,
        status=JobStatus(row.status),
        candidates=row.candidates,
        bundles_stored=row.bundles_stored,
        scored=row.scored,
    )


def score_of_row(row: ScoreRow, decisions: Sequence[GateDecisionRow] = ()) -> Score:
    """The stored score with its rank, and what people decided about its gates."""
    detail = read_detail(row.detail)
    decided = {decision.gate: decision for decision in decisions if decision.creator_id == row.creator_id}
    return detail.model_copy(
        update={
            "rank": row.rank,
            "rank_low": row.rank_low,
            "rank_high": row.rank_high,
            "eligible": row.eligible,
            "gates": tuple(_decided(gate, decided) for gate in detail.gates),
        }
    )


def _decided(gate: GateResult, decided: Mapping[str, GateDecisionRow]) -> GateResult:
    decision = decided.get(gate.name)
    if decision is None:
        return gate
    note = f": {decision.note}" if decision.note else ""
    reason = f"a person decided{note} (before: {gate.reason})"[:1_000]
    return gate.model_copy(update={"state": GateState(decision.state), "reason": reason})


def decision_of(row: GateDecisionRow) -> GateDecision:
    return GateDecision(
        creator_id=row.creator_id, gate=row.gate, state=GateState(row.state), note=row.note, decided_at=row.decided_at,
        decided_by=row.decided_by,
    )  # fmt: skip


def what_if_of(
    before: Order, after: Order, weights: dict[str, int], creators: Mapping[UUID, CreatorRef], limit: int
) -> WhatIf:
    """The first `limit` candidates under the tried weights; `creators` names them."""
    rows = after.ranks.order[: min(limit, after.eligible)].tolist()
    changed = int((after.ranks.rank != before.ranks.rank).sum())
    return WhatIf(
        weights=weights,
        candidates=len(after.vectors.creators),
        ineligible=len(after.vectors.creators) - after.eligible,
        changed_ranks=changed,
        items=tuple(_what_if_score(before, after, row, creators) for row in rows),
    )


def _what_if_score(before: Order, after: Order, row: int, creators: Mapping[UUID, CreatorRef]) -> WhatIfScore:
    value = int(after.totals.value[row])
    return WhatIfScore(
        creator=creators[after.vectors.creators[row]],
        rank=int(after.ranks.rank[row]),
        rank_before=int(before.ranks.rank[row]) or None,
        value=None if value < 0 else value / MICRO,
        interval=None
        if value < 0
        else Interval(low=int(after.totals.low[row]) / MICRO, high=int(after.totals.high[row]) / MICRO),
        rank_low=int(after.ranks.best[row]),
        rank_high=int(after.ranks.worst[row]),
    )


def top_creators(order: Order, limit: int) -> list[UUID]:
    return [order.vectors.creators[row] for row in order.ranks.order[: min(limit, order.eligible)].tolist()]


def creators_of(rows: Iterable[ScoreRow]) -> dict[UUID, CreatorRef]:
    return {row.creator_id: CreatorRef.model_validate(row.creator) for row in rows}
