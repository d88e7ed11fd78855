"""What every platform connector offers, how it answers, and how it fails.

ConnectorError
├── Unsupported            the platform cannot do this, or not this connector
├── NotPermitted           the platform or its terms forbid it here
├── AuthenticationNeeded   a login, token or approval is missing or was refused
├── RateLimited            not before `retry_at`
├── NotFound               the account or post is gone, or never was
└── PlatformFault          it answered wrongly or not at all; `transient` when trying again may help
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar, Generic, NoReturn, Protocol, Self, TypeVar

from services.discovery.ratelimits import ObservedLimit
from services.discovery.records import CommentRecord, CreatorRecord, LiveEvent, PostRecord
from services.discovery.resets import ResetRule
from shared.kit.http import HttpClient
from shared.schemas.platforms import Capability, PermittedUse, Support

Record = TypeVar("Record")
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The current time; the default clock of connectors."""
    return datetime.now(UTC)


class ConnectorError(Exception):
    """A call to a platform that brought no page. `endpoint` names the platform's call, `reason` is for people."""

    def __init__(self, platform: str, endpoint: str, reason: str) -> None:
        super().__init__(f"{platform}: {endpoint}: {reason}")
        self.platform = platform
        self.endpoint = endpoint
        self.reason = reason


class Unsupported(ConnectorError):  # noqa: N818  # named by what is the matter, like the errors of kit
    """The platform has no such call, or this connector does not use it."""


class NotPermitted(ConnectorError):  # noqa: N818
    """The platform, its terms or the account's owner forbid this call."""


class AuthenticationNeeded(ConnectorError):  # noqa: N818
    """The call needs a login, a token or an approval that is missing or was refused."""


class NotFound(ConnectorError):  # noqa: N818
    """What was asked for is deleted, taken down or never was."""


class RateLimited(ConnectorError):  # noqa: N818
    """The platform, or our own ledger, allows no such call before `retry_at` (aware UTC)."""

    def __init__(self, platform: str, endpoint: str, reason: str, *, retry_at: datetime) -> None:
        super().__init__(platform, endpoint, f"{reason}; not before {retry_at:%Y-%m-%dT%H:%M:%SZ}")
        self.retry_at = retry_at


class PlatformFault(ConnectorError):  # noqa: N818
    """The platform answered wrongly or not at all."""

    def __init__(self, platform: str, endpoint: str, reason: str, *, transient: bool) -> None:
        super().__init__(platform, endpoint, reason)
        self.transient = transient


class ForeignCursor(ValueError):  # noqa: N818  # reads as what is the matter
    """Where a live reading stood means nothing to the stream: it can only begin anew."""


class Coverage(StrEnum):
    """How much of the truth the pages hold: all, a part, or only what lies in a window of time."""

    FULL = "full"
    PARTIAL = "partial"
    WINDOW = "window"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Record]):
    """One answer. Ask again with `next_cursor` until it is None.

    `exhausted`: True when the platform said that there is no more, False when there is, None when it does not say; a
    page without items is not the end while it has a cursor. `missing`: the ids asked for that were not among the
    answers. `truncated_reason` says why `coverage` is not full.
    """

    items: tuple[Record, ...] = ()
    next_cursor: str | None = None
    exhausted: bool | None = None
    coverage: Coverage = Coverage.FULL
    truncated_reason: str | None = None
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRule:
    """One quota of a platform: `limit` units in the way `reset` says; None: not published."""

    bucket: str
    unit: str
    limit: int | None
    reset: ResetRule
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP call to come, as the quota ledger counts it.

    `credential` is a fingerprint, None for calls without one (the ledger then counts by egress); `key` is what is
    counted where a quota allows so many different keys.
    """

    platform: str
    host: str
    endpoint: str
    credential: str | None = None
    bucket: str = "calls"
    units: int = 1
    key: str | None = None


class CallMeter(Protocol):
    """The quota ledger as a connector sees it."""

    async def before(self, call: Call) -> None:
        """Write the call down before it is made. Raises RateLimited when the quota has no room."""

    async def after(self, call: Call, observed: ObservedLimit | None) -> None:
        """What the platform said of its limit, None when it said nothing or did not answer."""


def offer(
    name: str, support: Support, endpoint: str | None = None, quota: str | None = None, reason: str | None = None
) -> Capability:
    """One row of a connector's table of what its platform offers; what is not simply offered has a reason."""
    return Capability(name=name, support=support, endpoint=endpoint, quota=quota, reason=reason)


class Connector(ABC):
    """One platform. A file of connectors/ defines exactly one subclass; the file's name is the platform's key.

    A method that a platform cannot serve stays as it is here and raises the error that its capability row tells.
    Every method may raise any ConnectorError. Cursors are opaque, and hold across processes. Where a method takes the
    id of a post or account, it takes the `reference` of its record too, and with that needs fewer calls.
    """

    platform: ClassVar[str]
    """The key: the name of the file."""
    name: ClassVar[str]
    """The platform's name for people."""
    options: ClassVar[Mapping[str, str]] = {}
    """Settings that the connector takes, by name, with what each means; none of them is required."""
    permitted_uses: ClassVar[tuple[PermittedUse, ...]] = ()
    retain_days: ClassVar[int | None] = None
    terms_url: ClassVar[str | None] = None
    notes: ClassVar[tuple[str, ...]] = ()
    """What else its users should know of the platform's terms."""
    offers: ClassVar[tuple[Capability, ...]] = ()
    """What the platform offers by its own documentation to whoever it admits; where a platform has several programmes
    or kinds of server, the names of the lesser ones begin with theirs. `capabilities` says what of it is to be had."""
    calls_given_addresses: ClassVar[bool] = False
    """True where addresses that users gave are called: `create` then wants the client that goes through the guard."""
    example_account: ClassVar[str] = "1"
    example_post: ClassVar[str] = "1"
    """Ids as the platform writes them; they need not exist."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.platform = cls.__module__.rpartition(".")[2]

    @classmethod
    @abstractmethod
    def create(
        cls,
        http: HttpClient,
        options: Mapping[str, str],
        *,
        meter: CallMeter | None = None,
        clock: Clock = utc_now,
    ) -> Self:
        """A connector that calls through `http`. Empty options count as not given; raises ValueError for a bad one."""

    def needs(self) -> tuple[str, ...]:
        """What is missing before any call can be made: an approval, money, a consent, a key. Empty when nothing is."""
        return ()

    def capabilities(self) -> tuple[Capability, ...]:
        """What this connector can do as it is configured, and for the rest why not: the offers, and never more."""
        return tuple(self._as_configured(row) for row in self.offers)

    def _as_configured(self, row: Capability) -> Capability:
        """A row of the offers as it stands for this connector."""
        return row

    @abstractmethod
    def quotas(self) -> tuple[QuotaRule, ...]:
        """The platform's quotas that a ledger should keep for this connector."""

    def account_id(self, reference: str) -> str | None:
        """The id or handle that an address, a handle or an id given by a person names; None for another platform's."""
        return None

    async def hashtag_posts(
        self, tag: str, cursor: str | None = None, *, spellings: Sequence[str] = ()
    ) -> Page[PostRecord]:
        """Posts that carry a hashtag, newest first; `spellings` are further ways in which people write the same tag."""
        self._refuse("hashtag_search")

    async def post_comments(self, post_id: str, cursor: str | None = None) -> Page[CommentRecord]:
        """Comments under a post, answers to comments included, with their authors where the platform shows them."""
        self._refuse("comments_with_authors")

    async def profiles(self, ids: Sequence[str]) -> Page[CreatorRecord]:
        """Profiles by platform id, or by handle; costs one call per `profile_batch` ids."""
        self._refuse("profile_followers_count")

    profile_batch: ClassVar[int] = 1

    async def author_posts(self, author_id: str, cursor: str | None = None) -> Page[PostRecord]:
        """An account's own posts, newest first, without answers and reposts."""
        self._refuse("author_feed_with_counts")

    async def posts(self, ids: Sequence[str]) -> Page[PostRecord]:
        """Posts by platform id, to see their counts anew; `missing` ones are deleted or taken down.

        Costs one call per `post_batch` ids where all of them can be asked about in one place.
        """
        self._refuse("posts")

    post_batch: ClassVar[int] = 1

    async def mentions(self, account_id: str, handle: str, cursor: str | None = None) -> Page[PostRecord]:
        """Posts by others that mention an account."""
        self._refuse("mentions")

    async def quotes(self, post_id: str, cursor: str | None = None) -> Page[PostRecord]:
        """Posts by others that quote a post."""
        self._refuse("quotes")

    async def reactors(self, post_id: str, cursor: str | None = None) -> Page[CreatorRecord]:
        """Accounts that liked or reposted a post; each may come twice, once for either."""
        self._refuse("likers_reposters_quotes")

    async def followers(self, account_id: str, cursor: str | None = None) -> Page[CreatorRecord]:
        """Accounts that follow an account."""
        self._refuse("followers_list")

    def live(
        self, tags: Sequence[str], *, accounts: Sequence[str] = (), cursor: str | None = None
    ) -> AsyncGenerator[LiveEvent, None]:
        """What happens from now on, or behind the event whose cursor is given: new posts that carry one of the tags,
        and every deletion of a post or an account. At least once, without an end; `accounts` narrows it to these."""
        self._refuse("hashtag_stream")

    def live_time(self, cursor: str) -> datetime | None:
        """When the event of a live cursor happened; None where the cursor does not tell."""
        return None

    def capability(self, name: str) -> Capability:
        """The capability row of a name; one that the connector does not list is not supported."""
        for row in self.capabilities():
            if row.name == name:
                return row
        return Capability(name=name, support=Support.NO, reason=f"{self.name} has no such call")

    def _refuse(self, capability: str) -> NoReturn:
        row = self.capability(capability)
        reason = row.reason or f"{self.name} does not offer this"
        if row.support is Support.NEEDS_APPROVAL:
            raise NotPermitted(self.platform, capability, reason)
        if row.support is Support.NEEDS_USER_TOKEN:
            raise AuthenticationNeeded(self.platform, capability, reason)
        raise Unsupported(self.platform, capability, reason)
