"""`click.created`: clicks as an event source, read behind the horizon of commits, so that none is left out."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.hits import repository, service
from shared.schemas.ids import encode
from shared.schemas.webhooks import OutboundEvent

BATCH = 500
# A cursor without new clicks is moved when this many transactions went by, not at every look.
_IDLE_TRANSACTIONS = 10_000
_FIRST = UUID(int=0)
_LAST = UUID(int=(1 << 128) - 1)


class Clicks:
    """Hits judged human when their transaction's turn came; a later verdict under newer rules is not sent."""

    name = "clicks"
    type = OutboundEvent.CLICK_CREATED.value

    async def start(self, session: AsyncSession, *, workspace_id: UUID) -> str:
        """What is committed from now on, whichever workspace it is."""
        return _position(await repository.oldest_running(session), _FIRST)

    async def read(
        self, session: AsyncSession, *, workspace_id: UUID, after: str
    ) -> tuple[Sequence[Mapping[str, Any]], str]:
        number, hit = _read_position(after)
        below = await service.judged_below(session)
        if await repository.oldest_running(session) < number:
            # restored into another cluster, whose transactions are numbered anew
            return [], _position(below, _FIRST)
        if below <= number:
            return [], after
        rows = await repository.clicks_between(
            session, workspace_id=workspace_id, after=(number, hit), below=below, limit=BATCH
        )
        items = [_item(row) for row in rows]
        if len(rows) == BATCH:
            return items, _position(rows[-1]["number"], rows[-1]["id"])
        if rows or below - number > _IDLE_TRANSACTIONS:
            return items, _position(below - 1, _LAST)
        return [], after


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "click_id": encode("hit", UUID(int=row["id"].int)),
        "link_id": encode("lnk", UUID(int=row["link_id"].int)),
        "partnership_id": encode("pts", UUID(int=row["partnership_id"].int)),
        "campaign_id": encode("cmp", UUID(int=row["campaign_id"].int)),
        "at": row["at"],
        "referrer_host": row["referrer_host"],
        "in_app": row["in_app"],
    }


def _position(number: int, hit: UUID) -> str:
    return f"{number}.{UUID(int=hit.int).hex}"


def _read_position(position: str) -> tuple[int, UUID]:
    number, _, hit = position.partition(".")
    return int(number), UUID(hex=hit)
