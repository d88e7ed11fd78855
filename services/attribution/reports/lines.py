"""Lines of a report: everything about one creator, account, asset or day, as columns. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from services.attribution.reports import conversion, money, published
from services.attribution.reports.facts import (
    Asset,
    CommissionCell,
    ConversionCell,
    CreditCell,
    Facts,
    HitCell,
    Partnership,
    PaymentCell,
    Piece,
    Post,
    UseCell,
    VisitorCell,
)
from services.attribution.reports.figures import Clock, ratio, unavailable
from shared.schemas.reports import AssetKind, ReportColumns

Cell = TypeVar("Cell")


@dataclass(frozen=True)
class Frame:
    """What all lines of a report share."""

    clock: Clock
    today: date
    currency: str | None
    model: str
    exact_visitors: bool
    utc_days: bool
    whole: bool


@dataclass
class Matter:
    """What one line is about. `visitors` is None where they are not counted for it."""

    creators: list[Partnership] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)
    hits: list[HitCell] = field(default_factory=list)
    visitors: list[VisitorCell] | None = None
    conversions: list[ConversionCell] = field(default_factory=list)
    uses: list[UseCell] = field(default_factory=list)
    credits: list[CreditCell] = field(default_factory=list)
    commissions: list[CommissionCell] = field(default_factory=list)
    payments: list[PaymentCell] = field(default_factory=list)

    def has(self, kind: AssetKind) -> bool:
        return any(asset.kind is kind for asset in self.assets)


def columns(matter: Matter, frame: Frame, *, several: bool = False, part: bool = False) -> ReportColumns:
    """The columns of a line. `several` creators share no reach; a `part` of a creator has no fees of its own."""
    clock = frame.clock
    has_link = matter.has(AssetKind.LINK)
    hits, clicks = conversion.clicks(matter.hits, has_link=has_link, clock=clock)
    if matter.visitors is None:
        visitors = unavailable("not counted for this line")
    else:
        visitors = conversion.visitors(matter.visitors, has_link=has_link, exact=frame.exact_visitors, clock=clock)
    brought = conversion.conversion(
        matter.conversions, matter.uses, [cell for cell in matter.credits if cell.model == frame.model],
        currency=frame.currency, has_asset=bool(matter.assets), has_code=matter.has(AssetKind.CODE), clock=clock,
    )  # fmt: skip
    cost = money.money(
        matter.creators, matter.commissions, matter.payments, currency=frame.currency, clock=clock,
        whole=frame.whole and not part, conversions=brought.conversions, credit=brought.credit,
    )  # fmt: skip
    tags = [asset.key for asset in matter.assets if asset.kind is AssetKind.HASHTAG and asset.key]
    seen = published.awareness(matter.posts, hashtags=tags or None, several=several)
    done = published.engagement(matter.posts)
    return ReportColumns(
        delivery=published.delivery(matter.posts, matter.pieces, today=frame.today, clock=clock),
        awareness=seen.model_copy(update={"cost_per_thousand": ratio(cost.total, seen.impressions, times=1000)}),
        engagement=done.model_copy(
            update={
                "hits": hits, "human_clicks": clicks, "visitors": visitors, "cost_per_click": ratio(cost.total, clicks)
            }
        ),
        conversion=brought,
        money=cost,
    )  # fmt: skip


def grouped(cells: Iterable[Cell], key: Callable[[Cell], Any]) -> dict[Any, list[Cell]]:
    found: dict[Any, list[Cell]] = {}
    for cell in cells:
        found.setdefault(key(cell), []).append(cell)
    return found


class Sorted:
    """The facts of a report, found by partnership."""

    def __init__(self, facts: Facts) -> None:
        owner: dict[UUID, UUID] = {asset.id: asset.partnership_id for asset in facts.assets}
        self._posts = grouped(facts.posts, lambda one: one.partnership_id)
        self._pieces = grouped(facts.pieces, lambda one: one.partnership_id)
        self._assets = grouped(facts.assets, lambda one: one.partnership_id)
        self._hits = grouped(facts.hits, lambda one: owner.get(one.link_id))
        self._visitors = grouped(facts.visitors, lambda one: one.scope_id)
        self._conversions = grouped(facts.conversions, lambda one: one.partnership_id)
        self._uses = grouped(facts.uses, lambda one: owner.get(one.code_id))
        self._credits = grouped(facts.credits, lambda one: one.partnership_id)
        self._commissions = grouped(facts.commissions, lambda one: one.partnership_id)
        self._payments = grouped(facts.payments, lambda one: one.partnership_id)

    def of(self, creators: Sequence[Partnership], *, visitors_of: Iterable[UUID] | None = None) -> Matter:
        """Everything about these creators; `visitors_of` names the scopes whose visitors are counted."""
        found = Matter(creators=list(creators))
        for creator in creators:
            found.posts += self._posts.get(creator.id, [])
            found.pieces += self._pieces.get(creator.id, [])
            found.assets += self._assets.get(creator.id, [])
            found.hits += self._hits.get(creator.id, [])
            found.conversions += self._conversions.get(creator.id, [])
            found.uses += self._uses.get(creator.id, [])
            found.credits += self._credits.get(creator.id, [])
            found.commissions += self._commissions.get(creator.id, [])
            found.payments += self._payments.get(creator.id, [])
        scopes = [creator.id for creator in creators] if visitors_of is None else list(visitors_of)
        found.visitors = [cell for scope in scopes for cell in self._visitors.get(scope, [])]
        return found

    def touched(self, partnership_id: UUID) -> bool:
        """Whether anything at all came of a partnership, be it over by now."""
        return any(
            found.get(partnership_id)
            for found in (self._assets, self._conversions, self._credits, self._commissions, self._payments)
        )
