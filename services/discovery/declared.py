"""Connectors of platforms that are described and not called: what they offer, what that needs, and typed refusals."""

from collections.abc import Mapping
from typing import ClassVar, Self

from services.discovery.connector import CallMeter, Clock, Connector, QuotaRule, utc_now
from shared.kit.http import HttpClient
from shared.schemas.platforms import Capability, Support


class DeclaredConnector(Connector):
    """Refuses every call with the reason. A subclass fills in the tables."""

    required: ClassVar[tuple[str, ...]]
    """What the platform wants before it answers: approvals, money, consents."""
    refusal: ClassVar[str]
    """Why its offers are not to be had, in a sentence."""
    published: ClassVar[tuple[QuotaRule, ...]]
    """The platform's quotas, as a ledger would keep them."""
    by_token: ClassVar[Mapping[str, str]] = {}
    """Offers that only need a token of the account's owner, each with what that is."""

    @classmethod
    def create(
        cls,
        http: HttpClient,
        options: Mapping[str, str],
        *,
        meter: CallMeter | None = None,
        clock: Clock = utc_now,
    ) -> Self:
        """See Connector. It keeps nothing: no call is made."""
        return cls()

    def needs(self) -> tuple[str, ...]:
        """See Connector."""
        return self.required

    def quotas(self) -> tuple[QuotaRule, ...]:
        """See Connector."""
        return self.published

    def _as_configured(self, row: Capability) -> Capability:
        if row.support is Support.NO:
            return row
        support = Support.NEEDS_USER_TOKEN if row.name in self.by_token else Support.NEEDS_APPROVAL
        told = [self.by_token.get(row.name, self.refusal), *([row.reason] if row.reason else [])]
        return row.model_copy(update={"support": support, "reason": "; ".join(told)})


NOT_TOLD = "the platform's interface does not tell this"


def not_offered(*names: str, reason: str = NOT_TOLD) -> tuple[Capability, ...]:
    """Rows of what a platform offers in no programme."""
    return tuple(Capability(name=name, support=Support.NO, reason=reason) for name in names)
