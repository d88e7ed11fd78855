"""SQL that takes a creator out of partners and partnerships, and leaves amounts under identifiers of their own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.erasures import ErasureHoldRow
from shared.schemas.erasures import ErasureOrder

ERASED = "erased"
# Tables whose lines go on under the new partnership; amounts only, no text of the creator.
_MOVED = (
    "ledger_entries", "commissions", "payout_lines", "conversion_credits", "conversions", "conversion_days",
    "credit_days", "commission_days", "links", "codes",
)  # fmt: skip


async def accounts(session: AsyncSession, *, workspace_id: UUID, order: ErasureOrder) -> Sequence[Any]:
    """The partners' accounts that are this creator: (account, partner, how many other accounts the partner has)."""
    found = await session.execute(
        text(
            """SELECT a.id, a.partner_id, (SELECT count(*) FROM attribution.partner_accounts o
                WHERE o.workspace_id = :workspace_id AND o.partner_id = a.partner_id AND o.id <> a.id) AS others
            FROM attribution.partner_accounts a WHERE a.workspace_id = :workspace_id AND (a.creator_id = :creator_id
                OR a.platform = :platform AND (a.platform_id = :platform_id OR lower(a.handle) = ANY(:handles)))
            FOR UPDATE"""
        ),
        {
            "workspace_id": workspace_id, "creator_id": order.creator_id, "platform": order.platform,
            "platform_id": order.platform_id,
            "handles": [handle.strip().removeprefix("@").lower() for handle in order.handles],
        },
    )  # fmt: skip
    return found.all()


async def remove_account(session: AsyncSession, *, workspace_id: UUID, account_id: UUID) -> None:
    """An account and its posts; the partner has others."""
    parameters = {"workspace_id": workspace_id, "account_id": account_id}
    for table, column in (("tracked_posts", "account_id"), ("partner_accounts", "id")):
        await session.execute(
            text(f"DELETE FROM attribution.{table} WHERE workspace_id = :workspace_id AND {column} = :account_id"),  # noqa: S608  # our own names
            parameters,
        )
    await session.execute(
        text(
            """UPDATE attribution.deliverables SET account_id = NULL
            WHERE workspace_id = :workspace_id AND account_id = :account_id"""
        ),
        parameters,
    )


async def replace_partner(
    session: AsyncSession, *, workspace_id: UUID, partner_id: UUID, now: datetime, hold_until: datetime
) -> None:
    """Put a partner without a name in another's place: only what counts money and hits goes over to it."""
    fresh = uuid4()
    keys: dict[str, Any] = {"workspace_id": workspace_id, "partner_id": partner_id, "fresh": fresh}
    await session.execute(
        text(
            """INSERT INTO attribution.partners (workspace_id, id, name, do_not_contact, do_not_contact_reason)
            VALUES (:workspace_id, :fresh, 'erased', true, 'erased')"""
        ),
        keys,
    )
    found = await session.execute(
        text(
            """SELECT id FROM attribution.partnerships
            WHERE workspace_id = :workspace_id AND partner_id = :partner_id FOR UPDATE"""
        ),
        keys,
    )
    for old in found.scalars().all():
        await _replace_partnership(session, keys={**keys, "old": old, "new": uuid4()})
    await session.execute(
        text("DELETE FROM attribution.partners WHERE workspace_id = :workspace_id AND id = :partner_id"), keys
    )
    session.add(ErasureHoldRow(workspace_id=workspace_id, partner_id=fresh, erased_at=now, hold_until=hold_until))
    await session.flush()


async def _replace_partnership(session: AsyncSession, *, keys: dict[str, Any]) -> None:
    await session.execute(
        text(
            """INSERT INTO attribution.partnerships (workspace_id, id, campaign_id, partner_id, state, disclosure_text,
                approved_at, version, created_at)
            SELECT workspace_id, :new, campaign_id, :fresh, 'completed', disclosure_text, approved_at, version,
                created_at
            FROM attribution.partnerships WHERE workspace_id = :workspace_id AND id = :old"""
        ),
        keys,
    )
    for statement in _UNNAME:
        await session.execute(text(statement), keys)
    for table in _MOVED:
        await session.execute(
            text(
                f"""UPDATE attribution.{table} SET partnership_id = :new
                WHERE workspace_id = :workspace_id AND partnership_id = :old"""  # noqa: S608  # our own names
            ),
            keys,
        )


# A slug or code may be made of a name, so each becomes a random one, and nothing goes by it any more.
_UNNAME = (
    """UPDATE attribution.ledger_entries SET memo = NULL
        WHERE workspace_id = :workspace_id AND partnership_id = :old""",
    """UPDATE attribution.payout_lines SET partner_id = :fresh, partner_name = 'erased'
        WHERE workspace_id = :workspace_id AND partnership_id = :old""",
    """DELETE FROM attribution.slugs WHERE workspace_id = :workspace_id AND target_id IN (
        SELECT id FROM attribution.links WHERE workspace_id = :workspace_id AND partnership_id = :old
        UNION SELECT id FROM attribution.pages WHERE workspace_id = :workspace_id AND partnership_id = :old)""",
    """DELETE FROM attribution.link_changes WHERE workspace_id = :workspace_id AND link_id IN (
        SELECT id FROM attribution.links WHERE workspace_id = :workspace_id AND partnership_id = :old)""",
    """DELETE FROM attribution.pages WHERE workspace_id = :workspace_id AND partnership_id = :old""",
    """UPDATE attribution.links SET slug = 'erased-' || replace(gen_random_uuid()::text, '-', ''), label = NULL,
            utm = '{}', disabled = true, disclosure_text = '', version = version + 1
        WHERE workspace_id = :workspace_id AND partnership_id = :old""",
    """UPDATE attribution.conversions SET code = 'ERASED' WHERE workspace_id = :workspace_id AND code_id IN (
        SELECT id FROM attribution.codes WHERE workspace_id = :workspace_id AND partnership_id = :old)""",
    """UPDATE attribution.codes c SET code = x.code, code_key = x.code, disabled = true, version = version + 1
        FROM (SELECT id, 'ERASED' || upper(replace(gen_random_uuid()::text, '-', '')) AS code FROM attribution.codes
            WHERE workspace_id = :workspace_id AND partnership_id = :old) x
        WHERE c.workspace_id = :workspace_id AND c.id = x.id""",
    """UPDATE attribution.visitor_rollups SET scope_id = :new
        WHERE workspace_id = :workspace_id AND scope_id = :old""",
)


async def forget_bodies(session: AsyncSession, *, workspace_id: UUID, needles: Sequence[str]) -> None:
    """Empty what senders and files told, where it holds one of the names; forget daily values by account."""
    parameters = {"workspace_id": workspace_id, "needles": [f"%{_like(one)}%" for one in needles]}
    for table in ("inbound_deliveries", "conversion_imports"):
        await session.execute(
            text(
                f"""UPDATE attribution.{table} SET body = NULL WHERE workspace_id = :workspace_id
                AND encode(body, 'escape') ILIKE ANY(CAST(:needles AS text[]))"""  # noqa: S608  # our own names
            ),
            parameters,
        )
    await session.execute(
        text(
            """DELETE FROM attribution.daily_metrics
            WHERE workspace_id = :workspace_id AND account ILIKE ANY(CAST(:needles AS text[]))"""
        ),
        parameters,
    )


def _like(needle: str) -> str:
    return needle.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# What a hold kept: the lines of the money, then the partner with its partnerships, links and codes.
_END = (
    """DELETE FROM attribution.payout_items i USING attribution.ledger_entries e, ended
        WHERE e.workspace_id = ended.workspace_id AND e.partnership_id = ended.partnership_id
            AND i.workspace_id = e.workspace_id AND i.entry_id = e.id""",
    """DELETE FROM attribution.ledger_entries t USING ended
        WHERE t.workspace_id = ended.workspace_id AND t.partnership_id = ended.partnership_id""",
    """DELETE FROM attribution.commissions t USING ended
        WHERE t.workspace_id = ended.workspace_id AND t.partnership_id = ended.partnership_id""",
    """DELETE FROM attribution.payout_lines t USING ended
        WHERE t.workspace_id = ended.workspace_id AND t.partnership_id = ended.partnership_id""",
    """DELETE FROM attribution.partners p USING attribution.erasure_holds h
        WHERE h.hold_until <= :now AND p.workspace_id = h.workspace_id AND p.id = h.partner_id""",
    "DELETE FROM attribution.erasure_holds WHERE hold_until <= :now",
)
_ENDED = """WITH ended AS (
    SELECT s.workspace_id, s.id AS partnership_id FROM attribution.erasure_holds h
    JOIN attribution.partnerships s ON s.workspace_id = h.workspace_id AND s.partner_id = h.partner_id
    WHERE h.hold_until <= :now) """


async def end_holds(session: AsyncSession, *, now: datetime) -> None:
    """Delete what is held no longer, of all workspaces, as owner of the schema."""
    for statement in _END:
        await session.execute(text((_ENDED if " ended" in statement else "") + statement), {"now": now})
