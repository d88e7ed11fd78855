"""Recent activity: whether the creator still posts."""

from services.scoring.context import Context
from services.scoring.evidence import Evidence
from services.scoring.gate import Decision, Gate, failed, passed, unknown

DEFAULT_DAYS = 90


class RecentActivity(Gate):
    version = "1"

    def decide(self, evidence: Evidence, context: Context) -> Decision:
        days = context.brief.active_within_days
        limit = DEFAULT_DAYS if days is None else days
        dated = [post.at for post in evidence.posts if post.at is not None]
        if not dated:
            return unknown("no dated post was read")
        age = evidence.age_days(max(dated))
        if age <= limit:
            return passed(f"the newest post is {age:.0f} days old; asked are at most {limit}")
        if evidence.bundle.sampling.posts_complete is not True:
            return unknown(f"the newest post that was read is {age:.0f} days old, but not all were read")
        return failed(f"the newest post is {age:.0f} days old; asked are at most {limit}")


RECENT_ACTIVITY = RecentActivity()
