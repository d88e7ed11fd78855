"""The sources of searches: what was imported, and every connector, made as this installation is configured."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from services.discovery.connector import Connector, QuotaRule
from services.discovery.quotas.service import Ledger
from services.discovery.searches.references import Reference
from services.discovery.settings import DiscoverySettings
from shared.kit.plugins import load_classes
from shared.kit.runtime import Runtime
from shared.schemas.platforms import Support

ARCHIVE = "archive"
WITHOUT_CALLS = (Support.NO, Support.NEEDS_APPROVAL, Support.NEEDS_USER_TOKEN)


def connectors() -> Mapping[str, type[Connector]]:
    """Every connector by the key of its platform."""
    return load_classes("services.discovery.connectors", Connector)  # type: ignore[type-abstract]  # a kind is abstract


def known() -> list[str]:
    """What a search may name as a source."""
    return sorted({ARCHIVE, *connectors()})


def connect(runtime: Runtime, workspace_id: UUID, platform: str) -> Connector:
    """A platform's connector that writes its calls into the ledger for this workspace. KeyError for an unknown one."""
    return connect_metered(runtime, workspace_id, platform)[0]


def connect_metered(runtime: Runtime, workspace_id: UUID, platform: str) -> tuple[Connector, Ledger]:
    """The same, with the ledger that it calls through."""
    ledger = Ledger(runtime.database, workspace_id)
    made = _create(runtime, platform, ledger)
    ledger.rules = quotas_of(runtime, made)
    return made, ledger


def connect_unmetered(runtime: Runtime, platform: str) -> Connector:
    """A connector for what is no call to be counted: what it is capable of, and a live stream. ValueError, KeyError."""
    return _create(runtime, platform, None)


def _create(runtime: Runtime, platform: str, meter: Ledger | None) -> Connector:
    kind = connectors()[platform]
    options: dict[str, str] = {}
    settings = runtime.settings
    if isinstance(settings, DiscoverySettings):
        options = {name: settings.option(platform, name) for name in kind.options}
    return kind.create(runtime.egress if kind.calls_given_addresses else runtime.http, options, meter=meter)


def accounts_at(connector: Connector, references: Iterable[Reference]) -> list[str]:
    """The accounts that references name on the connector's platform, each once; the others are elsewhere."""
    found = (_account_at(connector, one) for one in references if one.platform in (None, connector.platform))
    return list(dict.fromkeys(one for one in found if one is not None))


def _account_at(connector: Connector, one: Reference) -> str | None:
    if one.url:
        return connector.account_id(one.url)
    # as it was written first: a sign in front may be what tells a handle from a word or from an e-mail address
    marked = [f"@{one.name}"] if one.platform == connector.platform else []
    ways = (connector.account_id(text) for text in (one.text, *marked, one.name))
    return next((account for account in ways if account is not None), None)


def quotas_of(runtime: Runtime, connector: Connector) -> tuple[QuotaRule, ...]:
    """The platform's quotas, as far as this installation allows itself to use them."""
    settings = runtime.settings
    if not isinstance(settings, DiscoverySettings):
        return connector.quotas()
    return tuple(_lowered(rule, settings.quota_limit(connector.platform, rule.bucket)) for rule in connector.quotas())


def _lowered(rule: QuotaRule, allowed: int | None) -> QuotaRule:
    if allowed is None or (rule.limit is not None and rule.limit <= allowed):
        return rule
    return replace(rule, limit=allowed)
