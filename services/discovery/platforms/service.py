"""What each platform can do here: from its connector as this installation has it, and from the quota ledger."""

from datetime import UTC, datetime
from uuid import UUID

from services.discovery.connector import Connector, QuotaRule, offer
from services.discovery.live import service as live
from services.discovery.quotas import service as quotas
from services.discovery.resets import DayBoundary, Rolling, RollingKeys
from services.discovery.searches.service import ARCHIVE, connect, connectors, quotas_of
from shared.kit.runtime import Runtime
from shared.schemas.platforms import PermittedUse, PlatformInfo, QuotaState, Support

_DAY_SECONDS = 86_400
IMPORTED = PlatformInfo(
    platform=ARCHIVE,
    name="Imported archives",
    connected=True,
    capabilities=(
        offer("hashtag_search", Support.YES, "POST /v1/imports"),
        offer("comments_with_authors", Support.YES, "POST /v1/imports"),
        offer("profile_followers_count", Support.PARTIAL, "POST /v1/imports", reason="where the archive states it"),
        offer("author_feed_with_counts", Support.PARTIAL, "POST /v1/imports", reason="as far as the archive goes"),
        offer("hashtag_stream", Support.NO, reason="an archive does not go on by itself; import it again"),
    ),
    permitted_uses=tuple(PermittedUse),
    notes=("What may be done with it is for whoever imports it to know: the licence of the archive decides.",),
)


def platforms() -> list[str]:
    """The keys of all platforms, in order."""
    return sorted({ARCHIVE, *connectors()})


async def platform_info(runtime: Runtime, *, workspace_id: UUID, platform: str) -> PlatformInfo:
    """One platform. Settings that its connector cannot use leave it unconnected, with the reason."""
    if platform == ARCHIVE:
        return IMPORTED
    kind = connectors()[platform]
    try:
        connector = connect(runtime, workspace_id, platform)
    except ValueError as error:
        return PlatformInfo(
            platform=platform, name=kind.name, connected=False, needs=(f"usable settings: {error}",),
            capabilities=kind.offers, permitted_uses=kind.permitted_uses, retain_days=kind.retain_days,
            terms_url=kind.terms_url, notes=kind.notes,
        )  # fmt: skip
    needs = connector.needs()
    return PlatformInfo(
        platform=platform, name=kind.name, connected=not needs, needs=needs, capabilities=connector.capabilities(),
        quotas=await _quotas(runtime, connector), permitted_uses=kind.permitted_uses, retain_days=kind.retain_days,
        terms_url=kind.terms_url, notes=kind.notes, live=await live.state_of(runtime, connector),
    )  # fmt: skip


async def _quotas(runtime: Runtime, connector: Connector) -> tuple[QuotaState, ...]:
    rules = quotas_of(runtime, connector)
    rooms = await quotas.left(runtime.database, platform=connector.platform, rules=rules, now=datetime.now(UTC))
    return tuple(
        [
            QuotaState(
                name=rule.bucket, unit=rule.unit, limit=rule.limit, window_s=_window(rule), rule=rule.note,
                left=rooms.get(rule.bucket),
            )
            for rule in rules
        ]
    )  # fmt: skip


def _window(rule: QuotaRule) -> int | None:
    """Seconds after which a use is free again; None where waiting does not help or the rule is of another kind."""
    match rule.reset:
        case Rolling(span=span) | RollingKeys(span=span):
            return int(span.total_seconds())
        case DayBoundary():
            return _DAY_SECONDS
        case _:
            return None
