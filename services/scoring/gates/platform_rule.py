"""Platform rule: whether the platform's terms permit scoring its creators."""

from services.scoring.context import Context
from services.scoring.evidence import Evidence, is_own_data
from services.scoring.gate import Decision, Gate, failed, passed, unknown
from shared.schemas.platforms import PermittedUse


class PlatformRule(Gate):
    version = "1"

    def decide(self, evidence: Evidence, context: Context) -> Decision:
        if is_own_data(evidence.bundle):
            return passed("the evidence came by the workspace's own import, not from the platform")
        platform = evidence.bundle.creator.platform
        uses = context.permitted_uses.get(platform)
        if uses is None:
            return unknown(f"what the terms of {platform} permit is not on file")
        if PermittedUse.SCORING not in uses:
            return failed(f"the terms of {platform} do not permit scoring its creators")
        return passed(f"the terms of {platform} permit scoring its creators")


PLATFORM_RULE = PlatformRule()
