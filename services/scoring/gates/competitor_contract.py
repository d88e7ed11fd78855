"""Competitor contract: paid posts for a competitor, which may come with exclusivity."""

from services.scoring import mentions
from services.scoring.context import Context
from services.scoring.evidence import Evidence
from services.scoring.gate import Decision, Gate, needs_person, not_applicable, passed, unknown

WINDOW_DAYS = 90


class CompetitorContract(Gate):
    """Whether a contract stands, only a person can find out: by asking. A paid post is the reason to."""

    version = "1"

    def decide(self, evidence: Evidence, context: Context) -> Decision:
        competitors = context.brief.brand.competitors
        if not competitors:
            return not_applicable("the brief names no competitors")
        recent = evidence.since(WINDOW_DAYS)
        if not recent:
            return unknown(f"no post of the last {WINDOW_DAYS} days was read")
        target = mentions.competitors_of(context.terms)
        paid = [(post, what) for post in recent if post.paid and (what := target.found_in(post)) is not None]
        if not paid:
            return passed(f"none of {len(recent)} posts of the last {WINDOW_DAYS} days is a paid one for a competitor")
        named = ", ".join(sorted({what for _, what in paid})[:5])
        return needs_person(
            f"{len(paid)} paid posts of the last {WINDOW_DAYS} days name a competitor: {named}; "
            "ask whether a contract excludes others",
            [post.link(what) for post, what in paid],
        )


COMPETITOR_CONTRACT = CompetitorContract()
