"""Authenticity floor: keeps out whose authenticity is low beyond doubt."""

from services.scoring.authenticity.combined import authenticity
from services.scoring.context import Context
from services.scoring.evidence import Evidence
from services.scoring.gate import Decision, Gate, failed, passed, unknown
from services.scoring.statistics.intervals import placed

# Only when the whole interval lies below this many points is anybody kept out.
FLOOR = 35.0


class AuthenticityFloor(Gate):
    version = "1"

    def decide(self, evidence: Evidence, context: Context) -> Decision:
        found = authenticity(evidence)
        if found.value is None:
            return unknown("nothing about the account or its audience can be judged")
        low, high = placed(found.value, found.width)
        if high < FLOOR:
            worst = sorted((part for part in found.parts if part.value is not None), key=lambda part: part.value or 0.0)
            return failed(f"authenticity of at most {high:.0f} points, below {FLOOR:.0f}; {worst[0].reason}")
        return passed(f"authenticity of {found.value:.0f} points ({low:.0f} to {high:.0f}); the floor is {FLOOR:.0f}")


AUTHENTICITY_FLOOR = AuthenticityFloor()
