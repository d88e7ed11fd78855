"""The loop around followed accounts: who is missing, who is wanted, who need not be followed, what happened."""

from services.attribution.watches import feed, service
from shared.kit.loops import Loop
from shared.kit.runtime import Runtime


async def follow(runtime: Runtime) -> bool:
    """One round. Everything it does is written down, so that it goes on after a restart."""
    steps = (service.note_missing, service.ask_for_wanted, service.end_unwanted, feed.pull_due)
    return any([await step(runtime) for step in steps])


LOOPS = (Loop("follow_accounts", 3.0, follow),)
