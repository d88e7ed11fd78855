"""Steps on what was imported: they cost no quota, and each is one statement."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.searches import frontier, repository
from services.discovery.searches.briefs import accounts_named
from services.discovery.searches.fans import FANS, archive_fans
from services.discovery.searches.growth import done, keys_of, warn
from services.discovery.searches.repository import NewStep, SearchRow, StepRow
from services.discovery.searches.sources import ARCHIVE
from shared.schemas.searches import SearchCreate


async def archive_step(session: AsyncSession, row: SearchRow, step: StepRow) -> None:
    """Make a step of the archive and store what follows from it."""
    await repository.plan_for_this_workspace(session)
    request = SearchCreate.model_validate(row.request)
    platforms = list(request.brief.platforms) or None
    keys = {**keys_of(row), "platforms": platforms, "now": datetime.now(UTC)}
    found = 0
    if step.kind == "hashtag":
        found = await repository.run(session, frontier.ARCHIVE_HASHTAG, {**keys, "key": step.target})
    elif step.kind == "seeds":
        ids = await accounts_named(session, row.workspace_id, request.brief.seeds)
        if len(ids) < len(request.brief.seeds):
            missing = [text for text, some in zip(request.brief.seeds, ids, strict=True) if not some]
            if missing:
                warn(row, f"not in the archive: {', '.join(missing[:10])}")
        found = await repository.run(
            session, frontier.ARCHIVE_ACCOUNTS, {**keys, "creator_ids": list({one for some in ids for one in some}),
                                                 "is_seed": True},
        )  # fmt: skip
    elif step.kind == FANS:
        found = await archive_fans(session, row, request.brief, keys)
    else:
        part = await repository.rows_of(
            session, frontier.FRONTIER,
            {**keys_of(row), "hop": step.hop, "after": step.cursor, "size": frontier.ARCHIVE_BATCH},
        )  # fmt: skip
        if part:
            found = await repository.run(
                session,
                frontier.ARCHIVE_COMMENTS,
                {**keys, "hop": step.hop, "frontier": [one.creator_id for one in part]},
            )
        if len(part) == frontier.ARCHIVE_BATCH:
            following = NewStep(
                ARCHIVE, step.kind, step.target, step.hop, step.priority, step.page + 1, str(part[-1].creator_id)
            )
            await repository.add_steps(session, row=row, steps=[following])
    await done(session, row, step, found=found)
