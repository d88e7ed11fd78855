"""Claims about the next action: which rule fits which figures."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.attribution.reports.actions import next_action
from services.attribution.reports.facts import Piece
from services.attribution.reports.figures import measured, unavailable
from shared.schemas.partnerships import PartnershipState as State
from shared.schemas.reports import (
    Figure,
    ReportColumns,
    ReportConversion,
    ReportDelivery,
    ReportEngagement,
    ReportMoney,
)

TODAY = date(2027, 3, 10)
OVERDUE = Piece(UUID(int=1), None, "overdue", date(2027, 3, 1), None)
COMING = Piece(UUID(int=1), None, "open", date(2027, 3, 20), None)


def known(value: float | None, *, mature: bool | None = None) -> Figure:
    return unavailable("unknown cost") if value is None else measured(value, mature=mature)


def line(
    *, posted: int | None = 1, disclosed: int | None = None, clicks: int | None = 0, conversions: int = 0,
    revenue: int = 0, refunds: int = 0, gained: float | None = None, mature: bool = False,
) -> ReportColumns:  # fmt: skip
    return ReportColumns(
        delivery=ReportDelivery(posted=known(posted), disclosed=known(disclosed)),
        engagement=ReportEngagement(human_clicks=known(clicks)),
        conversion=ReportConversion(conversions=known(conversions), revenue=known(revenue), refunds=known(refunds)),
        money=ReportMoney(return_ratio=known(gained, mature=mature)),
    )


@pytest.mark.parametrize(
    ("figures", "more", "action"),
    [
        ({}, {"state": State.DECLINED}, "leave them alone"),
        ({}, {"state": State.DO_NOT_CONTACT}, "leave them alone"),
        ({}, {"state": State.REJECTED}, "nothing"),
        ({}, {"has_asset": False}, "issue a link and a promo code"),
        ({"posted": 2, "disclosed": 1, "clicks": 50}, {}, "ask for the disclosure"),
        ({"posted": 0}, {"pieces": [OVERDUE]}, "remind them"),
        ({"posted": 0}, {"pieces": [COMING]}, "wait for the post"),
        ({"posted": None}, {}, "remind them"),
        ({"posted": 1}, {}, "check that the posts carry the link"),
        ({"clicks": 20}, {}, "check the landing page"),
        ({"clicks": 19}, {}, "wait"),
        ({"clicks": 9, "conversions": 2, "revenue": 100, "refunds": 31, "gained": 4.0}, {}, "look at the refunds"),
        ({"conversions": 2, "revenue": 100}, {}, "record what they cost"),
        ({"conversions": 2, "revenue": 100, "gained": 1.0}, {}, "offer to go on"),
        ({"conversions": 2, "revenue": 100, "gained": 0.9}, {"pieces": [OVERDUE]}, "remind them"),
        ({"conversions": 2, "revenue": 100, "gained": 0.9, "mature": True}, {}, "talk about the terms"),
        ({"conversions": 2, "revenue": 100, "gained": 0.9}, {}, "wait"),
    ],
)
def test_the_first_rule_that_fits_decides(figures: dict[str, Any], more: dict[str, Any], action: str) -> None:
    usual: dict[str, Any] = {"state": State.ACTIVE, "has_asset": True, "pieces": [], "today": TODAY}
    found = next_action(line(**figures), **(usual | more))
    assert found.action == action
    assert found.reason
