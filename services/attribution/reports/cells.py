"""Reads sums as the cells that reports are made of: by creator, by day, or by both."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.reports import repository, sums
from services.attribution.reports.facts import (
    NOBODY,
    VERDICTS,
    About,
    CommissionCell,
    ConversionCell,
    CreditCell,
    Daily,
    HitCell,
    Span,
    UseCell,
    VisitorCell,
)
from services.attribution.reports.sums import Sums

# Keys that say whose a sum is.
_WHOSE = frozenset({"link_id", "code_id", "partnership_id", "asset_id"})


class Cells:
    """The cells of one campaign over one span. Amounts of other currencies than its own are always by day."""

    def __init__(self, session: AsyncSession, about: About, span: Span) -> None:
        self._session, self._about, self._span = session, about, span

    async def hits(self, *, by_day: bool, of_all: bool = False) -> list[HitCell]:
        return [
            HitCell(NOBODY if of_all else row.link_id, row.day, row.hits, tuple(row[-len(VERDICTS) :]))
            for row in await self._read(sums.HITS, by_day=by_day, of_all=of_all)
        ]

    async def visitors(self, scope_ids: Sequence[UUID], *, by_day: bool) -> list[VisitorCell]:
        return await repository.visitors(self._session, scope_ids=scope_ids, span=self._span, by_day=by_day)

    async def conversions(self, *, by_day: bool, by_asset: bool = False, of_all: bool = False) -> list[ConversionCell]:
        """Sums keep '' and the id of zeros where there is no currency or asset, since keys are never null."""
        without = () if by_asset else ("asset_id",)
        found = []
        for row in await self._read(sums.CONVERSIONS, by_day=by_day, of_all=of_all, without=without):
            cell = {"partnership_id": NOBODY, **row._mapping}
            cell["currency"] = row.currency or None
            cell["asset_id"] = row.asset_id if by_asset and row.asset_id != sums.NO_ASSET else None
            found.append(ConversionCell(**cell))
        return found

    async def uses(self, *, by_day: bool, of_all: bool = False) -> list[UseCell]:
        return [
            UseCell(NOBODY if of_all else row.code_id, row.day, row.uses)
            for row in await self._read(sums.CODES, by_day=by_day, of_all=of_all)
        ]

    async def credits(self, *, by_day: bool, of_all: bool = False) -> list[CreditCell]:
        return [
            CreditCell(
                NOBODY if of_all else row.partnership_id, row.day, model, row.currency or None, row.credits, row.known,
                row.net,
            )
            for row in await self._read(sums.CREDITS, by_day=by_day, of_all=of_all)
            for model in row.models.split(",")
        ]  # fmt: skip

    async def commissions(self, *, by_day: bool, of_all: bool = False) -> list[CommissionCell]:
        return [
            CommissionCell(NOBODY if of_all else row.partnership_id, row.day, row.currency, row.held, row.approved)
            for row in await self._read(sums.COMMISSIONS, by_day=by_day, of_all=of_all)
        ]

    async def daily(self) -> Daily:
        """Sums of everybody, by day."""
        return Daily(
            hits=await self.hits(by_day=True, of_all=True),
            visitors=await self.visitors([self._about.id], by_day=True),
            conversions=await self.conversions(by_day=True, of_all=True),
            uses=await self.uses(by_day=True, of_all=True),
            credits=await self.credits(by_day=True, of_all=True),
            commissions=await self.commissions(by_day=True, of_all=True),
        )

    async def count_days(self) -> int:
        """How many days have anything to tell, at most."""
        return await sums.count_days(
            self._session, campaign_id=self._about.id, workspace_id=self._about.workspace_id, span=self._span
        )

    async def _read(self, table: Sums, *, by_day: bool, of_all: bool, without: Sequence[str] = ()) -> Sequence[Any]:
        left_out = {*without, *(_WHOSE if of_all else ())}
        return await sums.read(
            self._session, table, campaign_id=self._about.id, workspace_id=self._about.workspace_id, span=self._span,
            by_day=by_day, currency=self._about.currency, keys=[key for key in table.keys if key not in left_out],
        )  # fmt: skip
