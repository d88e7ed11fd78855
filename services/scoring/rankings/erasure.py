"""Forgetting a creator on discovery's word: its own evidence and scores, and its name in everybody else's."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.bundles import service as bundles
from services.scoring.rankings import repository
from services.scoring.rankings.batch import compress_detail, read_detail
from services.scoring.rankings.retention import erase, without_evidence
from shared.kit.app import router as kit_router
from shared.kit.edge import Administrator, OwnerSession, ServiceRuntime
from shared.kit.scrub import scrub_workspace
from shared.rules.erasing import Names
from shared.schemas.erasures import ErasingService, ErasureOrder, ErasureReceipt
from shared.schemas.rankings import Score

router = kit_router("/v1/creator-data", tags=["operations"])
_AT_ONCE = 200


@router.post("/erasures", operation_id="erase_creator_data", summary="Forget a creator in this service")
async def erase_creator_data(
    session: OwnerSession, caller: Administrator, runtime: ServiceRuntime, body: ErasureOrder
) -> ErasureReceipt:
    """Evidence, scores and images go; a receipt answers `evidence_expired`. Evidence of others that names it goes too.

    Called by discovery; erase a creator with `DELETE /v1/creators/{id}` there.
    """
    await erase_here(session, schema=runtime.database.schema, workspace_id=caller.workspace_id, order=body)
    return ErasureReceipt(
        service=ErasingService.SCORING, creator_id=body.creator_id, erased_at=datetime.now(UTC), held_until=None
    )


async def erase_here(session: AsyncSession, *, schema: str, workspace_id: UUID, order: ErasureOrder) -> None:
    """As owner of the schema. May be repeated."""
    names = Names(order.handles, order.platform_id)
    await erase(session, [order.creator_id])
    dropped = await bundles.drop_naming(session, workspace_id=workspace_id, names=names)
    bare = {row[:3] for row in await repository.scores_on_bundles(session, bundles=dropped)} if dropped else set()
    after: tuple[UUID, UUID] | None = None
    while True:
        page = await repository.details(session, workspace_id=workspace_id, after=after, limit=_AT_ONCE)
        await repository.rewrite_scores(
            session,
            rows=[
                {"workspace_id": row[0], "ranking_id": row[1], "creator_id": row[2], "detail": compress_detail(plain)}
                for row in page
                if (plain := _unnamed(read_detail(row[3]), names, is_bare=row[:3] in bare)) is not None
            ],
        )
        if len(page) < _AT_ONCE:
            break
        after = (page[-1][1], page[-1][2])
    await scrub_workspace(
        session,
        schema=schema,
        workspace_id=workspace_id,
        needles=names.needles,
        replacements=names.replacements,
        json_replacements=names.json_replacements,
    )


def _unnamed(score: Score, names: Names, *, is_bare: bool) -> bytes | None:
    """The score as JSON without the names, None where it never had them."""
    plain = (without_evidence(score) if is_bare else score).model_dump_json()
    kept = names.without_in_json(plain)
    return kept.encode() if is_bare or kept != plain else None
