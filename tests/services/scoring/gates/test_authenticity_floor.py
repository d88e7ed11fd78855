"""Authenticity floor."""

from services.scoring.context import context_of
from services.scoring.evidence import Evidence
from services.scoring.gates.authenticity_floor import AUTHENTICITY_FLOOR
from tests.services.scoring.made import brief, bundle


def test_nothing_known_keeps_nobody_out() -> None:
    assert AUTHENTICITY_FLOOR.decide(Evidence(bundle(followers=None)), context_of(brief())).state == "unknown"


def test_one_bad_sign_alone_is_not_beyond_doubt() -> None:
    found = Evidence(bundle(creator={"is_bot": True}))
    assert AUTHENTICITY_FLOOR.decide(found, context_of(brief())).state == "passed"
