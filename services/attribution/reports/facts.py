"""What a report is made of, as its statements give it: sums by partnership or asset, and by day where asked."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

from shared.schemas.base import Trust
from shared.schemas.brief import Goal
from shared.schemas.campaigns import AttributionRules
from shared.schemas.hits import HitVerdict
from shared.schemas.partnerships import TermsInput
from shared.schemas.reports import AssetKind

# Verdicts in the order in which hit cells carry them.
VERDICTS = tuple(verdict for verdict in HitVerdict if verdict is not HitVerdict.PENDING)

# Whose a sum of everybody is.
NOBODY = UUID(int=0)
_HUMAN = VERDICTS.index(HitVerdict.HUMAN)
# Minor units; those that were converted stay exact until a figure is made.
Minor = int | Fraction


class Span(NamedTuple):
    """The days that a report covers, both included, in the campaign's zone; None is open."""

    first: date | None
    last: date | None
    zone: str

    @property
    def is_whole(self) -> bool:
        return self.first is None and self.last is None


@dataclass(frozen=True)
class About:
    """The campaign that a report is about."""

    workspace_id: UUID
    id: UUID
    name: str
    zone: str
    currency: str | None
    starts_on: date | None
    ends_on: date | None
    goals: tuple[Goal, ...]
    rules: AttributionRules
    model: str
    generated: bool


class Partnership(NamedTuple):
    """A creator of the report, with the terms in force."""

    id: UUID
    partner_id: UUID
    partner_name: str
    state: str
    approved_at: datetime | None
    terms: TermsInput | None


class Account(NamedTuple):
    """An account of a partner."""

    id: UUID
    partner_id: UUID
    platform: str
    handle: str


class Piece(NamedTuple):
    """A promised piece that was not cancelled."""

    partnership_id: UUID
    account_id: UUID | None
    state: str
    due_to: date | None
    delivered_on: date | None


class Post(NamedTuple):
    """A post, with the day of its publication; `metrics` are counts by name."""

    partnership_id: UUID
    account_id: UUID | None
    day: date
    trust: Trust
    disclosed: bool | None
    still_live: bool | None
    metrics: dict[str, Any]
    hashtags: tuple[str, ...]
    seen_at: datetime


class Asset(NamedTuple):
    """A tracking asset. `key` is what posts name a hashtag by."""

    kind: AssetKind
    id: UUID
    partnership_id: UUID
    label: str
    key: str | None


class HitCell(NamedTuple):
    """Judged hits of a link; `counts` in the order of VERDICTS."""

    link_id: UUID
    day: date | None
    hits: int
    counts: tuple[int, ...]

    @property
    def clicks(self) -> int:
        return self.counts[_HUMAN]


class VisitorCell(NamedTuple):
    """Visitors of a link, partnership or campaign, over UTC days; clicks without a pseudonym beside them."""

    scope_id: UUID
    day: date | None
    visitors: int
    without_visitor: int


class ConversionCell(NamedTuple):
    """Attributed conversions whose touch of a partnership decided, and by which of its assets where one did.

    The `..._known` say of how many the value is known; amounts are sums of those, in minor units of `currency`.
    `due` counts those of a kind that has an amount by nature. Here and below, `told_in` is the currency from which
    amounts were converted, if they were.
    """

    partnership_id: UUID
    day: date | None
    kind: str
    currency: str | None
    conversions: int
    due: int
    amount_known: int
    amount: Minor
    discount_known: int
    discount: Minor
    refunded: Minor
    net: Minor
    new_known: int
    new: int
    asset_id: UUID | None = None
    told_in: str | None = None


class UseCell(NamedTuple):
    """Conversions that used a code."""

    code_id: UUID
    day: date | None
    uses: int


class CreditCell(NamedTuple):
    """What a model gives a partnership, after refunds, in minor units."""

    partnership_id: UUID
    day: date | None
    model: str
    currency: str | None
    credits: int
    known: int
    net: Minor
    told_in: str | None = None


class CommissionCell(NamedTuple):
    """What conversions earned a partnership, in minor units: held, and approved at some time."""

    partnership_id: UUID
    day: date | None
    currency: str
    held: Minor
    approved: Minor
    told_in: str | None = None


class PaymentCell(NamedTuple):
    """Fees that fell due, and what was paid out, in minor units; over all time, and in other currencies by day.

    `told` is what the fees were before they were converted.
    """

    partnership_id: UUID
    currency: str
    fees: Minor
    paid: int
    day: date | None = None
    told_in: str | None = None
    told: int = 0


class OwedCell(NamedTuple):
    """A partnership's balances in another currency than the report's, in its minor units."""

    partnership_id: UUID
    currency: str
    held: int
    due: int
    paid: int


class RateUse(NamedTuple):
    """A rate that was given for `day` and taken for days from `first` to `last`."""

    base: str
    quote: str
    day: date
    rate: Decimal
    source: str
    first: date
    last: date


class StrayCell(NamedTuple):
    """Conversions without a creator."""

    kind: str
    currency: str | None
    reason: str
    conversions: int
    amount_known: int
    amount: int


class SeriesCell(NamedTuple):
    """A daily series over the reported days: sum, first and last value."""

    metric: str
    platform: str
    account: str
    days: int
    total: float
    first: float
    first_day: date
    last: float
    last_day: date
    trust: Trust
    observed_at: datetime


@dataclass(frozen=True)
class Daily:
    """Sums of all creators by day. Their ids are those of zeros: nobody's."""

    hits: list[HitCell]
    visitors: list[VisitorCell]
    conversions: list[ConversionCell]
    uses: list[UseCell]
    credits: list[CreditCell]
    commissions: list[CommissionCell]


@dataclass(frozen=True)
class Facts:
    """Everything that a report is made of."""

    at: datetime
    span: Span
    partnerships: list[Partnership] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)
    hits: list[HitCell] = field(default_factory=list)
    visitors: list[VisitorCell] = field(default_factory=list)
    conversions: list[ConversionCell] = field(default_factory=list)
    uses: list[UseCell] = field(default_factory=list)
    credits: list[CreditCell] = field(default_factory=list)
    commissions: list[CommissionCell] = field(default_factory=list)
    payments: list[PaymentCell] = field(default_factory=list)
    owed: list[OwedCell] = field(default_factory=list)
    rates: list[RateUse] = field(default_factory=list)
    strays: list[StrayCell] = field(default_factory=list)
    series: list[SeriesCell] = field(default_factory=list)
    daily: Daily | None = None
