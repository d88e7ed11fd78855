"""What to do next about a creator, and why: a few plain rules, the first that fits. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from services.attribution.reports.facts import Piece
from shared.schemas.partnerships import PartnershipState
from shared.schemas.reports import Figure, ReportColumns

# From this many clicks on, no sale at all is a sign.
ENOUGH_CLICKS = 20
# A refunded part of the revenue above this is looked at.
MANY_REFUNDS = 0.3
_SAID_NO = frozenset({PartnershipState.DECLINED, PartnershipState.DO_NOT_CONTACT})


class NextAction(NamedTuple):
    """What a person may do, and the figures that say so."""

    action: str
    reason: str


def next_action(
    line: ReportColumns, *, state: PartnershipState, has_asset: bool, pieces: Sequence[Piece], today: date
) -> NextAction:
    """The first rule that fits; there is always one."""
    if state in _SAID_NO:
        return NextAction("leave them alone", "they said no: nobody writes to them again")
    if state is PartnershipState.REJECTED:
        return NextAction("nothing", "the partnership was rejected")
    if not has_asset:
        return NextAction("issue a link and a promo code", "without an asset nothing can be attributed")
    posted, disclosed = _number(line.delivery.posted), _number(line.delivery.disclosed)
    clicks, conversions = _number(line.engagement.human_clicks), _number(line.conversion.conversions)
    if disclosed is not None and posted and disclosed < posted and not line.delivery.disclosed.unknown_share:
        return NextAction("ask for the disclosure", f"{posted - disclosed:g} of {posted:g} posts do not disclose it")
    if not clicks and not conversions:
        return _silent(posted, pieces, today)
    if not conversions:
        if clicks is not None and clicks >= ENOUGH_CLICKS:
            return NextAction("check the landing page", f"{clicks:g} clicks and no conversion")
        return NextAction("wait", f"{clicks:g} clicks are too few to judge by" if clicks else "nothing to judge by yet")
    return _selling(line, pieces, today)


def _silent(posted: float | None, pieces: Sequence[Piece], today: date) -> NextAction:
    if posted:
        return NextAction("check that the posts carry the link", f"{posted:g} posts and no click")
    overdue = [piece.due_to for piece in pieces if piece.delivered_on is None and piece.due_to and piece.due_to < today]
    if overdue:
        return NextAction("remind them", f"a post was due on {min(overdue)}, and none is known")
    coming = [piece.due_to for piece in pieces if piece.delivered_on is None and piece.due_to]
    if coming:
        return NextAction("wait for the post", f"the first one is due by {min(coming)}")
    return NextAction("remind them", "no post is known yet, and nobody clicked")


def _selling(line: ReportColumns, pieces: Sequence[Piece], today: date) -> NextAction:
    revenue, refunds = _number(line.conversion.revenue), _number(line.conversion.refunds)
    if revenue and refunds and refunds / revenue > MANY_REFUNDS:
        return NextAction("look at the refunds", f"{refunds / revenue:.0%} of the revenue was given back")
    gained = line.money.return_ratio
    if gained.value is None:
        return NextAction("record what they cost", f"conversions came, but no return: {gained.note or 'unknown cost'}")
    if gained.value >= 1:
        return NextAction("offer to go on", f"they bring {gained.value:.2f} times their cost")
    overdue = any(piece.delivered_on is None and piece.due_to and piece.due_to < today for piece in pieces)
    if overdue:
        return NextAction("remind them", f"a promised post is overdue, at {gained.value:.2f} times their cost so far")
    if gained.mature:
        return NextAction(
            "talk about the terms", f"they brought {gained.value:.2f} times their cost, and the time is over"
        )
    return NextAction("wait", f"{gained.value:.2f} times their cost so far, and conversions may still come")


def _number(figure: Figure) -> float | None:
    return figure.value
