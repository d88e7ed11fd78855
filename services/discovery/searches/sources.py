"""The sources of searches: what was imported, and every connector, made as this installation is configured."""

from collections.abc import Mapping
from uuid import UUID

from services.discovery.connector import Connector
from services.discovery.quotas.service import Ledger
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
    kind = connectors()[platform]
    options: dict[str, str] = {}
    settings = runtime.settings
    if platform == "bluesky" and isinstance(settings, DiscoverySettings):
        options["appview_url"] = settings.discovery_bluesky_appview_url
    ledger = Ledger(runtime.database, workspace_id)
    made = kind.create(runtime.egress if kind.calls_given_addresses else runtime.http, options, meter=ledger)
    ledger.rules = made.quotas()
    return made
