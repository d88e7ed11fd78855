"""Competitor contract."""

from services.scoring.context import context_of
from services.scoring.evidence import Evidence
from services.scoring.gates.competitor_contract import COMPETITOR_CONTRACT
from shared.schemas.evidence import EvidencePost
from tests.services.scoring.made import brief, bundle, post


def state(*posts: EvidencePost) -> str:
    return COMPETITOR_CONTRACT.decide(Evidence(bundle(posts)), context_of(brief())).state


def test_a_paid_post_for_a_competitor_is_a_reason_to_ask() -> None:
    assert state(post(1, "Nordtrail socks #ad", tags=["ad"])) == "needs_person"


def test_a_fan_of_a_competitor_has_no_contract() -> None:
    assert state(post(1, "Nordtrail socks are fine")) == "passed"


def test_old_posts_and_none_are_unknown() -> None:
    assert state(post(1, "Nordtrail #ad", days_ago=300)) == "unknown"
    assert state() == "unknown"
