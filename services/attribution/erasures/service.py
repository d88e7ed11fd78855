"""Use cases of erasures: forget a creator on discovery's word; end the holds on what the ledger kept."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.erasures import repository
from services.attribution.settings import AttributionSettings
from services.attribution.tracking import service as tracking
from shared.kit.runtime import Runtime
from shared.kit.scrub import scrub_workspace
from shared.rules.erasing import Names
from shared.schemas.erasures import ErasureOrder


async def erase(
    session: AsyncSession, *, runtime: Runtime, workspace_id: UUID, order: ErasureOrder, now: datetime
) -> datetime | None:
    """Forget the account, and a partner that has no other; until when ledger lines stay. May be repeated. As owner."""
    held_until: datetime | None = None
    for account in await repository.accounts(session, workspace_id=workspace_id, order=order):
        if account.others:
            await repository.remove_account(session, workspace_id=workspace_id, account_id=account.id)
            continue
        held_until = now + timedelta(days=_hold_days(runtime))
        await repository.replace_partner(
            session, workspace_id=workspace_id, partner_id=account.partner_id, now=now, hold_until=held_until
        )
    names = Names(order.handles, order.platform_id)
    await repository.forget_bodies(session, workspace_id=workspace_id, needles=names.needles)
    await scrub_workspace(
        session, schema=runtime.database.schema, workspace_id=workspace_id, needles=names.needles,
        replacements=names.replacements, json_replacements=names.json_replacements,
    )  # fmt: skip
    await tracking.forget_cached_links(session)
    return held_until


def _hold_days(runtime: Runtime) -> int:
    settings = runtime.settings
    return settings.ledger_hold_days if isinstance(settings, AttributionSettings) else 3_650


async def end_holds(runtime: Runtime) -> bool:
    """Delete ledger lines of erased partners whose hold is over."""
    async with runtime.database.system_session() as session:
        await repository.end_holds(session, now=datetime.now(UTC))
    return False
