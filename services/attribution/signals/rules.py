"""When numbers look like fraud, pure: thresholds, evidence in words. A rule says what it saw and decides nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.schemas.signals import FraudSignal, FraudSignalKind

# Sites that collect codes; a creator's audience does not come from there. Compared with a host and those below it.
COUPON_HOSTS = (
    "couponbirds.com", "coupons.com", "couponfollow.com", "dealspotr.com", "giftcards.com", "groupon.com", "honey.com",
    "hotukdeals.com", "joinhoney.com", "mydealz.de", "myvouchercodes.co.uk", "offers.com", "picodi.com",
    "promocodes.com", "radins.com", "retailmenot.com", "savoo.co.uk", "slickdeals.net", "vouchercodes.co.uk",
    "wethrift.com",
)  # fmt: skip
MIN_USES = 10
# Of a leaked code's uses, this many in a hundred came without any click or post of the creator near them.
LEAKED_PERCENT = 80
MIN_FLOOD_CLICKS = 50
IMPOSSIBLE_SECONDS = 3
_SHOWN = 20


@dataclass(frozen=True)
class CodeUses:
    """Uses of one code: all, those without a click on the creator's links, of these those far from a post of theirs."""

    code_id: UUID
    code: str
    partnership_id: UUID
    uses: int
    without_click: int
    far: int
    conversion_ids: Sequence[UUID]
    first_at: datetime | None
    last_at: datetime | None
    customers_twice: int = 0
    max_uses: int | None = None
    stock_cap: int | None = None
    one_per_customer: bool = False


@dataclass(frozen=True)
class Flood:
    """Clicks of one visitor on one link on one day, and the conversions of that link's creator that day."""

    link_id: UUID
    partnership_id: UUID
    clicks: int
    conversions: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Referrals:
    """Clicks that came from one host to a creator's links."""

    partnership_id: UUID
    host: str
    clicks: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class Conversions:
    """Conversions of one creator that share something odd."""

    partnership_id: UUID
    number: int
    conversion_ids: Sequence[UUID]
    first_at: datetime
    last_at: datetime


def leaked_codes(codes: Iterable[CodeUses], *, campaign_id: UUID) -> list[FraudSignal]:
    """Codes that spread without their creator."""
    return [
        FraudSignal(
            kind=FraudSignalKind.LEAKED_CODE,
            campaign_id=campaign_id,
            partnership_id=one.partnership_id,
            code_id=one.code_id,
            summary=f"{one.far} of {one.uses} uses of {one.code} came without a click and far from the creator's posts",
            rule=f"at least {MIN_USES} uses, {LEAKED_PERCENT} in a hundred of them without a click on the creator's "
            "links and more than seven days after their last post",
            evidence={"uses": one.uses, "without_click": one.without_click, "far_from_posts": one.far},
            conversion_ids=tuple(one.conversion_ids[:_SHOWN]),
            first_at=one.first_at,
            last_at=one.last_at,
        )
        for one in codes
        if one.uses >= MIN_USES and one.far * 100 >= one.uses * LEAKED_PERCENT
    ]


def coupon_sites(referrals: Iterable[Referrals], *, campaign_id: UUID) -> list[FraudSignal]:
    """Clicks from sites that collect codes."""
    return [
        FraudSignal(
            kind=FraudSignalKind.LEAKED_CODE,
            campaign_id=campaign_id,
            partnership_id=one.partnership_id,
            summary=f"{one.clicks} clicks came from {one.host}, which collects codes",
            rule="a referrer among the known coupon sites",
            evidence={"referrer": one.host, "clicks": one.clicks},
            first_at=one.first_at,
            last_at=one.last_at,
        )
        for one in referrals
        if is_coupon_site(one.host)
    ]


def is_coupon_site(host: str) -> bool:
    """Whether a host is a known coupon site or lies below one."""
    return any(host == site or host.endswith(f".{site}") for site in COUPON_HOSTS)


def code_limits(codes: Iterable[CodeUses], *, campaign_id: UUID) -> list[FraudSignal]:
    """Limits that the terms of a code name and the shop did not keep."""
    found = []
    for one in codes:
        for name, limit in (("max_uses", one.max_uses), ("stock_cap", one.stock_cap)):
            if limit is not None and one.uses > limit:
                found.append(_limit(one, campaign_id, f"{one.code} was used {one.uses} times, {name} is {limit}", name))
        if one.one_per_customer and one.customers_twice:
            text = f"{one.customers_twice} customers used {one.code} more than once, which is for one use each"
            found.append(_limit(one, campaign_id, text, "one_per_customer"))
    return found


def _limit(one: CodeUses, campaign_id: UUID, summary: str, limit: str) -> FraudSignal:
    return FraudSignal(
        kind=FraudSignalKind.CODE_LIMIT,
        campaign_id=campaign_id,
        partnership_id=one.partnership_id,
        code_id=one.code_id,
        summary=summary,
        rule="more uses than the code allows: only the shop can refuse them",
        evidence={"uses": one.uses, "customers_twice": one.customers_twice, "limit": limit},
        conversion_ids=tuple(one.conversion_ids[:_SHOWN]),
        first_at=one.first_at,
        last_at=one.last_at,
    )


def floods(found: Iterable[Flood], *, campaign_id: UUID) -> list[FraudSignal]:
    """One visitor's clicks beyond what a person does in a day."""
    return [
        FraudSignal(
            kind=FraudSignalKind.CLICK_FLOODING,
            campaign_id=campaign_id,
            partnership_id=one.partnership_id,
            link_id=one.link_id,
            summary=f"one visitor clicked a link {one.clicks} times in a day",
            rule=f"at least {MIN_FLOOD_CLICKS} human clicks of one visitor on one link in one day (UTC)",
            evidence={"clicks": one.clicks, "conversions_that_day": one.conversions},
            first_at=one.first_at,
            last_at=one.last_at,
        )
        for one in found
        if one.clicks >= MIN_FLOOD_CLICKS
    ]


def self_referrals(found: Iterable[Conversions], *, campaign_id: UUID) -> list[FraudSignal]:
    """Creators' own orders; they earned nothing."""
    return [
        _conversions(
            FraudSignalKind.SELF_REFERRAL, one, campaign_id,
            f"{one.number} orders were the creator's own; they earned nothing",
            "the customer's hashed address is one of the creator's published ones",
        )
        for one in found
    ]  # fmt: skip


def impossible_speeds(found: Iterable[Conversions], *, campaign_id: UUID) -> list[FraudSignal]:
    """Conversions faster than a person fills in a form."""
    return [
        _conversions(
            FraudSignalKind.IMPOSSIBLE_SPEED, one, campaign_id,
            f"{one.number} conversions came less than {IMPOSSIBLE_SECONDS} seconds after their click",
            f"less than {IMPOSSIBLE_SECONDS} seconds between click and conversion",
        )
        for one in found
    ]  # fmt: skip


def _conversions(kind: FraudSignalKind, one: Conversions, campaign_id: UUID, summary: str, rule: str) -> FraudSignal:
    return FraudSignal(
        kind=kind,
        campaign_id=campaign_id,
        partnership_id=one.partnership_id,
        summary=summary,
        rule=rule,
        evidence={"conversions": one.number},
        conversion_ids=tuple(one.conversion_ids[:_SHOWN]),
        first_at=one.first_at,
        last_at=one.last_at,
    )
