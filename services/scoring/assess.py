"""One candidate's assessment: every gate and criterion over one bundle, and the score that weights make of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.scoring.context import Context
from services.scoring.criterion import MICRO, Outcome, Part, micro
from services.scoring.evidence import Evidence
from services.scoring.gate import Decision
from services.scoring.observations import observations
from services.scoring.registry import criteria, gates
from services.scoring.totals import Total, total
from shared.schemas.base import Interval
from shared.schemas.creators import CreatorRef
from shared.schemas.evidence import EvidenceBundle
from shared.schemas.rankings import CriterionPart, CriterionResult, DataUsed, GateResult, GateState, Observation, Score

MAX_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Assessment:
    """What gates and criteria say of one candidate, before weights."""

    creator: CreatorRef
    gates: Mapping[str, Decision]
    outcomes: Mapping[str, Outcome]
    observations: tuple[Observation, ...]
    data_used: DataUsed
    data_age_days: float | None

    @property
    def eligible(self) -> bool:
        """No gate failed; what is unknown or waits for a person keeps nobody out."""
        return all(decision.state is not GateState.FAILED for decision in self.gates.values())


def assess(bundle: EvidenceBundle, context: Context) -> Assessment:
    """Gates and criteria of one bundle; pure and deterministic."""
    evidence = Evidence(bundle)
    decisions = {name: gate.decide(evidence, context) for name, gate in gates().items()}
    outcomes = {name: criterion.assess(evidence, context) for name, criterion in criteria().items()}
    used = _union(outcome.data_used for outcome in outcomes.values())
    age = None if used.newest_at is None else round(evidence.age_days(used.newest_at), 6)
    creator = CreatorRef.model_validate(bundle.creator.model_dump(include=set(CreatorRef.model_fields)))
    return Assessment(creator, decisions, outcomes, observations(evidence, context), used, age)


def _union(parts: Iterable[DataUsed]) -> DataUsed:
    """The most that any criterion read; criteria share their posts, so sums would count them often."""
    found = list(parts)
    oldest = [part.oldest_at for part in found if part.oldest_at is not None]
    newest = [part.newest_at for part in found if part.newest_at is not None]
    return DataUsed(
        posts=max((part.posts for part in found), default=0),
        comments=max((part.comments for part in found), default=0),
        accounts=max((part.accounts for part in found), default=0),
        snapshots=max((part.snapshots for part in found), default=0),
        oldest_at=min(oldest, default=None),
        newest_at=max(newest, default=None),
    )


def score_of(assessment: Assessment, weights: Mapping[str, int], **identity: Any) -> Score:  # noqa: ANN401  # fields of Score
    """The score on the wire, without its rank. `identity` fills bundle_id, bundle_hash, scored_at and the like."""
    summed = total(assessment.outcomes, weights)
    return Score(
        creator=assessment.creator,
        eligible=assessment.eligible,
        value=_points(summed.value),
        interval=None if summed.value is None else _interval(summed.low, summed.high),
        gates=tuple(
            GateResult(name=name, state=decision.state, reason=decision.reason[:MAX_REASON], evidence=decision.evidence)
            for name, decision in assessment.gates.items()
        ),
        known_share=summed.known / MICRO,
        criteria=criterion_results(assessment.outcomes, summed),
        reasons=summary(assessment, summed),
        observations=assessment.observations,
        data_used=assessment.data_used,
        data_age_days=assessment.data_age_days,
        **identity,
    )


def criterion_results(outcomes: Mapping[str, Outcome], summed: Total) -> tuple[CriterionResult, ...]:
    """Each criterion with its part of the total, the largest contribution first."""
    known = criteria()
    order = sorted(outcomes, key=lambda name: (-(summed.parts[name].contribution or 0), name))
    return tuple(
        CriterionResult(
            name=name,
            weight=summed.parts[name].weight,
            share=summed.parts[name].share / MICRO,
            status=outcomes[name].status,
            value=_points(outcomes[name].value),
            interval=_interval(outcomes[name].low, outcomes[name].high),
            contribution=_points(summed.parts[name].contribution),
            reasons=tuple(reason[:MAX_REASON] for reason in outcomes[name].reasons),
            parts=tuple(map(_part, outcomes[name].parts)),
            evidence=outcomes[name].evidence,
            data_used=outcomes[name].data_used,
            version=known[name].version if name in known else None,
        )
        for name in order
    )


def summary(assessment: Assessment, summed: Total) -> tuple[str, ...]:
    """Why this score, in a few lines: what kept the candidate out, what carries the score, how much is unknown."""
    lines = [
        f"not eligible: {name}: {decision.reason}"
        for name, decision in assessment.gates.items()
        if decision.state is GateState.FAILED
    ]
    lines.extend(
        f"for a person to confirm: {name}: {decision.reason}"
        for name, decision in assessment.gates.items()
        if decision.state is GateState.NEEDS_PERSON
    )
    known = criteria()
    carrying = sorted(
        ((part.contribution, name) for name, part in summed.parts.items() if part.contribution), reverse=True
    )[:3]
    lines.extend(
        f"{contribution / MICRO:.1f} points from {known[name].title.lower()}: {assessment.outcomes[name].reasons[0]}"
        for contribution, name in carrying
        if assessment.outcomes[name].reasons
    )
    if summed.known < MICRO:
        lines.append(f"{100 - 100 * summed.known / MICRO:.0f} % of the weight is unknown and abstained")
    return tuple(line[:MAX_REASON] for line in lines)


def _part(part: Part) -> CriterionPart:
    if part.value is None:
        return CriterionPart(name=part.name, reason=part.reason[:MAX_REASON])
    low, value, high = (micro(min(max(points, 0.0), 100.0)) for points in (part.low, part.value, part.high))
    return CriterionPart(
        name=part.name, value=value / MICRO, interval=_interval(min(low, value), max(high, value)),
        reason=part.reason[:MAX_REASON],
    )  # fmt: skip


def _points(value: int | None) -> float | None:
    return None if value is None else value / MICRO


def _interval(low: int | None, high: int | None) -> Interval | None:
    return None if low is None or high is None else Interval(low=low / MICRO, high=high / MICRO)
