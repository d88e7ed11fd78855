"""The life of a partnership, pure: which step may follow which, and what each state allows."""

from shared.schemas.partnerships import PartnershipState as State

# `approved` is not in here: a person's approval leads to it, through `approve` only.
STEPS: dict[State, frozenset[State]] = {
    State.NEW: frozenset({State.SHORTLISTED, State.REJECTED, State.DECLINED, State.DO_NOT_CONTACT}),
    State.SHORTLISTED: frozenset({State.NEW, State.REJECTED, State.DECLINED, State.DO_NOT_CONTACT}),
    State.APPROVED: frozenset(
        {
            State.CONTACTED, State.NEGOTIATING, State.AGREED, State.REJECTED, State.DECLINED, State.DO_NOT_CONTACT,
        }
    ),
    State.CONTACTED: frozenset(
        {State.NEGOTIATING, State.AGREED, State.REJECTED, State.DECLINED, State.DO_NOT_CONTACT}
    ),
    State.NEGOTIATING: frozenset({State.AGREED, State.REJECTED, State.DECLINED, State.DO_NOT_CONTACT}),
    State.AGREED: frozenset({State.NEGOTIATING, State.ACTIVE, State.REJECTED, State.DECLINED, State.DO_NOT_CONTACT}),
    State.ACTIVE: frozenset({State.COMPLETED, State.DECLINED, State.DO_NOT_CONTACT}),
    # renewal
    State.COMPLETED: frozenset({State.NEGOTIATING, State.DO_NOT_CONTACT}),
    State.REJECTED: frozenset({State.SHORTLISTED, State.DO_NOT_CONTACT}),
    # only when the partner comes back by themselves; the reason says how
    State.DECLINED: frozenset({State.NEGOTIATING, State.DO_NOT_CONTACT}),
    State.DO_NOT_CONTACT: frozenset({State.NEW}),
}  # fmt: skip

APPROVABLE = frozenset({State.NEW, State.SHORTLISTED})
# A partner that said no is left alone: these need a reason when they come back.
SUPPRESSED = frozenset({State.DECLINED, State.DO_NOT_CONTACT})
# Steps towards the partner; closed while somebody suppressed it.
OUTREACH = frozenset({State.APPROVED, State.CONTACTED, State.NEGOTIATING, State.AGREED, State.ACTIVE})
# Tracking assets may be issued here, once approved.
ISSUABLE = frozenset({State.APPROVED, State.CONTACTED, State.NEGOTIATING, State.AGREED, State.ACTIVE})
NEEDS_REASON = frozenset({State.REJECTED, State.DO_NOT_CONTACT})


def may_follow(now: State, to: State) -> bool:
    return to in STEPS[now]


def needs_reason(now: State, to: State) -> bool:
    """A rejection, a suppression and every way back out of one are explained."""
    return to in NEEDS_REASON or now in SUPPRESSED or now is State.REJECTED
