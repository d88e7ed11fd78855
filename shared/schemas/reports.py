"""The campaign report on the wire: what each creator brought; every figure says where it comes from."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.schemas.base import (
    Currency,
    Day,
    Handle,
    Interval,
    Key,
    LineText,
    Name,
    Natural,
    Platform,
    Schema,
    ShortText,
    SignedMinorUnits,
    TimeZone,
    Trust,
    UtcTime,
)
from shared.schemas.brief import Goal
from shared.schemas.hits import HitVerdict
from shared.schemas.ids import AccountId, CampaignId, PartnerId, PartnershipId
from shared.schemas.partnerships import PartnershipState
from shared.schemas.rates import Rate

# What a report of generated data opens with.
GENERATED = "GENERATED"


class Figure(Schema):
    """One figure. Null means that nobody knows, never zero; `mature` is false while a window is still open.

    `unknown_share`, 0 to 1, is the part of what was summed whose value is not known. Money is in minor
    units. Without `as_of` that of the report holds.
    """

    value: int | float | None = None
    trust: Trust = Trust.UNAVAILABLE
    as_of: UtcTime | None = None
    unknown_share: Annotated[float, Field(ge=0, le=1)] | None = None
    mature: bool | None = None
    interval: Interval | None = None
    note: LineText | None = None


UNAVAILABLE = Figure()


class Split(StrEnum):
    """What the lines of a report are split by when asked."""

    ACCOUNT = "account"
    ASSET = "asset"
    DAY = "day"


class ReportFormat(StrEnum):
    """How a report is answered."""

    JSON = "json"
    CSV = "csv"


class ReportDelivery(Schema):
    """What was promised and what came; in posts."""

    promised: Figure = UNAVAILABLE
    posted: Figure = UNAVAILABLE
    late: Figure = UNAVAILABLE
    disclosed: Figure = UNAVAILABLE
    still_live: Figure = UNAVAILABLE


class ReportAwareness(Schema):
    """How many saw it. Reach is never summed over creators; cost per thousand impressions in minor units."""

    impressions: Figure = UNAVAILABLE
    views: Figure = UNAVAILABLE
    reach: Figure = UNAVAILABLE
    mentions: Figure = UNAVAILABLE
    hashtag_posts: Figure = UNAVAILABLE
    share_of_voice: Figure = UNAVAILABLE
    cost_per_thousand: Figure = UNAVAILABLE


class RateDenominator(StrEnum):
    """What an engagement rate is a rate of."""

    FOLLOWERS = "followers"
    VIEWS = "views"
    IMPRESSIONS = "impressions"


class ReportEngagement(Schema):
    """What people did with it. `hits` are all requests, `human_clicks` those with a human verdict."""

    likes: Figure = UNAVAILABLE
    comments: Figure = UNAVAILABLE
    shares: Figure = UNAVAILABLE
    saves: Figure = UNAVAILABLE
    rate: Figure = UNAVAILABLE
    rate_denominator: RateDenominator | None = None
    sentiment: Figure = UNAVAILABLE
    sentiment_n: Natural | None = None
    hits: Figure = UNAVAILABLE
    human_clicks: Figure = UNAVAILABLE
    visitors: Figure = UNAVAILABLE
    cost_per_click: Figure = UNAVAILABLE


class ReportGrowth(Schema):
    """Change of the owned accounts on posting days, and what the baseline expected."""

    change: Figure = UNAVAILABLE
    expected: Figure = UNAVAILABLE
    lift: Figure = UNAVAILABLE
    cost_per_follower: Figure = UNAVAILABLE


class ReportConversion(Schema):
    """What it brought; money in minor units of the report's currency."""

    code_uses: Figure = UNAVAILABLE
    conversions: Figure = UNAVAILABLE
    by_kind: dict[Key, Figure] = {}  # noqa: RUF012  # pydantic copies it
    new_customers: Figure = UNAVAILABLE
    revenue: Figure = UNAVAILABLE
    discount_given: Figure = UNAVAILABLE
    refunds: Figure = UNAVAILABLE
    net: Figure = UNAVAILABLE
    credit: Figure = UNAVAILABLE


class ReportMoney(Schema):
    """What it cost, in minor units; `return_ratio` is credit over total cost."""

    fee: Figure = UNAVAILABLE
    product: Figure = UNAVAILABLE
    shipping: Figure = UNAVAILABLE
    commission: Figure = UNAVAILABLE
    total: Figure = UNAVAILABLE
    cost_per_conversion: Figure = UNAVAILABLE
    return_ratio: Figure = UNAVAILABLE
    paid: Figure = UNAVAILABLE
    held: Figure = UNAVAILABLE
    due: Figure = UNAVAILABLE


class ReportColumns(Schema):
    """The columns of one line of the report, by stage."""

    delivery: ReportDelivery = ReportDelivery()
    awareness: ReportAwareness = ReportAwareness()
    engagement: ReportEngagement = ReportEngagement()
    growth: ReportGrowth = ReportGrowth()
    conversion: ReportConversion = ReportConversion()
    money: ReportMoney = ReportMoney()


class AssetKind(StrEnum):
    """What kind of tracking asset a split is for."""

    LINK = "link"
    CODE = "code"
    PAGE = "page"
    HASHTAG = "hashtag"


class ReportAccount(ReportColumns):
    """A creator's line split by account."""

    account_id: AccountId
    platform: Platform
    handle: Handle


class ReportAsset(ReportColumns):
    """A creator's line split by tracking asset."""

    kind: AssetKind
    asset_id: ShortText
    label: LineText


class ReportDay(ReportColumns):
    """A line split by day of the report's zone."""

    day: Day


class ReportCreator(ReportColumns):
    """What one partnership brought, and what to do next about it."""

    partnership_id: PartnershipId
    partner_id: PartnerId
    partner_name: Name
    state: PartnershipState
    accounts: tuple[ReportAccount, ...] = ()
    assets: tuple[ReportAsset, ...] = ()
    days: tuple[ReportDay, ...] = ()
    credit_by_model: dict[Key, Figure] = {}  # noqa: RUF012  # pydantic copies it
    next_action: LineText | None = None
    next_action_reason: LineText | None = None


class ExcludedHits(Schema):
    """Hits that are no clicks, by verdict and reason."""

    verdict: HitVerdict
    reason: LineText | None = None
    hits: Natural


class Unattributed(Schema):
    """Conversions that found no creator, by kind and currency, with the reason."""

    kind: Key
    currency: Currency | None = None
    conversions: Natural
    amount_minor: SignedMinorUnits | None = None
    reason: LineText


class MissingData(Schema):
    """What the report cannot say, and why."""

    what: LineText
    why: LineText
    partnership_id: PartnershipId | None = None


class ReportRate(Schema):
    """An exchange rate that the report used: given for `day`, used for days from `used_from` to `used_to`."""

    base: Currency
    quote: Currency
    day: Day
    rate: Rate
    source: ShortText
    used_from: Day
    used_to: Day


class GoalLine(Schema):
    """A goal, its target and what was reached."""

    goal: Goal
    target: float
    actual: Figure = UNAVAILABLE


class Report(Schema):
    """A campaign's report. It opens with `notice`, which says what it is; generated data is called GENERATED.

    Amounts of other currencies are converted at `rates`: revenue, discounts, refunds, credit and commission at that of
    their conversion's day, fees at that of the day they fell due; each figure's sum is exact and rounded once, half to
    even. Without a rate they are lines in `missing`. Held, due and paid hold what is owed in the report's currency.
    """

    notice: LineText | None = None
    campaign_id: CampaignId
    campaign_name: Name
    as_of: UtcTime
    day_from: Day | None = None
    day_to: Day | None = None
    timezone: TimeZone
    currency: Currency | None = None
    model: Key
    goals: tuple[GoalLine, ...] = ()
    creators: tuple[ReportCreator, ...] = ()
    days: tuple[ReportDay, ...] = ()
    totals: ReportColumns = ReportColumns()
    unattributed: tuple[Unattributed, ...] = ()
    excluded_hits: tuple[ExcludedHits, ...] = ()
    missing: tuple[MissingData, ...] = ()
    rates: tuple[ReportRate, ...] = ()
