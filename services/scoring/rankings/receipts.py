"""Receipts: what a score was made from, the smallest change that moves its rank, and the score made again."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import zstandard
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.authenticity.pods import find_pod
from services.scoring.benchmarks import service as benchmarks
from services.scoring.bundles import service as bundles
from services.scoring.criterion import MICRO
from services.scoring.evidence import Evidence
from services.scoring.rankings import repository, service
from services.scoring.rankings.batch import context_of_setup, score_bytes, setup_of, with_images
from services.scoring.rankings.order import Order
from services.scoring.rankings.repository import RankingRow, ScoreRow
from services.scoring.versions import code_version, parameters_version
from shared.kit.errors import EvidenceExpired, NotFound
from shared.schemas.brief import Brief
from shared.schemas.evidence import EvidenceBundle
from shared.schemas.rankings import CriterionStatus, Score, WeightPreset
from shared.schemas.receipts import PodEdge, PodEvidence, PodMember, RankChange, Receipt, ReceiptInput, ScoreReplay

MAX_POD_EDGES = 5_000


async def score_row(session: AsyncSession, *, ranking_id: UUID, creator_id: UUID) -> tuple[RankingRow, ScoreRow]:
    """The ranking and the creator's score in it; NotFound when there is none (yet)."""
    ranking = await service.get_ranking(session, ranking_id=ranking_id)
    row = (await repository.scores_of(session, ranking_id=ranking_id, creators=[creator_id])).get(creator_id)
    if row is None or row.place is None:
        raise NotFound("this creator has no score in the ranking")
    return ranking, row


async def receipt(session: AsyncSession, *, ranking_id: UUID, creator_id: UUID, score: Score) -> Receipt:
    """The receipt of a score. EvidenceExpired when the snapshot was erased or its time is over."""
    ranking, row = await score_row(session, ranking_id=ranking_id, creator_id=creator_id)
    stored = await bundles.read(session, bundle_id=row.bundle_id)
    bundle = bundles.unpack(stored.content)
    order = await service.current_order(session, row=ranking)
    return Receipt(
        ranking_id=ranking_id,
        score=score,
        inputs=inputs_of(bundle, ranking, row.scored_at),
        bundle_id=stored.id,
        snapshot_hash=stored.hash,
        snapshot_bytes=stored.size,
        brief_hash=ranking.brief_hash,
        brief_version=ranking.brief_version,
        goal=None if ranking.goal is None else WeightPreset(ranking.goal),
        weights=ranking.weights,
        code_version=ranking.code_version or "",
        parameters_version=ranking.parameters_version or "",
        benchmarks_hash=ranking.benchmarks_hash or "0" * 64,
        criteria_versions={result.name: result.version for result in score.criteria if result.version is not None},
        digest=row.digest,
        changes=rank_changes(order, ranking.weights, creator_id),
    )


def inputs_of(bundle: EvidenceBundle, ranking: RankingRow, scored_at: datetime) -> tuple[ReceiptInput, ...]:
    """Every input with its source and its age when the score was made."""

    def age(at: datetime) -> float:
        return round(max(0.0, (scored_at - at).total_seconds() / 86_400), 6)

    sampling, platform = bundle.sampling, bundle.creator.platform
    counts = (
        f"{len(bundle.posts)} posts, {len(bundle.comments)} sampled comments, {len(bundle.commenters)} commenters, "
        f"{len(bundle.snapshots)} snapshots ({sampling.method})"
    )
    found = [
        ReceiptInput(
            what=counts[:1_000], source="discovery", platform=platform, observed_at=bundle.observed_at,
            age_days=age(bundle.observed_at), expires_at=bundle.expires_at,
        )
    ]  # fmt: skip
    found.extend(
        ReceiptInput(
            what=f"read from {source.endpoint or source.source}"[:1_000], source=source.source,
            platform=source.platform, observed_at=source.fetched_at, age_days=age(source.fetched_at),
            expires_at=source.expires_at,
        )
        for source in bundle.sources[:50]
    )  # fmt: skip
    found.extend(
        ReceiptInput(
            what=f"audience report of {report.reported_on}, {len(report.shares)} shares, received",
            source=(report.source or "the creator")[:200], platform=platform, observed_at=report.received_at,
            age_days=age(report.received_at),
        )
        for report in bundle.audience_reports
    )  # fmt: skip
    found.append(ReceiptInput(what=f"brief {ranking.brief_hash}", source="request", observed_at=ranking.created_at))
    found.append(ReceiptInput(what=f"benchmarks {ranking.benchmarks_hash}", source="workspace and shipped priors"))
    return tuple(found)


def rank_changes(order: Order, weights: Mapping[str, int], creator_id: UUID) -> tuple[RankChange, ...]:
    """How the candidate would pass its neighbour above, and fall behind the one below, with the least change."""
    vectors, ranks = order.vectors, order.ranks
    row = vectors.creators.index(creator_id)
    rank = int(ranks.rank[row])
    if rank == 0 or order.totals.value[row] < 0:
        return ()
    found = []
    if rank > 1:
        found.append(_change(order, weights, row, int(ranks.order[rank - 2]), rank - 1, up=True))
    if rank < order.eligible:
        found.append(_change(order, weights, row, int(ranks.order[rank]), rank + 1, up=False))
    return tuple(found)


def _change(
    order: Order, weights: Mapping[str, int], row: int, neighbour: int, new_rank: int, *, up: bool
) -> RankChange:
    """The criterion that has to move least; the gap plus a millionth, so that no tie decides."""
    vectors = order.vectors
    gap = abs(int(order.totals.value[neighbour]) - int(order.totals.value[row])) + 1
    scored = [
        (name, weights.get(name, 0), int(vectors.values[row, column]))
        for column, name in enumerate(vectors.criteria)
        if vectors.values[row, column] >= 0 and weights.get(name, 0) > 0
    ]
    known = sum(weight for _, weight, _ in scored)
    reachable = []
    for name, weight, value in scored:
        needed = -(-gap * known // weight)
        room = 100 * MICRO - value if up else value
        if needed <= room:
            reachable.append((needed, name, value))
    creator = vectors.creators[neighbour]
    if not reachable:
        return RankChange(new_rank=new_rank, points=(gap if up else -gap) / MICRO, neighbour=creator)
    needed, name, value = min(reachable)
    moved = needed if up else -needed
    return RankChange(
        new_rank=new_rank, criterion=name, value=value / MICRO, new_value=(value + moved) / MICRO,
        points=moved / MICRO, neighbour=creator,
    )  # fmt: skip


async def pod_evidence(session: AsyncSession, *, ranking_id: UUID, creator_id: UUID) -> PodEvidence:
    """The reciprocal group around the creator, from the snapshot; EvidenceExpired when that is gone."""
    _ranking, row = await score_row(session, ranking_id=ranking_id, creator_id=creator_id)
    bundle = bundles.unpack((await bundles.read(session, bundle_id=row.bundle_id)).content)
    found = find_pod(Evidence(bundle))
    if found is None:
        return PodEvidence(creator_id=creator_id, accounts=0, interactions=0)
    pod = found.pod
    if pod is None:
        return PodEvidence(creator_id=creator_id, accounts=found.accounts, interactions=found.edges)
    written = {commenter.pseudonym: commenter.comments_here for commenter in bundle.commenters}
    return PodEvidence(
        creator_id=creator_id,
        accounts=found.accounts,
        interactions=found.edges,
        density=round(pod.density, 6),
        comment_share=round(pod.comment_share, 6),
        members=tuple(PodMember(pseudonym=name, comments_here=written.get(name, 0)) for name in pod.members),
        edges=tuple(
            PodEdge(
                first=one, second=other, comments_there=pod.comments[one, other], comments_back=pod.comments[other, one]
            )
            for one, other in pod.edges[:MAX_POD_EDGES]
        ),
    )


async def replay(session: AsyncSession, *, ranking_id: UUID, creator_id: UUID) -> ScoreReplay:
    """Score the stored snapshot again with the pinned brief, benchmarks and weights, and compare every byte."""
    ranking, row = await score_row(session, ranking_id=ranking_id, creator_id=creator_id)
    stored = await bundles.read(session, bundle_id=row.bundle_id)
    found = await benchmarks.pinned(session, digest=ranking.benchmarks_hash or "")
    if found is None:
        raise EvidenceExpired("the benchmarks of this ranking are not kept any more")
    brief = Brief.model_validate(ranking.brief)
    setup = setup_of(brief, found, ranking.permitted_uses, ranking.weights, row.scored_at, ranking.images)
    images = await repository.images_of(session, ranking_id=ranking_id, creator_id=creator_id)
    _, again = score_bytes(
        bundles.unpack(stored.content), with_images(context_of_setup(setup), images), ranking.weights,
        bundle_id=stored.id, bundle_hash=stored.hash, scored_at=row.scored_at,
    )  # fmt: skip
    before = zstandard.ZstdDecompressor().decompress(row.detail, max_output_size=64_000_000)
    return ScoreReplay(
        identical=before == again,
        digest=row.digest,
        replayed_digest=hashlib.sha256(again).hexdigest(),
        code_version=ranking.code_version or "",
        code_version_now=code_version(),
        parameters_version=ranking.parameters_version or "",
        parameters_version_now=parameters_version(),
        differences=_differences(Score.model_validate_json(before), Score.model_validate_json(again)),
    )


def _differences(before: Score, after: Score) -> Sequence[str]:
    """What changed, criterion by criterion."""
    now = {result.name: result for result in after.criteria}
    lines = []
    for result in before.criteria:
        other = now.get(result.name)
        if other is None:
            lines.append(f"{result.name}: is gone")
        elif (result.status, result.value) != (other.status, other.value):
            scored = result.status is CriterionStatus.SCORED
            lines.append(f"{result.name}: {result.value if scored else result.status} became {other.value}")
    if before.value != after.value:
        lines.append(f"score: {before.value} became {after.value}")
    return tuple(lines)
