"""Follower band: whether the candidate, and the other accounts of the same person, are of the size the brief asks."""

from services.scoring.context import Context
from services.scoring.evidence import Evidence, plausible
from services.scoring.gate import Decision, Gate, failed, passed, unknown

# Another account of the person is far outside when it is above the band by this factor.
FAR = 5


class FollowerBandGate(Gate):
    """Keeps out for another account too: who has a million followers elsewhere is no small creator here."""

    version = "2"

    def decide(self, evidence: Evidence, context: Context) -> Decision:
        band = context.brief.follower_band
        followers = evidence.followers
        if followers is not None and not band.holds(followers):
            side = "below" if followers < band.min else "above"
            return failed(f"{followers:,} followers are {side} the band of {band.min:,} to {band.max:,}")
        for account in evidence.bundle.other_accounts[:50]:
            others = plausible(account.counts.followers)
            if others is not None and others > FAR * band.max:
                return failed(
                    f"the same person's account {account.handle or account.platform_id} on {account.platform} has "
                    f"{others:,} followers, more than {FAR} times the band's end"
                )
        if followers is None:
            return unknown("the number of followers is not known")
        return passed(f"{followers:,} followers lie in the band of {band.min:,} to {band.max:,}")


FOLLOWER_BAND = FollowerBandGate()
