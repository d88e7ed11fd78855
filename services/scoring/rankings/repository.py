"""Every SQL statement about rankings, their members, scores and decisions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.rankings.batch import Scored
from services.scoring.tables.rankings import GateDecisionRow, MemberRow, RankingRow, ScoreRow, VectorRow
from shared.kit.pages import PageRequest

# The order in which scores are held: two who rewrite the same ones must not wait for each other.
_IN_ORDER = (ScoreRow.workspace_id, ScoreRow.ranking_id, ScoreRow.creator_id)

__all__ = ["GateDecisionRow", "MemberRow", "RankingRow", "ScoreRow"]


async def add(session: AsyncSession, *, row: dict[str, Any]) -> RankingRow:
    made = RankingRow(**row)
    session.add(made)
    await session.flush()
    await session.refresh(made)
    return made


async def ranking(session: AsyncSession, *, ranking_id: UUID) -> RankingRow | None:
    return (await session.execute(select(RankingRow).where(RankingRow.id == ranking_id))).scalar_one_or_none()


async def rankings(
    session: AsyncSession, *, search_id: UUID | None, status: str | None, page: PageRequest
) -> Sequence[RankingRow]:
    """The newest first."""
    query = select(RankingRow).order_by(RankingRow.id.desc())
    if search_id is not None:
        query = query.where(RankingRow.search_id == search_id)
    if status is not None:
        query = query.where(RankingRow.status == status)
    if page.after is not None:
        query = query.where(RankingRow.id < page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def change(session: AsyncSession, *, ranking_id: UUID, **values: Any) -> None:  # noqa: ANN401  # columns
    await session.execute(update(RankingRow).where(RankingRow.id == ranking_id).values(**values))


async def add_members(
    session: AsyncSession, *, workspace_id: UUID, ranking_id: UUID, first_position: int,
    members: Sequence[tuple[UUID, UUID]],
) -> int:  # fmt: skip
    """Add (creator, bundle) pairs behind each other; how many were new (a creator counts once)."""
    rows = [
        {
            "workspace_id": workspace_id, "ranking_id": ranking_id, "position": first_position + index,
            "creator_id": creator_id, "bundle_id": bundle_id,
        }
        for index, (creator_id, bundle_id) in enumerate(members)
    ]  # fmt: skip
    if not rows:
        return 0
    done = await session.execute(insert(MemberRow).values(rows).on_conflict_do_nothing().returning(MemberRow.position))
    return len(done.all())


async def next_position(session: AsyncSession, *, ranking_id: UUID) -> int:
    found = await session.execute(select(func.max(MemberRow.position)).where(MemberRow.ranking_id == ranking_id))
    last = found.scalar_one()
    return 0 if last is None else int(last) + 1


async def members_after(
    session: AsyncSession, *, ranking_id: UUID, position: int, limit: int
) -> Sequence[tuple[int, UUID, UUID]]:
    """(position, creator, bundle) of the members behind a position."""
    found = await session.execute(
        select(MemberRow.position, MemberRow.creator_id, MemberRow.bundle_id)
        .where(MemberRow.ranking_id == ranking_id, MemberRow.position > position)
        .order_by(MemberRow.position)
        .limit(limit)
    )
    return [(row.position, row.creator_id, row.bundle_id) for row in found]


async def set_images(session: AsyncSession, *, ranking_id: UUID, creator_id: UUID, images: dict[str, Any]) -> None:
    """Keep the features of a member's images."""
    await session.execute(
        update(MemberRow)
        .where(MemberRow.ranking_id == ranking_id, MemberRow.creator_id == creator_id)
        .values(images=images)
    )


async def forget_images(
    session: AsyncSession, *, bundles: Sequence[tuple[UUID, UUID]] = (), creators: Sequence[UUID] = ()
) -> None:
    """Forget what images looked like: of members over these (workspace, bundle) pairs, and of these creators."""
    over = tuple_(MemberRow.workspace_id, MemberRow.bundle_id).in_(list(bundles))
    of = MemberRow.creator_id.in_(creators)
    await session.execute(update(MemberRow).where(or_(over, of), MemberRow.images.is_not(None)).values(images=None))


async def images_of(session: AsyncSession, *, ranking_id: UUID, creator_id: UUID) -> dict[str, Any] | None:
    found = await session.execute(
        select(MemberRow.images).where(MemberRow.ranking_id == ranking_id, MemberRow.creator_id == creator_id)
    )
    return found.scalar_one_or_none()


async def last_scored_position(session: AsyncSession, *, ranking_id: UUID) -> int:
    """The position up to which everything is scored; -1 before the first batch."""
    found = await session.execute(select(func.max(VectorRow.last_position)).where(VectorRow.ranking_id == ranking_id))
    last = found.scalar_one()
    return -1 if last is None else int(last)


async def add_scores(
    session: AsyncSession, *, workspace_id: UUID, ranking_id: UUID, scored: Sequence[Scored], scored_at: datetime
) -> None:
    rows = [
        {
            "workspace_id": workspace_id, "ranking_id": ranking_id, "creator_id": one.creator_id,
            "creator": one.creator, "bundle_id": one.bundle_id, "eligible": one.eligible, "value": one.value,
            "low": one.low, "high": one.high, "known": one.known, "detail": one.detail, "digest": one.digest,
            "scored_at": scored_at, "own_data": one.own_data,
        }
        for one in scored
    ]  # fmt: skip
    if rows:
        await session.execute(insert(ScoreRow).on_conflict_do_nothing(), rows)


async def add_vectors(
    session: AsyncSession, *, workspace_id: UUID, ranking_id: UUID, first: int, last: int, content: bytes
) -> None:
    await session.execute(
        insert(VectorRow)
        .values(
            workspace_id=workspace_id, ranking_id=ranking_id, first_position=first, last_position=last, content=content
        )
        .on_conflict_do_nothing()
    )


async def vectors(session: AsyncSession, *, ranking_id: UUID) -> Sequence[bytes]:
    """The packed values in the members' order."""
    found = await session.scalars(
        select(VectorRow.content).where(VectorRow.ranking_id == ranking_id).order_by(VectorRow.first_position)
    )
    return found.all()


_PLACE = text(
    """UPDATE scoring.scores AS s
       SET place = u.place, rank = nullif(u.rank, 0), rank_low = nullif(u.best, 0), rank_high = nullif(u.worst, 0),
           eligible = u.eligible
       FROM unnest(CAST(:creators AS uuid[]), CAST(:places AS int[]), CAST(:ranks AS int[]), CAST(:best AS int[]),
                   CAST(:worst AS int[]), CAST(:eligible AS boolean[]))
            AS u(creator_id, place, rank, best, worst, eligible)
       WHERE s.ranking_id = :ranking_id AND s.creator_id = u.creator_id"""
)


async def place(
    session: AsyncSession, *, ranking_id: UUID, creators: Sequence[UUID], places: Sequence[int], ranks: Sequence[int],
    best: Sequence[int], worst: Sequence[int], eligible: Sequence[bool],
) -> None:  # fmt: skip
    """Write the order of a ranking; rank 0 is none."""
    await session.execute(
        _PLACE,
        {
            "ranking_id": ranking_id, "creators": list(creators), "places": list(places), "ranks": list(ranks),
            "best": list(best), "worst": list(worst), "eligible": list(eligible),
        },
    )  # fmt: skip


async def scores(
    session: AsyncSession, *, ranking_id: UUID, page: PageRequest, eligible: bool | None = None
) -> Sequence[ScoreRow]:
    """Placed scores in their order, the ranked first."""
    query = select(ScoreRow).where(ScoreRow.ranking_id == ranking_id, ScoreRow.place.is_not(None))
    if eligible is not None:
        query = query.where(ScoreRow.eligible.is_(eligible))
    if page.after is not None:
        query = query.where(ScoreRow.place > page.after[0])
    return (await session.scalars(query.order_by(ScoreRow.place).limit(page.limit + 1))).all()


async def scores_from(session: AsyncSession, *, ranking_id: UUID, place: int, limit: int) -> Sequence[ScoreRow]:
    """Placed scores behind a place, for exports."""
    query = select(ScoreRow).where(ScoreRow.ranking_id == ranking_id, ScoreRow.place > place)
    return (await session.scalars(query.order_by(ScoreRow.place).limit(limit))).all()


async def platforms(session: AsyncSession, *, ranking_id: UUID) -> Sequence[str]:
    """The platforms whose data a ranking's scores rest on; not those of the workspace's own imports."""
    platform = ScoreRow.creator["platform"].astext
    found = await session.scalars(
        select(platform)
        .where(ScoreRow.ranking_id == ranking_id, ScoreRow.own_data.is_(False))
        .distinct()
        .order_by(platform)
    )
    return found.all()


async def scores_of(session: AsyncSession, *, ranking_id: UUID, creators: Sequence[UUID]) -> dict[UUID, ScoreRow]:
    found = await session.scalars(
        select(ScoreRow).where(ScoreRow.ranking_id == ranking_id, ScoreRow.creator_id.in_(creators))
    )
    return {row.creator_id: row for row in found}


async def best_scores(session: AsyncSession, *, ranking_id: UUID, limit: int) -> Sequence[ScoreRow]:
    """The best ranked eligible scores."""
    query = select(ScoreRow).where(ScoreRow.ranking_id == ranking_id, ScoreRow.rank.is_not(None))
    return (await session.scalars(query.order_by(ScoreRow.rank).limit(limit))).all()


async def creators_of(
    session: AsyncSession, *, pairs: Sequence[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], dict[str, Any]]:
    """Stored creators by (ranking, creator)."""
    found = await session.execute(
        select(ScoreRow.ranking_id, ScoreRow.creator_id, ScoreRow.creator).where(
            tuple_(ScoreRow.ranking_id, ScoreRow.creator_id).in_(list(pairs))
        )
    )
    return {(row.ranking_id, row.creator_id): row.creator for row in found}


async def decisions(
    session: AsyncSession, *, ranking_id: UUID, creators: Sequence[UUID] | None = None
) -> Sequence[GateDecisionRow]:
    query = select(GateDecisionRow).where(GateDecisionRow.ranking_id == ranking_id)
    if creators is not None:
        query = query.where(GateDecisionRow.creator_id.in_(creators))
    return (await session.scalars(query.order_by(GateDecisionRow.creator_id, GateDecisionRow.gate))).all()


async def decide(session: AsyncSession, *, row: dict[str, Any]) -> GateDecisionRow:
    """Store a decision; a later one replaces it."""
    statement = insert(GateDecisionRow).values(**row)
    given = statement.excluded
    done = await session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "ranking_id", "creator_id", "gate"],
            set_={"state": given.state, "note": given.note, "decided_at": func.now(), "decided_by": given.decided_by},
        ).returning(GateDecisionRow),
        execution_options={"populate_existing": True},
    )
    return done.scalar_one()


async def scores_on_bundles(
    session: AsyncSession, *, bundles: Sequence[tuple[UUID, UUID]]
) -> Sequence[tuple[UUID, UUID, UUID, bytes]]:
    """As owner: (workspace, ranking, creator, detail) of the scores over these (workspace, bundle) pairs.

    Held for a change.
    """
    found = await session.execute(
        select(ScoreRow.workspace_id, ScoreRow.ranking_id, ScoreRow.creator_id, ScoreRow.detail)
        .where(tuple_(ScoreRow.workspace_id, ScoreRow.bundle_id).in_(bundles))
        .order_by(*_IN_ORDER)
        .with_for_update()
    )
    return [tuple(row) for row in found]  # type: ignore[misc]  # a row of four columns


async def scores_of_creators(
    session: AsyncSession, *, creators: Sequence[UUID], before: datetime | None = None
) -> Sequence[tuple[UUID, UUID, UUID, bytes]]:
    """(workspace, ranking, creator, detail) of every score of these creators, made before a time. Held for a change."""
    found = await session.execute(
        select(ScoreRow.workspace_id, ScoreRow.ranking_id, ScoreRow.creator_id, ScoreRow.detail)
        .where(ScoreRow.creator_id.in_(creators), *([] if before is None else [ScoreRow.scored_at < before]))
        .order_by(*_IN_ORDER)
        .with_for_update()
    )
    return [tuple(row) for row in found]  # type: ignore[misc]  # a row of four columns


async def rewrite_scores(session: AsyncSession, *, rows: Sequence[dict[str, Any]]) -> None:
    """Replace `detail` (and `creator`, where given) of scores by their key."""
    for row in rows:
        key = {name: row[name] for name in ("workspace_id", "ranking_id", "creator_id")}
        values = {name: value for name, value in row.items() if name not in key}
        await session.execute(update(ScoreRow).filter_by(**key).values(**values))


async def details(
    session: AsyncSession, *, workspace_id: UUID, after: tuple[UUID, UUID] | None, limit: int
) -> Sequence[tuple[UUID, UUID, UUID, bytes]]:
    """(workspace, ranking, creator, detail) of the workspace's scores, in order of ranking and creator. Held for a
    change."""
    query = select(ScoreRow.workspace_id, ScoreRow.ranking_id, ScoreRow.creator_id, ScoreRow.detail).where(
        ScoreRow.workspace_id == workspace_id
    )
    if after is not None:
        query = query.where(tuple_(ScoreRow.ranking_id, ScoreRow.creator_id) > tuple_(*after))
    found = await session.execute(query.order_by(*_IN_ORDER).limit(limit).with_for_update())
    return [tuple(row) for row in found]  # type: ignore[misc]  # a row of four columns
