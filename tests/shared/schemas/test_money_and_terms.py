"""What requests about money, terms, assets and scores refuse by themselves."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from shared.schemas.campaigns import AttributionRules, CampaignCreate
from shared.schemas.conversions import ConversionCreate, RefundCreate
from shared.schemas.partnerships import Compensation, CompensationTier, TermsInput, TransitionCreate
from shared.schemas.rankings import CriterionResult, RankingCreate
from shared.schemas.reports import Figure
from shared.schemas.tracking import CodeCreate, LinkCreate
from shared.schemas.watches import WatchCreate

PARTNERSHIP = "pts_01kz7kpps0fg8skbh5vs8fs3n4"
SEARCH = "sch_01kz7kpps0fg8skbh5vs8fs3n4"
LINK = {"partnership_id": PARTNERSHIP, "destination_url": "https://example.com"}
SALE = {"kind": "purchase", "occurred_at": "2027-03-02T09:30:00Z"}


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (Compensation, {"kind": "fee"}),
        (Compensation, {"kind": "fee", "amount_minor": 1}),
        (Compensation, {"kind": "commission"}),
        (Compensation, {"kind": "commission", "percent_bp": 10_001}),
        (Compensation, {"kind": "commission", "percent_bp": 5, "amount_minor": 5, "currency": "EUR"}),
        (Compensation, {"kind": "product", "units": 1, "cost_minor": 5}),
        (CompensationTier, {"from_conversions": 1}),
        (TermsInput, {"deliverables": [{"kind": "post", "due_from": "2027-03-02", "due_to": "2027-03-01"}]}),
        (TermsInput, {"disclosure": {"text": " "}}),
        (TransitionCreate, {"to": "rejected"}),
        (AttributionRules, {"precedence": ["code", "code"]}),
        (CampaignCreate, {}),
        (CampaignCreate, {"name": "a", "starts_on": "2027-01-02", "ends_on": "2027-01-01"}),
        (LinkCreate, {**LINK, "destination_url": "javascript:alert(1)"}),
        (LinkCreate, {**LINK, "slug": "-a-"}),
        (LinkCreate, {**LINK, "starts_at": "2027-01-02T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"}),
        (CodeCreate, {"partnership_id": PARTNERSHIP, "amount_minor": 5}),
        (CodeCreate, {"partnership_id": PARTNERSHIP, "code": "A B"}),
        (ConversionCreate, {**SALE, "amount_minor": 10}),
        (ConversionCreate, {**SALE, "amount_minor": 10.5, "currency": "EUR"}),
        (ConversionCreate, {**SALE, "amount_minor": -10, "currency": "EUR"}),
        (RefundCreate, {"occurred_at": "2027-03-02T09:30:00Z", "currency": "EUR"}),
        (RankingCreate, {"search_id": SEARCH, "weights": {"engagement": 0}}),
        (RankingCreate, {"search_id": SEARCH, "weights": {"Engagement": 5}}),
        (RankingCreate, {"search_id": SEARCH, "weights": {}}),
        (WatchCreate, {}),
        (WatchCreate, {"accounts": [{"platform": "bluesky"}]}),
        (CriterionResult, {"name": "a", "weight": 5, "share": 0.1, "status": "abstained", "value": 0}),
        (CriterionResult, {"name": "a", "weight": 5, "share": 0.1, "status": "scored"}),
    ],
)
def test_contradictions_are_refused(model: type[BaseModel], body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(body)


def test_the_least_that_is_needed_is_enough() -> None:
    assert LinkCreate.model_validate(LINK).click_parameter is None
    assert ConversionCreate.model_validate(SALE).livemode
    assert TermsInput().approval == "facts_and_disclosure"
    assert CampaignCreate(name="Spring").click_parameter == "gs_click"


def test_a_figure_is_unavailable_until_somebody_measured_it() -> None:
    figure = Figure()
    assert (figure.value, figure.trust) == (None, "unavailable")
    assert Figure.model_validate_json(Figure(value=3).model_dump_json()).value == 3
