"""The quota ledger's place in the connectors' tests: remembers every call, and refuses when told to."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.discovery.connector import Call
from services.discovery.ratelimits import ObservedLimit

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass
class Recorder:
    """A meter that remembers the calls; `refuse` is raised before the next one."""

    calls: list[Call] = field(default_factory=list)
    observed: list[ObservedLimit | None] = field(default_factory=list)
    refuse: Exception | None = None

    async def before(self, call: Call) -> None:
        if self.refuse:
            raise self.refuse
        self.calls.append(call)

    async def after(self, call: Call, observed: ObservedLimit | None) -> None:
        self.observed.append(observed)
