"""Recent activity."""

import pytest

from services.scoring.context import context_of
from services.scoring.evidence import Evidence
from services.scoring.gates.recent_activity import RECENT_ACTIVITY
from tests.services.scoring.made import brief, bundle, post


@pytest.mark.parametrize(
    ("days_ago", "complete", "state"),
    [(5.0, None, "passed"), (200.0, True, "failed"), (200.0, None, "unknown"), (None, True, "unknown")],
)
def test_old_posts_keep_out_only_when_all_were_read(days_ago: float | None, complete: bool | None, state: str) -> None:
    found = Evidence(bundle([post(days_ago=days_ago)], posts_complete=complete))
    assert RECENT_ACTIVITY.decide(found, context_of(brief())).state == state


def test_the_brief_sets_the_days() -> None:
    found = Evidence(bundle([post(days_ago=40)], posts_complete=True))
    assert RECENT_ACTIVITY.decide(found, context_of(brief(active_within_days=30))).state == "failed"
